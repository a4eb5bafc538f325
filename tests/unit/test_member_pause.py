"""A pause: somebody does not help for a while, and comes back."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.members import (
    EndPause,
    MemberPaused,
    MemberResumed,
    PauseHelping,
    RegisterMember,
    ResumeHelping,
)
from services.kernel.testing import InMemory
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, as_member, members
from tests.unit.newcomers import left, takes_part

given = members.given

RESUMED = MemberResumed(member_id=ANNA)
# In winter Amsterdam is an hour ahead of UTC.
UNTIL = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
PAUSED = MemberPaused(member_id=ANNA, until=UNTIL)
WITHOUT_END = MemberPaused(member_id=ANNA)


def pauses(until: date | None = None) -> PauseHelping:
    return PauseHelping(member_id=ANNA, until=until)


RESUMES = ResumeHelping(member_id=ANNA)
ENDS = EndPause(member_id=ANNA, until=UNTIL)


def test_a_pause_lasts_through_its_last_day() -> None:
    given(*takes_part()).when(pauses(date(2026, 12, 31))).then(PAUSED)


def test_in_summer_a_day_ends_an_hour_earlier_for_utc() -> None:
    until = datetime(2027, 7, 1, 21, 59, 59, tzinfo=UTC)
    given(*takes_part()).when(pauses(date(2027, 7, 1))).then(MemberPaused(member_id=ANNA, until=until))


def test_a_pause_may_have_no_end() -> None:
    given(*takes_part()).when(pauses(), by=as_member(ANNA)).then(WITHOUT_END)


def test_a_pause_through_today_is_one_and_through_yesterday_is_none() -> None:
    today = datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    given(*takes_part()).when(pauses(date(2026, 11, 23))).then(MemberPaused(member_id=ANNA, until=today))
    given(*takes_part()).when(pauses(date(2026, 11, 22))).refused("pause_in_the_past")
    # In Amsterdam it is tomorrow already.
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    given(*takes_part()).when(pauses(date(2026, 11, 23)), at=late).refused("pause_in_the_past")


@pytest.mark.parametrize("until", [date(2037, 1, 1), date.max])
def test_a_slip_in_the_year_is_noticed(until: date) -> None:
    given(*takes_part()).when(pauses(until)).refused("too_far_ahead")


def test_the_same_pause_again_changes_nothing_and_another_day_does() -> None:
    given(*takes_part(), PAUSED).when(pauses(date(2026, 12, 31))).then_nothing()
    given(*takes_part(), WITHOUT_END).when(pauses()).then_nothing()
    given(*takes_part(), PAUSED).when(pauses()).then(WITHOUT_END)


def test_somebody_comes_back_once() -> None:
    given(*takes_part(), PAUSED).when(RESUMES).then(RESUMED)
    given(*takes_part(), PAUSED, RESUMED).when(RESUMES).then_nothing()
    given(*takes_part()).when(RESUMES).then_nothing()


def test_what_somebody_can_do_in_a_week_is_kept_during_a_pause() -> None:
    anna = given(*takes_part(), PAUSED).now(MEMBER, ANNA)
    assert (anna.is_paused, anna.paused_until, anna.capacity_minutes_week) == (True, UNTIL, 120)
    back = given(*takes_part(), PAUSED, RESUMED).now(MEMBER, ANNA)
    assert (back.is_paused, back.paused_until, back.capacity_minutes_week) == (False, None, 120)


def test_a_pause_ends_by_itself() -> None:
    given(*takes_part(), PAUSED).when(ENDS).then(RESUMED)


def test_the_end_of_an_older_pause_does_not_end_the_new_one() -> None:
    given(*takes_part(), PAUSED, WITHOUT_END).when(ENDS).then_nothing()
    later = MemberPaused(member_id=ANNA, until=UNTIL + timedelta(days=7))
    given(*takes_part(), PAUSED, later).when(ENDS).then_nothing()
    given(*takes_part(), PAUSED, RESUMED).when(ENDS).then_nothing()
    given(*takes_part(), PAUSED, left()).when(ENDS).then_nothing()
    given().when(ENDS).then_nothing()


def test_the_timer_of_a_pause_is_due_when_it_is_over() -> None:
    service = InMemory(members.service)
    service.decide(RegisterMember(name="Bewoner", street="Laan", house_number="1", pc4="3512"), id=ANNA)
    service.decide(pauses(date(2026, 12, 31)), id=UUID(int=1))
    (timer,) = service.timers
    assert (timer.due_at, timer.command) == (UNTIL, ENDS)
    assert service.fire(timer) == [RESUMED]
    service.decide(pauses(), id=UUID(int=2))
    assert service.timers == []
