"""The ledger: accounts, holds and transfers in whole minutes."""

from uuid import UUID

import pytest

from contracts.exchange import MatchFellThrough, MatchReserved, MinutesAgreed
from contracts.ledger import (
    AccountOpened,
    BalanceNoted,
    CreditTransferred,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    OpenAccount,
    ReleaseHold,
    TransferCredit,
)
from contracts.participants import ParticipantAdmitted
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from services.ledger.hold import HOLD
from services.ledger.transfer import TRANSFER
from tests.unit.accounts import TWO_ACCOUNTS, book, booked, hold, not_booked, opened
from tests.unit.neighbours import (
    ANNA,
    BRAM,
    CORA,
    MATCH,
    REGION,
    TOMORROW,
    agreed,
    fell_through,
    ledger,
    reserved,
)

given = ledger.given
follows = ledger.service.follows

PLACED = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90)
RELEASED = HoldReleased(hold_id=MATCH, account_id=ANNA, minutes=90)


def gives(minutes: int, *, giver: UUID = ANNA, to: UUID = BRAM) -> TransferCredit:
    return TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes)


def given_away(minutes: int) -> CreditTransferred:
    return CreditTransferred(
        transfer_id=COMMAND_ID, from_account_id=ANNA, to_account_id=BRAM, minutes=minutes, kind="gift"
    )


# Accounts


def test_an_approved_member_has_an_account_with_the_regions_floor() -> None:
    admitted = ParticipantAdmitted(participant_id=ANNA, number=1001, pc4="3512", capacity_minutes_week=0)
    (command,) = follows[ParticipantAdmitted](admitted)
    assert command == OpenAccount(account_id=ANNA, floor_minutes=REGION.ledger.floor_minutes)
    given().when(command).then(opened(ANNA))


def test_a_household_has_an_account_of_its_kind() -> None:
    admitted = ParticipantAdmitted(
        participant_id=CORA, number=1002, pc4="3512", capacity_minutes_week=0, kind="household"
    )
    (command,) = follows[ParticipantAdmitted](admitted)
    given().when(command).then(AccountOpened(account_id=CORA, floor_minutes=-600, kind="household"))


def test_an_account_begins_at_nothing() -> None:
    anna = given(opened(ANNA)).now(ACCOUNT, ANNA)
    assert (anna.balance_minutes, anna.held_minutes, anna.available_minutes) == (0, 0, 0)


# Holds


def test_a_reserved_match_asks_to_hold_the_askers_minutes() -> None:
    assert follows[MatchReserved](reserved()) == [hold(90, at=TOMORROW)]


def test_minutes_that_can_be_spared_are_held() -> None:
    before = given(*TWO_ACCOUNTS)
    before.when(hold()).then(PLACED)
    anna = given(*TWO_ACCOUNTS, PLACED).now(ACCOUNT, ANNA)
    assert (anna.balance_minutes, anna.held_minutes, anna.available_minutes) == (0, 90, -90)


@pytest.mark.parametrize(("minutes", "held"), [(600, True), (601, False)])
def test_an_account_is_held_down_to_its_floor_and_no_further(minutes: int, held: bool) -> None:
    placed = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=minutes)
    refused = HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=minutes, reason="below_floor")
    given(*TWO_ACCOUNTS).when(hold(minutes)).then(placed if held else refused)


def test_what_is_held_already_counts() -> None:
    other = HoldPlaced(hold_id=CORA, account_id=ANNA, minutes=511)
    given(*TWO_ACCOUNTS, other).when(hold(90)).then(
        HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="below_floor")
    )


def test_without_an_account_nothing_is_held_and_that_is_an_answer_too() -> None:
    given().when(hold()).then(HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="no_account"))


def test_a_match_that_fell_through_asks_to_release_its_hold() -> None:
    assert follows[MatchFellThrough](fell_through()) == [ReleaseHold(hold_id=MATCH)]
    given(*TWO_ACCOUNTS, PLACED).when(ReleaseHold(hold_id=MATCH)).then(RELEASED)
    assert given(*TWO_ACCOUNTS, PLACED, RELEASED).now(ACCOUNT, ANNA).held_minutes == 0


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param((), id="never placed"),
        pytest.param((PLACED, RELEASED), id="released"),
        pytest.param((PLACED, booked(60, 90)), id="posted"),
        pytest.param(
            (HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="below_floor"),), id="refused"
        ),
    ],
)
def test_a_hold_is_released_once_and_only_if_it_was_held(happened: tuple[HoldPlaced, ...]) -> None:
    given(*TWO_ACCOUNTS, *happened).when(ReleaseHold(hold_id=MATCH)).then_nothing()


# Booking a match


def test_agreed_minutes_ask_to_be_booked_from_asker_to_helper() -> None:
    assert follows[MinutesAgreed](agreed(60)) == [book(60, at=TOMORROW)]


@pytest.mark.parametrize("minutes", [30, 90, 120], ids=["less", "as held", "more"])
def test_agreed_minutes_are_booked_out_of_the_hold_and_all_of_it_is_free(minutes: int) -> None:
    given(*TWO_ACCOUNTS, PLACED).when(book(minutes)).then(booked(minutes, 90))
    after = given(*TWO_ACCOUNTS, PLACED, booked(minutes, 90))
    anna, bram = after.now(ACCOUNT, ANNA), after.now(ACCOUNT, BRAM)
    assert (anna.balance_minutes, anna.held_minutes, bram.balance_minutes) == (-minutes, 0, minutes)
    assert after.now(HOLD, MATCH).status == "posted"
    assert after.now(TRANSFER, COMMAND_ID).status == "posted"


@pytest.mark.parametrize(("minutes", "fits"), [(600, True), (601, False)])
def test_more_than_was_held_is_booked_down_to_the_floor_and_no_further(minutes: int, fits: bool) -> None:
    outcome = given(*TWO_ACCOUNTS, PLACED).when(book(minutes))
    if fits:
        assert outcome.events[0] == booked(minutes, 90)
    else:
        outcome.then(not_booked(minutes, "below_floor"))


def test_as_much_as_was_held_is_booked_also_at_the_floor() -> None:
    all_of_it = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=600)
    given(*TWO_ACCOUNTS, all_of_it).when(book(600)).then(
        booked(600, 600), BalanceNoted(account_id=ANNA, which="owed", balance_minutes=-600)
    )


@pytest.mark.parametrize("hold_before", [(), (PLACED, RELEASED)], ids=["no hold", "released"])
def test_minutes_without_a_hold_are_booked_if_they_can_be_spared(hold_before: tuple[HoldPlaced, ...]) -> None:
    given(*TWO_ACCOUNTS, *hold_before).when(book(60)).then(booked(60, 0))


@pytest.mark.parametrize("account", [ANNA, BRAM], ids=["no payee", "no payer"])
def test_without_both_accounts_nothing_is_booked_and_that_is_an_answer_too(account: UUID) -> None:
    given(opened(account)).when(book(60)).then(not_booked(60, "no_account"))


def test_a_refused_booking_leaves_everything_as_it_was() -> None:
    after = given(*TWO_ACCOUNTS, PLACED, not_booked(700, "below_floor"))
    assert after.now(ACCOUNT, ANNA).held_minutes == 90
    assert after.now(HOLD, MATCH).status == "held"
    assert after.now(TRANSFER, COMMAND_ID).status == "refused"


@pytest.mark.parametrize("hold_before", [(), (PLACED,)], ids=["no hold", "out of a hold"])
def test_a_match_is_booked_once(hold_before: tuple[HoldPlaced, ...]) -> None:
    before = booked(60, 90 if hold_before else 0)
    given(*TWO_ACCOUNTS, *hold_before, before).when(book(60), id=CORA).then_nothing()


def test_a_transfer_has_an_id_of_its_own_because_the_match_is_the_holds() -> None:
    (transfer,) = given(*TWO_ACCOUNTS, PLACED).when(book(60)).events
    assert transfer.entity_id == COMMAND_ID != PLACED.entity_id


# Giving


def test_someone_gives_minutes_to_a_neighbour() -> None:
    given(*TWO_ACCOUNTS).when(gives(60)).then(given_away(60))
    after = given(*TWO_ACCOUNTS, given_away(60))
    assert after.now(ACCOUNT, ANNA).balance_minutes == -60
    assert after.now(ACCOUNT, BRAM).balance_minutes == 60


def test_nobody_gives_more_than_can_be_spared_and_hears_how_much_that_is() -> None:
    assert given(*TWO_ACCOUNTS, PLACED).when(gives(510)).events[0] == given_away(510)
    no = given(*TWO_ACCOUNTS, PLACED).when(gives(511)).refused("below_floor")
    assert no.facts == {"left_minutes": 510}
    assert "510" in no.nl


def test_nobody_gives_to_themselves() -> None:
    given(*TWO_ACCOUNTS).when(gives(60, to=ANNA)).refused("same_account")


@pytest.mark.parametrize("account", [ANNA, BRAM], ids=["no payee", "no payer"])
def test_minutes_go_between_accounts_that_are_there(account: UUID) -> None:
    given(opened(account)).when(gives(60)).refused("no_account")
