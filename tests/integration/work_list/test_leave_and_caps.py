"""What is everyone's work, in whichever area: leave without a deputy, a year without caps."""

from datetime import date

from contracts import coordinator, initiatives
from contracts.caps import CapsEntered, caps_id
from contracts.envelope import Event
from contracts.policy import CAPS, PRESETS
from tests.integration.work_list.office import DAY, NOOR_HERE, ONE, THIS, TODAY, Office, midnight


async def test_leave_without_a_deputy_is_everyones_from_the_warning_on(office: Office) -> None:
    first = TODAY + 5 * DAY
    leave = coordinator.LeavePlanned(leave_id=ONE, coordinator="sam", first_day=first, last_day=first)
    await office.told(leave)
    assert await office.kinds() == []
    await office.told(coordinator.DeputyMissed(leave_id=ONE, coordinator="sam"), at=THIS)
    work = await office.one("leave_without_deputy", NOOR_HERE)
    assert (work.coordinator, work.member_id, work.number) == ("sam", None, None)
    assert (work.since, work.due) == (THIS, midnight(first))
    await office.told(coordinator.DeputyNamed(leave_id=ONE, deputy="noor"))
    assert await office.kinds() == []


def in_euros(status: str = "started") -> tuple[Event, ...]:
    """A programme that compensates in money."""
    started = initiatives.InitiativeStarted(
        initiative_id=ONE, preset="klussendienst", policy=PRESETS["klussendienst"]
    )
    return (started,) if status == "started" else (started, initiatives.InitiativeClosed(initiative_id=ONE))


async def test_a_year_without_caps_of_its_own_is_everyones_until_they_are_entered(office: Office) -> None:
    await office.told(*in_euros())
    # Today is in a year that this release does not know; from December on the next is missing too.
    assert TODAY.year not in CAPS
    missing = sorted({TODAY.year, (TODAY + 31 * DAY).year})
    found = await office.work(NOOR_HERE, kind="caps_missing")
    assert [work.reason for work in found] == [str(year) for year in missing]
    # What the year before had holds: this year's press no more, next year's do from the first of January on.
    assert (found[0].entity_id, found[0].since, found[0].due) == (caps_id(TODAY.year), THIS, None)
    assert [work.due for work in found[1:]] == [midnight(date(year, 1, 1)) for year in missing[1:]]
    for year in missing:
        await office.told(CapsEntered(caps_id=caps_id(year), year=year, caps=CAPS[2025]))
        assert str(year) not in [work.reason for work in await office.work(kind="caps_missing")]
    assert await office.kinds() == []


async def test_no_caps_are_missed_where_nobody_is_paid(office: Office) -> None:
    await office.told(*in_euros("closed"))
    assert await office.kinds() == []
