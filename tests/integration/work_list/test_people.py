"""Work about one person: who signed up, minors, certificates, and who has more planned than they want."""

from datetime import date, timedelta
from uuid import UUID

from contracts import exchange, members, vetting
from contracts.policy import AgeBand
from tests.integration.work_list.office import (
    BRAM,
    DAY,
    FAR,
    FOUR,
    HERE,
    ONE,
    THIS,
    THREE,
    TODAY,
    TWO,
    Office,
    about_match,
    midnight,
    registered,
    requested,
)


async def test_who_signed_up_waits_for_someone_to_look(office: Office) -> None:
    newcomer, _ = registered(ONE, 1009)
    await office.told(newcomer, at=THIS - DAY)
    work = await office.one("new_member")
    assert (work.member_id, work.number, work.since) == (ONE, 1009, THIS - DAY)


async def test_whom_a_social_team_registers_is_decided_on_today(office: Office) -> None:
    for n, by in ((2001, "referrer:sociaal-team"), (2002, "coordinator:noor")):
        registration, _ = registered(UUID(int=n), n)
        await office.told(registration, by=by)
    found = {work.number: work for work in await office.work(kind="new_member")}
    assert (found[2001].due, found[2001].pressing, found[2001].reason) == (
        midnight(TODAY + DAY),
        True,
        "referrer",
    )
    assert (found[2002].due, found[2002].pressing, found[2002].reason) == (None, False, None)


async def test_a_minor_takes_part_only_with_a_guardians_consent(office: Office) -> None:
    await office.told(*registered(ONE, 1009, age_band=AgeBand.FROM_16))
    assert (await office.one("guardian_missing")).member_id == ONE
    await office.told(members.GuardianConsentGiven(member_id=ONE, how="paper"))
    assert await office.kinds() == []
    await office.told(members.GuardianConsentWithdrawn(member_id=ONE))
    assert await office.kinds() == ["guardian_missing"]
    await office.told(members.AgeBandReached(member_id=ONE, age_band=AgeBand.FROM_18))
    assert await office.kinds() == []


# Certificates


def recorded(valid_until: date, vog_id: UUID = ONE) -> vetting.VogRecorded:
    return vetting.VogRecorded(vog_id=vog_id, member_id=BRAM, category="finances", valid_until=valid_until)


async def test_a_certificate_that_ends_within_thirty_days_is_to_be_renewed(office: Office) -> None:
    await office.told(recorded(TODAY + 31 * DAY), at=THIS - 300 * DAY)
    assert await office.kinds() == []
    last = TODAY + 30 * DAY
    await office.told(recorded(last, TWO), at=THIS - 300 * DAY)
    work = await office.one("vog_ends")
    assert (work.entity_id, work.category, work.due) == (TWO, "finances", midnight(last + DAY))
    assert work.since == midnight(last - 30 * DAY)
    await office.told(recorded(TODAY + 900 * DAY, THREE))
    assert await office.kinds() == []


async def test_a_lapsed_certificate_is_work_for_as_long_as_they_offer_what_it_is_for(office: Office) -> None:
    offer = {"offer_id": FOUR, "member_id": BRAM, "category": "finances", "pc4": HERE}
    await office.told(recorded(TODAY - DAY), exchange.OfferPosted.model_validate(offer))
    work = await office.one("vog_ends")
    assert (work.due, work.pressing) == (midnight(TODAY), True)
    await office.told(exchange.OfferWithdrawn(offer_id=FOUR, member_id=BRAM))
    assert await office.kinds() == []


async def test_a_certificate_of_who_left_is_no_work(office: Office) -> None:
    await office.told(recorded(TODAY), members.MemberLeft(member_id=BRAM, settle="pool"))
    assert await office.kinds() == []


# More than they want


async def test_who_has_more_planned_than_they_want_is_shown_with_the_first_such_week(office: Office) -> None:
    next_week = midnight(TODAY + timedelta(days=7 - TODAY.weekday()))
    planned = about_match(exchange.MatchReserved, minutes=100, wanted_at=next_week + timedelta(hours=10))
    await office.told(requested(), planned, about_match(exchange.MatchConfirmed))
    assert await office.kinds() == []
    await office.told(members.CapacityChanged(member_id=BRAM, capacity_minutes_week=60))
    work = await office.one("over_capacity")
    assert (work.member_id, work.entity_id, work.due, work.pc4) == (BRAM, BRAM, next_week, HERE)


async def test_help_without_a_date_counts_in_every_week_also_when_someone_wants_to_help_less(
    office: Office,
) -> None:
    next_week = midnight(TODAY + timedelta(days=7 - TODAY.weekday()))
    undated = about_match(exchange.MatchReserved, minutes=50, wanted_at=None)
    await office.told(requested(), undated, about_match(exchange.MatchConfirmed, wanted_at=None))
    await office.told(members.CapacityChanged(member_id=BRAM, capacity_minutes_week=50))
    assert "over_capacity" not in await office.kinds()
    dated = about_match(
        exchange.MatchReserved,
        match_id=FOUR,
        request_id=THREE,
        minutes=30,
        wanted_at=next_week + timedelta(hours=10),
    )
    await office.told(requested(THREE), dated)
    work = await office.one("over_capacity")
    assert (work.member_id, work.due) == (BRAM, next_week)
    # By itself it fills the week that runs now as well.
    await office.told(members.CapacityChanged(member_id=BRAM, capacity_minutes_week=49))
    work = await office.one("over_capacity")
    assert work.due == next_week - timedelta(days=7)


async def test_care_for_their_own_counts_but_not_what_others_take_over(office: Office) -> None:
    next_week = midnight(TODAY + timedelta(days=7 - TODAY.weekday())) + timedelta(hours=10)
    planned = about_match(exchange.MatchReserved, minutes=100, wanted_at=next_week)
    carer = members.CapacityChanged(member_id=BRAM, capacity_minutes_week=120, carer_minutes_week=60)
    await office.told(requested(), planned, carer)
    assert "over_capacity" in await office.kinds()
    relieved = {"helper_id": FAR, "asker_id": BRAM, "category": "respite", "minutes": 60}
    respite = about_match(
        exchange.MatchReserved, match_id=FOUR, request_id=THREE, wanted_at=next_week, **relieved
    )
    await office.told(requested(THREE), respite)
    assert "over_capacity" not in await office.kinds()
