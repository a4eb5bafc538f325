"""A match: reserved, confirmed or fallen through; minutes reported, agreed, booked."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import (
    CancelMatch,
    LapseReservation,
    MatchReserved,
    MatchUnbooked,
    MinutesDiffered,
    MinutesReported,
    OfferWithdrawn,
    ParticipantCapacityChanged,
    ReportMinutes,
    RequestWithdrawn,
    ReserveMatch,
    SettleBooking,
    SettleHold,
)
from contracts.ledger import CreditTransferred, HoldPlaced, HoldRefused, TransferRefused
from services.exchange.handlers import FOLLOWS, SCHEDULES
from services.exchange.match import MATCH as KIND
from services.exchange.match import RESERVATION_LASTS
from services.exchange.participant import PARTICIPANT
from services.kernel.testing import COMMAND_ID, NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    MATCH,
    OFFER,
    REQUEST,
    admitted,
    agreed,
    as_member,
    asked,
    completed,
    confirmed,
    exchange,
    fell_through,
    offered,
    reserved,
)

given = exchange.given

RESERVE = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
PLACED = SettleHold(match_id=MATCH, placed=True)
REFUSED = SettleHold(match_id=MATCH, placed=False)
LAPSE = LapseReservation(match_id=MATCH)
BOOKED = SettleBooking(match_id=MATCH, booked=True)
UNBOOKED = MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)
WITHDRAWN = RequestWithdrawn(request_id=REQUEST)
NOBODYS = UUID(int=0xFF)


def said(by: Literal["helper", "asker"], minutes: int) -> MinutesReported:
    return MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by=by, minutes=minutes)


def says(who: UUID, minutes: int) -> ReportMinutes:
    return ReportMinutes(match_id=MATCH, member_id=who, minutes=minutes)


def differed(helper_minutes: int, asker_minutes: int) -> MinutesDiffered:
    return MinutesDiffered(
        match_id=MATCH,
        helper_id=BRAM,
        asker_id=ANNA,
        helper_minutes=helper_minutes,
        asker_minutes=asker_minutes,
    )


AGREED = (*A_CONFIRMED_MATCH, said("helper", 60), said("asker", 60), agreed())
OVER = [
    pytest.param((*A_RESERVED_MATCH, fell_through("below_floor", told=False)), id="fell_through"),
    pytest.param((*A_CONFIRMED_MATCH, fell_through()), id="cancelled"),
    pytest.param(AGREED, id="agreed"),
    pytest.param((*AGREED, completed()), id="completed"),
]
UNBOOKED_MATCH = (*AGREED, UNBOOKED)


# Reserving


def test_a_coordinator_reserves_a_helper_for_a_request() -> None:
    given(*AN_OFFER_AND_A_REQUEST).when(RESERVE).then(reserved(match_id=COMMAND_ID))


def test_a_request_for_exactly_what_is_left_of_the_week_fits() -> None:
    exactly = (admitted(ANNA), admitted(BRAM, capacity_minutes=90), offered(), asked(minutes=90))
    given(*exactly).when(RESERVE).then(reserved(match_id=COMMAND_ID))


def test_a_match_that_would_exceed_the_helpers_week_is_refused_with_the_numbers() -> None:
    too_much = (admitted(ANNA), admitted(BRAM, capacity_minutes=89), offered(), asked(minutes=90))
    no = given(*too_much).when(RESERVE).refused("no_capacity")
    assert no.facts == {"would_be_minutes": 90, "capacity_minutes": 89}


def test_matches_that_run_count_against_the_helpers_week() -> None:
    second = asked(request_id=NOBODYS, minutes=151)
    no = (
        given(*A_RESERVED_MATCH, second)
        .when(ReserveMatch(request_id=NOBODYS, offer_id=OFFER, too_close=False))
        .refused("no_capacity")
    )
    assert no.facts["would_be_minutes"] == 241


def test_a_helper_who_pauses_is_not_reserved() -> None:
    pause = ParticipantCapacityChanged(participant_id=BRAM, capacity_minutes_week=0)
    given(*AN_OFFER_AND_A_REQUEST, pause).when(RESERVE).refused("no_capacity")


def test_of_two_coordinators_who_confirm_at_once_one_wins() -> None:
    given(*A_RESERVED_MATCH).when(RESERVE).refused("already_matched")


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        ((admitted(ANNA), admitted(BRAM), offered()), "unknown_request"),
        ((*AN_OFFER_AND_A_REQUEST, WITHDRAWN), "withdrawn"),
        (A_CONFIRMED_MATCH, "already_matched"),
        ((*A_CONFIRMED_MATCH, completed()), "already_matched"),
        ((admitted(ANNA), admitted(BRAM), asked()), "unknown_offer"),
        ((*AN_OFFER_AND_A_REQUEST, OfferWithdrawn(offer_id=OFFER)), "withdrawn"),
        ((admitted(ANNA), offered(), asked()), "not_approved"),
        ((admitted(BRAM), offered(), asked()), "not_approved"),
    ],
)
def test_what_is_not_there_or_no_longer_stands_is_not_matched(happened: tuple[Event, ...], code: str) -> None:
    given(*happened).when(RESERVE).refused(code)


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(
            (admitted(ANNA), admitted(BRAM), offered(category="dog"), asked()), id="another category"
        ),
        pytest.param((admitted(ANNA), offered(ANNA), asked()), id="themselves"),
    ],
)
def test_a_helper_who_does_not_fit_is_refused(happened: tuple[Event, ...]) -> None:
    given(*happened).when(RESERVE).refused("does_not_fit")


def test_too_close_is_refused_in_the_same_words_as_any_misfit() -> None:
    close = RESERVE.model_copy(update={"too_close": True})
    misfit = (admitted(ANNA), admitted(BRAM), offered(category="dog"), asked())
    no = given(*AN_OFFER_AND_A_REQUEST).when(close).refused("does_not_fit")
    assert no == given(*misfit).when(RESERVE).refused("does_not_fit")


def test_a_request_that_is_open_again_is_matched_again() -> None:
    given(*A_CONFIRMED_MATCH, fell_through()).when(RESERVE).then(reserved(match_id=COMMAND_ID))


# The hold


def test_a_placed_hold_confirms_the_match() -> None:
    given(*A_RESERVED_MATCH).when(PLACED).then(confirmed())


def test_a_refused_hold_lets_it_fall_through_and_nobody_is_told() -> None:
    given(*A_RESERVED_MATCH).when(REFUSED).then(fell_through("below_floor", told=False))


def test_a_request_withdrawn_in_the_meantime_lets_it_fall_through() -> None:
    given(*A_RESERVED_MATCH, WITHDRAWN).when(PLACED).then(fell_through("withdrawn", told=False))


def test_a_ledger_that_does_not_answer_in_time_lets_it_fall_through() -> None:
    given(*A_RESERVED_MATCH).when(LAPSE).then(fell_through("no_answer", told=False))


def test_a_reservation_has_an_hour_to_be_answered() -> None:
    timer = SCHEDULES[MatchReserved](reserved(), NOW)
    assert timer.due_at == NOW + RESERVATION_LASTS == NOW + timedelta(hours=1)
    assert timer.command == LAPSE
    assert timer.command_id == SCHEDULES[MatchReserved](reserved(), NOW).command_id


def test_a_confirmed_match_does_not_lapse() -> None:
    given(*A_CONFIRMED_MATCH).when(LAPSE).then_nothing()


@pytest.mark.parametrize("command", [PLACED, REFUSED, LAPSE], ids=["placed", "refused", "lapse"])
@pytest.mark.parametrize("happened", [pytest.param(A_CONFIRMED_MATCH, id="confirmed"), *OVER])
def test_an_answer_that_comes_too_late_changes_nothing(happened: tuple[Event, ...], command: Command) -> None:
    given(*happened).when(command).then_nothing()


# Calling it off


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_either_of_the_two_calls_a_confirmed_match_off(who: UUID) -> None:
    given(*A_CONFIRMED_MATCH).when(CancelMatch(match_id=MATCH, member_id=who), by=as_member(who)).then(
        fell_through("cancelled", told=True)
    )


def test_a_coordinator_calls_a_confirmed_match_off() -> None:
    given(*A_CONFIRMED_MATCH).when(CancelMatch(match_id=MATCH)).then(fell_through("cancelled", told=True))


def test_a_match_with_minutes_of_one_side_can_still_be_called_off() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 60)).when(CancelMatch(match_id=MATCH)).then(fell_through())


@pytest.mark.parametrize("happened", [pytest.param(A_RESERVED_MATCH, id="reserved"), *OVER])
def test_only_a_confirmed_match_is_called_off(happened: tuple[Event, ...]) -> None:
    given(*happened).when(CancelMatch(match_id=MATCH)).refused("not_confirmed")


def test_a_hold_for_an_offer_that_was_withdrawn_meanwhile_confirms_nothing() -> None:
    given(*A_RESERVED_MATCH, OfferWithdrawn(offer_id=OFFER)).when(PLACED).then(
        fell_through("withdrawn", told=False)
    )


def test_a_match_that_could_not_be_booked_may_be_called_off_and_frees_everything() -> None:
    given(*UNBOOKED_MATCH).when(CancelMatch(match_id=MATCH)).then(fell_through())


def test_after_minutes_that_could_not_be_booked_both_may_agree_on_others() -> None:
    given(*UNBOOKED_MATCH, said("helper", 30)).when(says(ANNA, 30)).then(said("asker", 30), agreed(30))


def test_others_cannot_call_it_off() -> None:
    before = given(*A_CONFIRMED_MATCH)
    before.when(CancelMatch(match_id=MATCH, member_id=CORA), by=as_member(CORA)).refused("not_yours")
    before.when(CancelMatch(match_id=MATCH), by=as_member(CORA)).refused("not_yours")


# The minutes


@pytest.mark.parametrize(("who", "by"), [(ANNA, "asker"), (BRAM, "helper")])
def test_each_reports_their_own_minutes(who: UUID, by: Literal["helper", "asker"]) -> None:
    given(*A_CONFIRMED_MATCH).when(says(who, 60), by=as_member(who)).then(said(by, 60))


@pytest.mark.parametrize(
    ("first", "second"), [((BRAM, "helper"), (ANNA, "asker")), ((ANNA, "asker"), (BRAM, "helper"))]
)
def test_when_both_report_the_same_they_agree(
    first: tuple[UUID, Literal["helper", "asker"]], second: tuple[UUID, Literal["helper", "asker"]]
) -> None:
    given(*A_CONFIRMED_MATCH, said(first[1], 60)).when(says(second[0], 60)).then(
        said(second[1], 60), agreed()
    )


def test_minutes_that_differ_book_nothing_and_are_told() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 90)).when(says(ANNA, 60)).then(
        said("asker", 60), differed(90, 60)
    )
    given(*A_CONFIRMED_MATCH, said("asker", 60)).when(says(BRAM, 90)).then(
        said("helper", 90), differed(90, 60)
    )


def test_who_reports_again_corrects_their_own_and_they_may_still_agree() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 90), said("asker", 60), differed(90, 60)).when(
        says(BRAM, 60)
    ).then(said("helper", 60), agreed())


def test_the_same_person_twice_is_not_two_people() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 60)).when(says(BRAM, 60)).then(said("helper", 60))


@pytest.mark.parametrize("happened", [pytest.param(A_RESERVED_MATCH, id="reserved"), *OVER])
def test_minutes_are_reported_of_a_confirmed_match_only(happened: tuple[Event, ...]) -> None:
    given(*happened).when(says(BRAM, 60)).refused("not_confirmed")


def test_others_cannot_report_minutes() -> None:
    given(*A_CONFIRMED_MATCH).when(says(CORA, 60), by=as_member(CORA)).refused("not_yours")


# The booking


def test_booked_minutes_complete_the_match_and_free_what_was_reserved() -> None:
    given(*AGREED).when(BOOKED).then(completed(60))


def test_minutes_that_could_not_be_booked_are_for_a_coordinator() -> None:
    given(*AGREED).when(SettleBooking(match_id=MATCH, booked=False)).then(UNBOOKED)


@pytest.mark.parametrize("booked", [True, False])
@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(A_CONFIRMED_MATCH, id="confirmed"),
        pytest.param((*AGREED, completed()), id="completed"),
        pytest.param((*A_CONFIRMED_MATCH, fell_through()), id="cancelled"),
    ],
)
def test_a_booking_is_settled_once(happened: tuple[Event, ...], booked: bool) -> None:
    given(*happened).when(SettleBooking(match_id=MATCH, booked=booked)).then_nothing()


@pytest.mark.parametrize(
    "command",
    [PLACED, LAPSE, BOOKED, CancelMatch(match_id=MATCH), says(BRAM, 60)],
    ids=lambda command: type(command).__name__,
)
def test_a_match_that_nobody_made_is_unknown(command: Command) -> None:
    given().when(command).refused("unknown_match")


# What the ledger's events ask


@pytest.mark.parametrize(
    ("event", "command"),
    [
        (HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90), PLACED),
        (HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="below_floor"), REFUSED),
        (
            CreditTransferred(
                transfer_id=MATCH, from_account_id=ANNA, to_account_id=BRAM, minutes=60, match_id=MATCH
            ),
            BOOKED,
        ),
        (
            TransferRefused(
                transfer_id=MATCH,
                from_account_id=ANNA,
                to_account_id=BRAM,
                minutes=60,
                match_id=MATCH,
                reason="below_floor",
            ),
            SettleBooking(match_id=MATCH, booked=False),
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_the_ledger_says_about_a_match_settles_it(event: Event, command: Command) -> None:
    assert FOLLOWS[type(event)](event) == [command]


def test_a_gift_between_neighbours_concerns_no_match() -> None:
    gift = CreditTransferred(transfer_id=NOBODYS, from_account_id=ANNA, to_account_id=BRAM, minutes=60)
    assert FOLLOWS[CreditTransferred](gift) == []


def test_a_match_is_what_happened_to_it() -> None:
    now = given(*AGREED, completed())
    match = now.now(KIND, MATCH)
    assert (match.status, match.helper_minutes, match.asker_minutes) == ("completed", 60, 60)
    assert match.version == 6
    assert now.now(PARTICIPANT, BRAM).reserved_minutes == 0
    assert given(*A_CONFIRMED_MATCH, fell_through()).now(KIND, MATCH).reason == "cancelled"
