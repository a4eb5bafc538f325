"""A helper's week: what is planned and done in it, and what others take over of their own care."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.envelope import Event
from contracts.visits import VisitMoved
from services.exchange.participant import PARTICIPANT
from services.exchange.week import ANY_WEEK, WEEK, Week, load, week_id, week_of
from services.kernel.testing import NOW
from tests.unit.neighbours import (
    A_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    LAST_WEEK,
    NEXT_WEEK,
    TOMORROW,
    admitted,
    but,
    completed,
    exchange,
    fell_through,
)

given = exchange.given

RESPITE = but(A_MATCH, category="respite")


def moved(to: datetime, *, of: Event = A_MATCH, from_at: datetime | None = TOMORROW) -> VisitMoved:
    return VisitMoved(**{**of.model_dump(), "wanted_at": to}, from_at=from_at)


def week(*events: Event, whose: UUID = BRAM, at: datetime = TOMORROW) -> tuple[int, int, int]:
    """Minutes planned, done and relieved in a week."""
    found = given(*AN_OFFER_AND_A_REQUEST, *events).state.get(WEEK, week_id(whose, week_of(at)))
    return (found.planned_minutes, found.done_minutes, found.relieved_minutes) if found else (0, 0, 0)


def test_a_reserved_match_fills_the_week_of_its_visit_and_no_other() -> None:
    assert week(A_MATCH) == (90, 0, 0)
    assert week(A_MATCH, at=NEXT_WEEK) == (0, 0, 0)
    assert week(A_MATCH, whose=ANNA) == (0, 0, 0)


def test_a_match_that_falls_through_frees_the_week() -> None:
    assert week(A_MATCH, fell_through()) == (0, 0, 0)


def test_a_match_that_is_done_counts_with_the_minutes_it_took() -> None:
    assert week(A_MATCH, completed(60)) == (0, 60, 0)
    assert week(A_MATCH, completed(120)) == (0, 120, 0)


def test_help_without_a_date_is_in_no_week() -> None:
    undated = but(A_MATCH, wanted_at=None)
    assert week(undated, at=NOW) == (0, 0, 0)
    assert week(undated, completed(of=undated), at=NOW) == (0, 0, 0)


def test_a_visit_that_moves_within_its_week_changes_nothing() -> None:
    assert week(A_MATCH, moved(TOMORROW + timedelta(days=2))) == (90, 0, 0)


def test_a_visit_that_moves_across_weeks_leaves_the_one_and_fills_the_other() -> None:
    happened = (A_MATCH, moved(NEXT_WEEK))
    assert week(*happened) == (0, 0, 0)
    assert week(*happened, at=NEXT_WEEK) == (90, 0, 0)
    assert week(*happened, fell_through(of=but(A_MATCH, wanted_at=NEXT_WEEK)), at=NEXT_WEEK) == (0, 0, 0)


def test_help_that_gets_a_date_fills_the_week_of_that_date() -> None:
    undated = but(A_MATCH, wanted_at=None)
    assert week(undated, moved(NEXT_WEEK, of=undated, from_at=None), at=NEXT_WEEK) == (90, 0, 0)


# Care that others take over


def test_respite_relieves_the_week_of_who_is_cared_for_and_fills_that_of_the_helper() -> None:
    assert week(RESPITE, whose=ANNA) == (0, 0, 90)
    assert week(RESPITE) == (90, 0, 0)


def test_respite_that_falls_through_relieves_nobody() -> None:
    assert week(RESPITE, fell_through(of=RESPITE), whose=ANNA) == (0, 0, 0)


def test_respite_that_is_done_relieves_with_the_minutes_it_took() -> None:
    assert week(RESPITE, completed(60, of=RESPITE), whose=ANNA) == (0, 0, 60)


def test_respite_that_moves_relieves_the_other_week() -> None:
    happened = (RESPITE, moved(NEXT_WEEK, of=RESPITE))
    assert week(*happened, whose=ANNA) == (0, 0, 0)
    assert week(*happened, whose=ANNA, at=NEXT_WEEK) == (0, 0, 90)
    assert week(RESPITE, moved(TOMORROW + timedelta(hours=1), of=RESPITE), whose=ANNA) == (0, 0, 90)


def relieved_always(*events: Event) -> int:
    found = given(*AN_OFFER_AND_A_REQUEST, *events).state.get(WEEK, week_id(ANNA, ANY_WEEK))
    return found.relieved_minutes if found else 0


def test_respite_without_a_date_relieves_every_week_until_it_is_done() -> None:
    undated = but(RESPITE, wanted_at=None)
    assert relieved_always(undated) == 90
    assert relieved_always(undated, fell_through(of=undated)) == 0
    assert relieved_always(undated, completed(60, of=undated)) == 0
    dated = (undated, moved(NEXT_WEEK, of=undated, from_at=None))
    assert relieved_always(*dated) == 0
    assert week(*dated, whose=ANNA, at=NEXT_WEEK) == (0, 0, 90)
    assert week(*dated, at=NEXT_WEEK) == (90, 0, 0)
    # Other help without a date relieves nobody of their care.
    assert relieved_always(but(A_MATCH, wanted_at=None)) == 0


def test_a_carer_has_room_for_as_much_as_others_take_over() -> None:
    for respite, without_a_day in ((RESPITE, 120), (but(RESPITE, wanted_at=None), 30)):
        happened = given(*AN_OFFER_AND_A_REQUEST, admitted(ANNA, carer_minutes=120), respite)
        carer = happened.now(PARTICIPANT, ANNA)
        assert load(happened.state, carer, TOMORROW, NOW) == 30
        # Without a day it must fit in every week, and a visit relieves the one it is in.
        assert load(happened.state, carer, None, NOW) == without_a_day


def test_a_week_knows_whose_and_which_it_is() -> None:
    now = given(*A_RESERVED_MATCH)
    assert now.now(WEEK, week_id(BRAM, "2026-W48")) == Week(week_id(BRAM, "2026-W48"), BRAM, "2026-W48", 90)
    later = given(*A_RESERVED_MATCH, moved(NEXT_WEEK)).now(WEEK, week_id(BRAM, week_of(NEXT_WEEK)))
    assert (later.member_id, later.week) == (BRAM, "2026-W49")


# Which week it is


def test_a_week_begins_on_monday_at_midnight_of_the_clock_on_the_wall() -> None:
    sunday = datetime(2026, 11, 29, 22, 59, 59, tzinfo=UTC)
    assert (week_of(sunday), week_of(sunday + timedelta(seconds=1))) == ("2026-W48", "2026-W49")
    summer = datetime(2026, 7, 5, 21, 59, 59, tzinfo=UTC)
    assert (week_of(summer), week_of(summer + timedelta(seconds=1))) == ("2026-W27", "2026-W28")


def test_the_days_around_new_year_are_in_one_week() -> None:
    assert week_of(datetime(2026, 12, 31, 12, tzinfo=UTC)) == "2026-W53"
    assert week_of(datetime(2027, 1, 3, 12, tzinfo=UTC)) == "2026-W53"
    assert week_of(LAST_WEEK) == "2026-W47"


@for_all(st.integers(0, 20 * 365 * 24))
def test_a_week_later_is_always_another_week(hours: int) -> None:
    moment = NOW + timedelta(hours=hours)
    assert week_of(moment) != week_of(moment + timedelta(days=7))
