"""Confirming a match: capacity reserved, hours held by the ledger, then both hear; or it falls through."""

from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import MatchReserved, ReserveMatch, SettleHold
from contracts.initiatives import THE_INITIATIVE, InitiativeClosed, InitiativeStarted
from contracts.ledger import (
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    HoldPlaced,
    HoldRefused,
    TransferRefused,
)
from contracts.policy import PRESETS, Policy
from services.exchange.handlers import FOLLOWS
from services.kernel.testing import COMMAND_ID
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    ELSEWHERE,
    MATCH,
    OFFER,
    OFFER_WITHDRAWN,
    REQUEST,
    REQUEST_WITHDRAWN,
    admitted,
    asked,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    offered,
    policy,
    reserved,
)

given = exchange.given

CIRCLE, NOBODYS = UUID(int=0x3F), UUID(int=0xFF)
RESERVE = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
PLACED = SettleHold(match_id=MATCH, placed=True)
REFUSED = SettleHold(match_id=MATCH, placed=False)


def test_a_coordinator_reserves_a_helper_for_a_request() -> None:
    given(*AN_OFFER_AND_A_REQUEST).when(RESERVE).then(reserved(match_id=COMMAND_ID))


def test_what_the_ledger_needs_to_know_of_the_rules_goes_with_the_match() -> None:
    rules = policy(compensation="euro", floor_minutes=-60)
    (event,) = given(rules, *AN_OFFER_AND_A_REQUEST).when(RESERVE).events
    assert isinstance(event, MatchReserved)
    assert (event.compensation, event.floor_minutes, event.by) == ("euro", -60, "coordinator-1")
    assert event.initiative_id == THE_INITIATIVE


def test_of_two_coordinators_who_confirm_at_once_one_wins() -> None:
    given(*A_RESERVED_MATCH).when(RESERVE).refused("already_matched")


def test_a_coordinator_confirms_nothing_outside_their_areas() -> None:
    no = given(*AN_OFFER_AND_A_REQUEST).when(RESERVE, by=ELSEWHERE).refused("other_area")
    assert no.facts == {"pc4": "3512"}
    here = ELSEWHERE.model_copy(update={"areas": ("1012", "3512")})
    assert given(*AN_OFFER_AND_A_REQUEST).when(RESERVE, by=here).events


def test_the_area_of_a_match_is_that_of_the_asker() -> None:
    far = but(admitted(BRAM), pc4="1012"), but(offered(), pc4="1012")
    given(admitted(ANNA), *far, asked()).when(RESERVE, by=ELSEWHERE).refused("other_area")
    near = ELSEWHERE.model_copy(update={"areas": ("3512",)})
    assert given(admitted(ANNA), *far, asked()).when(RESERVE, by=near).events


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        ((admitted(ANNA), admitted(BRAM), offered()), "unknown_request"),
        ((*AN_OFFER_AND_A_REQUEST, REQUEST_WITHDRAWN), "withdrawn"),
        ((*AN_OFFER_AND_A_REQUEST[:3], but(asked(), draft=True)), "draft"),
        (A_CONFIRMED_MATCH, "already_matched"),
        ((*A_CONFIRMED_MATCH, completed()), "already_matched"),
        ((admitted(ANNA), admitted(BRAM), asked()), "unknown_offer"),
        ((*AN_OFFER_AND_A_REQUEST, OFFER_WITHDRAWN), "withdrawn"),
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
        pytest.param(
            (admitted(ANNA), admitted(BRAM), but(offered(), initiative_id=CIRCLE), asked()),
            id="another initiative",
        ),
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


def test_nothing_is_matched_in_an_initiative_that_has_ended() -> None:
    closed = InitiativeClosed(initiative_id=THE_INITIATIVE)
    given(policy(), *AN_OFFER_AND_A_REQUEST, closed).when(RESERVE).refused("initiative_closed")


def test_the_rules_of_the_moment_of_confirming_hold() -> None:
    circle = InitiativeStarted(initiative_id=CIRCLE, preset="ruilkring", policy=PRESETS["ruilkring"])
    both = but(offered(), initiative_id=CIRCLE), but(asked(), initiative_id=CIRCLE)
    happened = (admitted(ANNA), admitted(BRAM), circle, policy(compensation="euro"), *both)
    (event,) = given(*happened).when(RESERVE).events
    assert isinstance(event, MatchReserved)
    assert (event.initiative_id, event.compensation) == (CIRCLE, "credits")
    assert event.floor_minutes == Policy().floor_minutes


# The hold


def test_a_placed_hold_confirms_the_match() -> None:
    given(*A_RESERVED_MATCH).when(PLACED).then(confirmed())


def test_a_refused_hold_lets_it_fall_through_and_nobody_is_told() -> None:
    given(*A_RESERVED_MATCH).when(REFUSED).then(fell_through("below_floor", told=False))


def test_a_cap_that_is_reached_is_the_reason_that_is_kept() -> None:
    capped = REFUSED.model_copy(update={"reason": "compensation_cap"})
    given(*A_RESERVED_MATCH).when(capped).then(fell_through("compensation_cap", told=False))


def test_a_request_withdrawn_in_the_meantime_lets_it_fall_through() -> None:
    given(*A_RESERVED_MATCH, REQUEST_WITHDRAWN).when(PLACED).then(fell_through("withdrawn", told=False))


def test_a_hold_for_an_offer_that_was_withdrawn_meanwhile_confirms_nothing() -> None:
    given(*A_RESERVED_MATCH, OFFER_WITHDRAWN).when(PLACED).then(fell_through("offer_withdrawn", told=False))


@pytest.mark.parametrize("command", [PLACED, REFUSED], ids=["placed", "refused"])
@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(A_CONFIRMED_MATCH, id="confirmed"),
        pytest.param((*A_RESERVED_MATCH, fell_through("no_answer", told=False)), id="fell_through"),
        pytest.param((*A_CONFIRMED_MATCH, completed()), id="completed"),
    ],
)
def test_an_answer_that_comes_too_late_changes_nothing(happened: tuple[Event, ...], command: Command) -> None:
    given(*happened).when(command).then_nothing()


def test_a_hold_for_a_match_that_nobody_made_is_unknown() -> None:
    given().when(PLACED).refused("unknown_match")


# What the ledger's events ask

PLACED_HOLD = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90)
REFUSED_HOLD = HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="below_floor")


@pytest.mark.parametrize(
    ("event", "command"),
    [
        (PLACED_HOLD, PLACED),
        (REFUSED_HOLD, REFUSED),
        (but(REFUSED_HOLD, reason="no_account"), REFUSED),
        (
            but(REFUSED_HOLD, reason="compensation_cap"),
            REFUSED.model_copy(update={"reason": "compensation_cap"}),
        ),
    ],
)
def test_what_the_ledger_says_about_a_hold_settles_it(event: Event, command: Command) -> None:
    assert FOLLOWS[type(event)](event) == [command]


BETWEEN = {"transfer_id": MATCH, "match_id": MATCH, "minutes": 60}
ACCOUNTS = {"from_account_id": ANNA, "to_account_id": BRAM}
PEOPLE = {"helper_id": BRAM, "asker_id": ANNA}


@pytest.mark.parametrize(
    ("event", "booked"),
    [
        (CreditTransferred.model_validate({**BETWEEN, **ACCOUNTS}), True),
        (HelpRecorded.model_validate({**BETWEEN, **PEOPLE}), True),
        (CompensationBooked.model_validate({**BETWEEN, **PEOPLE, "cents": 560, "month": "2026-11"}), True),
        (TransferRefused.model_validate({**BETWEEN, **ACCOUNTS, "reason": "below_floor"}), False),
    ],
    ids=lambda one: type(one).__name__,
)
def test_however_a_match_is_compensated_its_booking_is_settled(event: Event, booked: bool) -> None:
    (command,) = FOLLOWS[type(event)](event)
    assert command.model_dump() == {"match_id": MATCH, "booked": booked}


def test_a_gift_between_neighbours_concerns_no_match() -> None:
    gift = CreditTransferred(transfer_id=NOBODYS, from_account_id=ANNA, to_account_id=BRAM, minutes=60)
    assert FOLLOWS[CreditTransferred](gift) == []
