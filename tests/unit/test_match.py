"""A match: it lapses when the ledger is silent, is called off, and is what happened to it."""

from datetime import timedelta

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import CancelMatch, LapseReservation, MatchReserved, MatchUnbooked, MinutesReported
from services.exchange.handlers import SCHEDULES
from services.exchange.match import MATCH as KIND
from services.exchange.match import RESERVATION_LASTS
from services.kernel.days import begin
from services.kernel.testing import NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_RESERVED_MATCH,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    MATCH,
    TOMORROW,
    agreed,
    as_member,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    reserved,
)

given = exchange.given

LAPSE = LapseReservation(match_id=MATCH)
CANCEL = CancelMatch(match_id=MATCH)
HELPER_SAID = MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by="helper", minutes=60)
ASKER_SAID = but(HELPER_SAID, by="asker")
AGREED = (*A_CONFIRMED_MATCH, HELPER_SAID, ASKER_SAID, agreed())
UNBOOKED = (*AGREED, MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60))
OVER = [
    pytest.param((*A_RESERVED_MATCH, fell_through("below_floor", told=False)), id="fell_through"),
    pytest.param((*A_CONFIRMED_MATCH, fell_through()), id="cancelled"),
    pytest.param(AGREED, id="agreed"),
    pytest.param((*AGREED, completed()), id="completed"),
]


# No answer


def test_a_ledger_that_does_not_answer_in_time_lets_it_fall_through() -> None:
    given(*A_RESERVED_MATCH).when(LAPSE).then(fell_through("no_answer", told=False))


def test_a_reservation_has_an_hour_to_be_answered() -> None:
    (timer,) = SCHEDULES[MatchReserved](reserved(), NOW)
    assert timer.due_at == NOW + RESERVATION_LASTS == NOW + timedelta(hours=1)
    assert timer.command == LAPSE
    (again,) = SCHEDULES[MatchReserved](reserved(), NOW)
    assert timer.command_id == again.command_id


@pytest.mark.parametrize("happened", [pytest.param(A_CONFIRMED_MATCH, id="confirmed"), *OVER])
def test_what_was_answered_does_not_lapse(happened: tuple[Event, ...]) -> None:
    given(*happened).when(LAPSE).then_nothing()


# Calling it off


def test_a_helper_who_withdraws_is_told_from_an_asker_who_calls_it_off() -> None:
    before = given(*A_CONFIRMED_MATCH)
    helper, asker = (CancelMatch(match_id=MATCH, member_id=who) for who in (BRAM, ANNA))
    before.when(helper, by=as_member(BRAM)).then(fell_through("helper_withdrew"))
    before.when(asker, by=as_member(ANNA)).then(fell_through("cancelled"))


def test_a_coordinator_calls_a_confirmed_match_off() -> None:
    given(*A_CONFIRMED_MATCH).when(CANCEL).then(fell_through("cancelled"))
    given(*A_CONFIRMED_MATCH).when(CancelMatch(match_id=MATCH, member_id=BRAM)).then(
        fell_through("helper_withdrew")
    )


def test_a_match_with_minutes_of_one_side_can_still_be_called_off() -> None:
    given(*A_CONFIRMED_MATCH, HELPER_SAID).when(CANCEL).then(fell_through())


def test_a_match_that_could_not_be_booked_may_be_called_off_and_frees_everything() -> None:
    given(*UNBOOKED).when(CANCEL).then(fell_through())


@pytest.mark.parametrize("happened", OVER)
def test_only_a_match_that_runs_is_called_off(happened: tuple[Event, ...]) -> None:
    given(*happened).when(CANCEL).refused("not_confirmed")


def test_a_match_that_is_being_confirmed_is_called_off_in_a_moment() -> None:
    no = given(*A_RESERVED_MATCH).when(CANCEL).refused("being_confirmed")
    assert no.nl == "Deze koppeling wordt nu bevestigd. Probeer het over een ogenblik opnieuw."


def test_others_cannot_call_it_off() -> None:
    before = given(*A_CONFIRMED_MATCH)
    before.when(CancelMatch(match_id=MATCH, member_id=CORA), by=as_member(CORA)).refused("not_yours")
    before.when(CANCEL, by=as_member(CORA)).refused("not_yours")
    before.when(CANCEL, by=ELSEWHERE).refused("other_area")


@pytest.mark.parametrize("command", [LAPSE, CANCEL], ids=lambda command: type(command).__name__)
def test_a_match_that_nobody_made_is_unknown(command: Command) -> None:
    given().when(command).refused("unknown_match")


# What it is


def test_a_match_is_what_happened_to_it() -> None:
    match = given(*AGREED, completed()).now(KIND, MATCH)
    assert (match.status, match.helper_minutes, match.asker_minutes) == ("completed", 60, 60)
    assert (match.by, match.agreed_minutes, match.version) == ("coordinator-1", 60, 6)
    assert given(*UNBOOKED).now(KIND, MATCH).status == "unbooked"
    assert given(*A_CONFIRMED_MATCH, fell_through()).now(KIND, MATCH).reason == "cancelled"


@pytest.mark.parametrize("said", [HELPER_SAID, ASKER_SAID], ids=["helper", "asker"])
def test_what_one_says_before_the_day_of_a_visit_counts_from_that_day_on(said: Event) -> None:
    match = given(*A_CONFIRMED_MATCH, said).now(KIND, MATCH)
    midnight = begin(TOMORROW.date())
    assert midnight.isoformat() == "2026-11-23T23:00:00+00:00"
    assert not match.has_been(midnight - timedelta(seconds=1))
    assert match.has_been(midnight)
    undated = but(reserved(), wanted_at=None)
    at_once = given(*A_RESERVED_MATCH[:-1], undated, confirmed(undated), said).now(KIND, MATCH)
    assert at_once.has_been(NOW)


def test_until_that_day_it_may_be_called_off_by_either() -> None:
    before = given(*A_CONFIRMED_MATCH, HELPER_SAID)
    cancel = CancelMatch(match_id=MATCH, member_id=ANNA)
    before.when(cancel, by=as_member(ANNA)).then(fell_through("cancelled"))
    on_the_day = begin(TOMORROW.date())
    before.when(cancel, by=as_member(ANNA), at=on_the_day).refused("minutes_reported")


def test_help_was_given_when_its_time_has_come_or_both_reported_minutes() -> None:
    match = given(*A_CONFIRMED_MATCH).now(KIND, MATCH)
    assert match.has_been(TOMORROW)
    assert not match.has_been(TOMORROW - timedelta(seconds=1))
    both = given(*A_CONFIRMED_MATCH, HELPER_SAID, ASKER_SAID).now(KIND, MATCH)
    assert both.has_been(NOW)
    undated = (*A_RESERVED_MATCH[:-1], but(reserved(), wanted_at=None))
    assert not given(*undated).now(KIND, MATCH).has_been(NOW)
