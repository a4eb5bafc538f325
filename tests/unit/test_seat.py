"""Who shares a household's account: pays from it, receives on it, and leaves it behind."""

from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.ledger import (
    POOL,
    CreditTransferred,
    GiveToPool,
    HelpRecorded,
    HoldPlaced,
    HoldReleased,
    SpendFromPool,
    TransferCredit,
)
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from services.ledger.seat import SEAT
from tests.unit.accounts import (
    POOL_OPENED,
    TWO_ACCOUNTS,
    book,
    closed,
    hold,
    moved,
    opened,
    saved,
)
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger

given = ledger.given
HOME = CORA
HOUSEHOLD = opened(HOME, kind="household")


def joined(*, shares_balance: bool = True, household: UUID = HOME) -> HouseholdJoined:
    return HouseholdJoined(
        member_id=ANNA, household_id=household, shares_balance=shares_balance, may_act=False
    )


BRAM_JOINED = HouseholdJoined(member_id=BRAM, household_id=HOME, shares_balance=True, may_act=False)
LEFT = HouseholdLeft(member_id=ANNA, household_id=HOME)
SHARED = (*TWO_ACCOUNTS, HOUSEHOLD, joined())
HOME_PLACED = HoldPlaced(hold_id=MATCH, account_id=HOME, minutes=90)


def gives(minutes: int = 60) -> TransferCredit:
    return TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=minutes)


def test_who_shares_pays_from_the_households_account_and_the_entry_says_who_it_was() -> None:
    given(*SHARED).when(gives()).then(moved(60, "gift", HOME, BRAM, payer_id=ANNA))


def test_who_shares_receives_on_the_households_account() -> None:
    back = TransferCredit(from_account_id=BRAM, to_account_id=ANNA, minutes=60)
    given(*SHARED).when(back).then(moved(60, "gift", BRAM, HOME, payee_id=ANNA))


def test_who_belongs_without_sharing_uses_their_own() -> None:
    given(*TWO_ACCOUNTS, HOUSEHOLD, joined(shares_balance=False)).when(gives()).then(moved(60, "gift"))


def test_who_left_uses_their_own_again_and_the_household_keeps_its_balance() -> None:
    after = given(*SHARED, moved(60, "gift", HOME, BRAM, id=MATCH, payer_id=ANNA), LEFT)
    after.when(gives()).then(moved(60, "gift"))
    assert after.now(ACCOUNT, HOME).balance_minutes == -60
    assert after.now(ACCOUNT, ANNA).balance_minutes == 0


def test_leaving_another_household_changes_nothing() -> None:
    elsewhere = HouseholdLeft(member_id=ANNA, household_id=MATCH)
    assert given(*SHARED, elsewhere).now(SEAT, ANNA).household_id == HOME


def test_belonging_to_an_organisation_too_without_sharing_changes_nothing() -> None:
    also = joined(shares_balance=False, household=MATCH)
    assert given(*SHARED, also).now(SEAT, ANNA).household_id == HOME


def test_no_longer_sharing_ends_it() -> None:
    assert given(*SHARED, joined(shares_balance=False)).now(SEAT, ANNA).household_id is None


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param((joined(), *TWO_ACCOUNTS, HOUSEHOLD), id="members first"),
        pytest.param((HOUSEHOLD, *TWO_ACCOUNTS, joined()), id="exchange first"),
        pytest.param((opened(ANNA), joined(), HOUSEHOLD, opened(BRAM)), id="mixed"),
    ],
)
def test_it_does_not_matter_which_service_was_followed_first(happened: tuple[Event, ...]) -> None:
    given(*happened).when(gives()).then(moved(60, "gift", HOME, BRAM, payer_id=ANNA))


@pytest.mark.parametrize(
    "household", [(), (HOUSEHOLD, closed(HOME))], ids=["not admitted yet", "has left itself"]
)
def test_while_the_household_has_no_open_account_its_members_use_their_own(
    household: tuple[Event, ...],
) -> None:
    given(*TWO_ACCOUNTS, *household, joined()).when(gives()).then(moved(60, "gift"))


def test_those_who_share_one_account_need_not_give_each_other_anything() -> None:
    given(*SHARED, BRAM_JOINED).when(gives()).refused("shared_account")


def test_gifts_to_the_pool_and_out_of_it_are_the_households_too() -> None:
    rich = (*SHARED, POOL_OPENED, *saved(600, POOL))
    given(*rich).when(GiveToPool(from_account_id=ANNA, minutes=60)).then(
        moved(60, "pool", HOME, POOL, payer_id=ANNA)
    )
    given(*rich).when(SpendFromPool(to_account_id=ANNA, minutes=60, reason="Verhuizing")).then(
        moved(60, "pool", POOL, HOME, payee_id=ANNA)
    )


# Matches


def test_the_households_minutes_are_held_and_booked() -> None:
    given(*SHARED).when(hold()).then(HOME_PLACED)
    given(*SHARED, HOME_PLACED).when(book(60)).then(
        moved(60, "match", HOME, BRAM, hold_minutes=90, match_id=MATCH, payer_id=ANNA)
    )


@pytest.mark.parametrize("moves", [LEFT, joined(household=BRAM)], ids=["left", "another household"])
def test_a_match_is_paid_by_the_account_it_was_held_on(moves: Event) -> None:
    given(*SHARED, HOME_PLACED, moves).when(book(60)).then(
        moved(60, "match", HOME, BRAM, hold_minutes=90, match_id=MATCH, payer_id=ANNA)
    )


def test_a_match_held_before_they_shared_is_paid_by_themselves() -> None:
    own = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90)
    (booked,) = given(*TWO_ACCOUNTS, HOUSEHOLD, own, joined()).when(book(60)).events
    assert isinstance(booked, CreditTransferred)
    assert (booked.from_account_id, booked.payer_id) == (ANNA, None)


def test_help_within_a_household_moves_no_hours_and_frees_what_was_held() -> None:
    recorded = HelpRecorded(transfer_id=COMMAND_ID, match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)
    before = given(*SHARED, BRAM_JOINED, HOME_PLACED)
    before.when(book(60)).then(HoldReleased(hold_id=MATCH, account_id=HOME, minutes=90), recorded)
