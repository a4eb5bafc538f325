"""Leave: who is away, who does their work, and the warning when nobody does."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from contracts.coordinator import (
    CancelLeave,
    CheckLeave,
    DeputyMissed,
    DeputyNamed,
    LeaveCancelled,
    LeavePlanned,
    NameDeputy,
    PlanLeave,
    TakeLeave,
)
from services.coordinator import app as coordinator_app
from services.coordinator.handlers import prepare_check, prepare_deputy, prepare_leave
from services.coordinator.leave import LEAVE, LONGEST, checks
from services.kernel.errors import Rejected
from services.kernel.settings import Key
from services.kernel.testing import COMMAND_ID, COORDINATOR, NOW, InMemory, Specification
from tests.unit.neighbours import REGION

given = Specification(coordinator_app.service(REGION)).given

LEAVE_ID = UUID(int=0x62)
TODAY = date(2026, 11, 23)
IN_TWO_WEEKS = TODAY + timedelta(days=14)
A_WEEK = timedelta(days=7)


def plan(first: date = IN_TWO_WEEKS, last: date | None = None, deputy: str | None = None) -> TakeLeave:
    return TakeLeave(
        coordinator="noor", first_day=first, last_day=first + A_WEEK if last is None else last, deputy=deputy
    )


def planned(first: date = IN_TWO_WEEKS, *, deputy: str | None = None) -> LeavePlanned:
    return LeavePlanned(
        leave_id=LEAVE_ID, coordinator="noor", first_day=first, last_day=first + A_WEEK, deputy=deputy
    )


MISSED = DeputyMissed(leave_id=LEAVE_ID, coordinator="noor")


# Planning


def test_leave_is_planned_with_or_without_a_deputy() -> None:
    for deputy in (None, "sam"):
        given().when(plan(deputy=deputy)).then(
            LeavePlanned(
                leave_id=COMMAND_ID,
                coordinator="noor",
                first_day=IN_TWO_WEEKS,
                last_day=IN_TWO_WEEKS + A_WEEK,
                deputy=deputy,
            )
        )


def test_leave_of_one_day_is_leave() -> None:
    assert given().when(plan(TODAY, TODAY)).events


def test_who_fell_ill_yesterday_can_still_say_so() -> None:
    assert given().when(plan(TODAY - timedelta(days=1), TODAY)).events


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (IN_TWO_WEEKS, IN_TWO_WEEKS - timedelta(days=1), "ends_before_it_begins"),
        (TODAY - A_WEEK, TODAY - timedelta(days=1), "in_the_past"),
        (TODAY, TODAY + LONGEST + timedelta(days=1), "too_long"),
        (date(1, 1, 1), TODAY, "too_long"),
    ],
)
def test_days_that_cannot_be_are_refused(first: date, last: date, code: str) -> None:
    given().when(plan(first, last)).refused(code)


def test_nobody_is_their_own_deputy() -> None:
    given().when(plan(deputy="noor")).refused("own_deputy")
    given(planned()).when(NameDeputy(leave_id=LEAVE_ID, deputy="noor")).refused("own_deputy")


# A deputy, and cancelling


@pytest.mark.parametrize("areas", [("3522",), ()], ids=["bound", "everywhere"])
def test_nobody_names_themselves(areas: tuple[str, ...]) -> None:
    # Also who works in the whole region (perhaps as a deputy, for a week): files come with it.
    bas = COORDINATOR.model_copy(update={"name": "bas", "areas": areas})
    given().when(plan(deputy="bas"), by=bas).refused("names_oneself")
    given(planned()).when(NameDeputy(leave_id=LEAVE_ID, deputy="bas"), by=bas).refused("names_oneself")
    # Others may name them, and they may name others.
    for deputy, by in (("bas", COORDINATOR), ("sam", bas)):
        named = DeputyNamed(leave_id=LEAVE_ID, deputy=deputy)
        given(planned()).when(NameDeputy(leave_id=LEAVE_ID, deputy=deputy), by=by).then(named)


def test_a_deputy_is_named_and_may_be_replaced_also_during_the_leave() -> None:
    name = NameDeputy(leave_id=LEAVE_ID, deputy="sam")
    given(planned()).when(name).then(DeputyNamed(leave_id=LEAVE_ID, deputy="sam"))
    given(planned(TODAY, deputy="ali")).when(name).then(DeputyNamed(leave_id=LEAVE_ID, deputy="sam"))
    given(planned(deputy="sam")).when(name).then_nothing()


def test_who_is_there_after_all_cancels_also_during_the_leave() -> None:
    for first in (IN_TWO_WEEKS, TODAY):
        given(planned(first)).when(CancelLeave(leave_id=LEAVE_ID)).then(LeaveCancelled(leave_id=LEAVE_ID))


@pytest.mark.parametrize(
    "command", [CancelLeave(leave_id=LEAVE_ID), NameDeputy(leave_id=LEAVE_ID, deputy="sam")]
)
def test_leave_that_is_over_or_cancelled_does_not_change(command: CancelLeave | NameDeputy) -> None:
    given(planned(TODAY - timedelta(days=8))).when(command).refused("leave_over")
    given(planned(), LeaveCancelled(leave_id=LEAVE_ID)).when(command).refused("leave_over")
    given().when(command).refused("unknown_leave")


def test_the_last_day_is_a_day_of_leave() -> None:
    assert given(planned(TODAY - A_WEEK)).when(CancelLeave(leave_id=LEAVE_ID)).events


# Warnings


def test_everyone_is_warned_when_there_is_no_deputy() -> None:
    given(planned()).when(CheckLeave(leave_id=LEAVE_ID)).then(MISSED)


def test_nobody_is_warned_when_someone_does_the_work_or_the_leave_is_off() -> None:
    check = CheckLeave(leave_id=LEAVE_ID)
    given(planned(deputy="sam")).when(check).then_nothing()
    given(planned(), DeputyNamed(leave_id=LEAVE_ID, deputy="sam")).when(check).then_nothing()
    given(planned(), LeaveCancelled(leave_id=LEAVE_ID)).when(check).then_nothing()
    given().when(check).then_nothing()


def test_a_deputy_who_cannot_do_the_work_is_missed_as_if_nobody_was_named() -> None:
    check = CheckLeave(leave_id=LEAVE_ID, deputy_missing=True)
    given(planned(deputy="sam")).when(check).then(MISSED)
    given(planned(deputy="sam"), LeaveCancelled(leave_id=LEAVE_ID)).when(check).then_nothing()
    # Named again they are to do it after all; and so is someone else.
    missed = given(planned(deputy="sam"), MISSED)
    for deputy in ("sam", "bas"):
        named = DeputyNamed(leave_id=LEAVE_ID, deputy=deputy)
        missed.when(NameDeputy(leave_id=LEAVE_ID, deputy=deputy)).then(named)
        assert given(planned(deputy="sam"), MISSED, named).now(LEAVE, LEAVE_ID).missed_at is None


@pytest.mark.parametrize(("first", "warned"), [(TODAY + A_WEEK, True), (IN_TWO_WEEKS, False)])
def test_everyone_is_warned_at_once_when_a_deputy_goes_away_and_the_leave_is_near(
    first: date, warned: bool
) -> None:
    sams = TakeLeave(coordinator="sam", first_day=first, last_day=first, stands_in_for=(LEAVE_ID,))
    events = given(planned(first, deputy="sam")).when(sams).events
    assert (MISSED in events) is warned
    assert MISSED not in given(planned(first, deputy="sam"), MISSED).when(sams).events
    replaced = DeputyNamed(leave_id=LEAVE_ID, deputy="bas")
    assert MISSED not in given(planned(first, deputy="sam"), replaced).when(sams).events


def test_it_stays_known_when_everyone_was_first_warned() -> None:
    instance = InMemory(coordinator_app.service(REGION))
    instance.decide(plan(), id=LEAVE_ID, by=COORDINATOR)
    for n in (1, 2):
        instance.decide(CheckLeave(leave_id=LEAVE_ID), id=UUID(int=n), at=NOW + n * A_WEEK)
    (leave,) = instance.all(LEAVE)
    assert leave.missed_at == NOW + A_WEEK


def test_it_is_looked_at_a_week_ahead_and_when_the_first_day_begins_here() -> None:
    # 7 December begins at 23.00 UTC the day before: winter time.
    assert [timer.due_at for timer in checks(planned(), NOW)] == [
        datetime(2026, 11, 29, 23, 0, tzinfo=UTC),
        datetime(2026, 12, 6, 23, 0, tzinfo=UTC),
    ]
    summer = planned(date(2027, 7, 12))
    assert checks(summer, NOW)[1].due_at == datetime(2027, 7, 11, 22, 0, tzinfo=UTC)


def test_leave_that_is_nearer_than_a_week_is_looked_at_at_once() -> None:
    begins = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert [timer.due_at for timer in checks(planned(TODAY + timedelta(days=1)), NOW)] == [NOW, begins]


def test_leave_that_has_begun_is_looked_at_once() -> None:
    assert [timer.due_at for timer in checks(planned(TODAY), NOW)] == [NOW]


def test_the_two_looks_are_two_timers_and_a_repeat_is_the_same_two() -> None:
    ids = [timer.timer_id for timer in checks(planned(), NOW)]
    assert len(set(ids)) == 2
    assert [timer.timer_id for timer in checks(planned(), NOW + A_WEEK)] == ids


def test_whoever_waits_with_a_deputy_is_warned_twice_and_then_no_more() -> None:
    instance = InMemory(coordinator_app.service(REGION))
    instance.decide(plan(), id=LEAVE_ID, by=COORDINATOR)
    for timer in list(instance.timers):
        instance.fire(timer)
    assert len(instance.happened(DeputyMissed)) == 2
    assert instance.timers == []


class _Leaves:
    """A database with one leave, of noor with sam as deputy; and whether sam is away then."""

    def __init__(self, *, away: bool) -> None:
        self._away = away

    async def fetchrow(self, *_: object) -> dict[str, object]:
        return {"coordinator": "noor", "first_day": TODAY, "last_day": TODAY, "deputy": "sam"}

    async def fetchval(self, *_: object) -> bool:
        return self._away


@pytest.mark.parametrize(
    ("name", "away", "missing"), [("sam", False, False), ("sam", True, True), ("bas", False, True)]
)
async def test_a_deputy_is_missed_who_is_away_too_or_has_no_key_any_more(
    name: str, away: bool, missing: bool
) -> None:
    keys = (Key.model_validate({"id": name, "role": "coordinator", "sha256": "0" * 64}),)
    replica: Any = SimpleNamespace(pool=_Leaves(away=away), region=SimpleNamespace(keys=keys))
    checked = await prepare_check(replica, CheckLeave(leave_id=LEAVE_ID), COORDINATOR)
    assert checked.deputy_missing is missing


async def test_who_is_away_in_those_days_is_not_named_as_a_deputy() -> None:
    keys = tuple(
        Key.model_validate({"id": name, "role": "coordinator", "sha256": "0" * 64})
        for name in ("noor", "sam")
    )
    replica: Any = SimpleNamespace(pool=_Leaves(away=True), region=SimpleNamespace(keys=keys))
    with pytest.raises(Rejected) as planned_so:
        await prepare_leave(replica, plan_leave("sam"), COORDINATOR)
    with pytest.raises(Rejected) as named_so:
        await prepare_deputy(replica, NameDeputy(leave_id=LEAVE_ID, deputy="sam"), COORDINATOR)
    assert planned_so.value.refusal.code == named_so.value.refusal.code == "deputy_away"


def plan_leave(deputy: str) -> PlanLeave:
    return PlanLeave(coordinator="noor", first_day=TODAY, last_day=TODAY, deputy=deputy)
