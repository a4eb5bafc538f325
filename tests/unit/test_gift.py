"""Giving to the solidarity pool and out of it; and the region's own accounts."""

from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.ledger import (
    OPENING,
    POOL,
    REGION,
    SUSPENSE,
    GiveToPool,
    SpendFromPool,
    TransferCredit,
)
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from tests.unit.accounts import (
    POOL_OPENED,
    REGION_OPENED,
    SUSPENSE_OPENED,
    TWO_ACCOUNTS,
    closed,
    moved,
    opened,
    saved,
)
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger

given = ledger.given
FULL_POOL = (POOL_OPENED, *saved(600, POOL))


def spends(minutes: int = 60, to: UUID = ANNA) -> SpendFromPool:
    return SpendFromPool(to_account_id=to, minutes=minutes, reason="Even geen tijd om te helpen")


def gives(giver: UUID = ANNA, to: UUID = BRAM, minutes: int = 60) -> TransferCredit:
    return TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes)


# To the pool


def test_the_pool_opens_with_the_first_gift() -> None:
    given(*TWO_ACCOUNTS).when(GiveToPool(from_account_id=ANNA, minutes=60)).then(
        POOL_OPENED, moved(60, "pool", ANNA, POOL)
    )
    given(*TWO_ACCOUNTS, POOL_OPENED).when(GiveToPool(from_account_id=ANNA, minutes=60)).then(
        moved(60, "pool", ANNA, POOL)
    )


def test_what_the_region_gives_stands_against_an_account_of_its_own() -> None:
    outcome = given().when(GiveToPool(minutes=600))
    outcome.then(REGION_OPENED, POOL_OPENED, moved(600, "pool", REGION, POOL))
    after = given(*outcome.events)
    assert [after.now(ACCOUNT, one).balance_minutes for one in (REGION, POOL)] == [-600, 600]


def test_nobody_gives_the_pool_more_than_they_can_spare() -> None:
    given(*TWO_ACCOUNTS).when(GiveToPool(from_account_id=ANNA, minutes=601)).refused("below_floor")


# Out of the pool


def test_a_coordinator_spends_from_the_pool_with_a_reason_that_stays_out_of_the_event() -> None:
    given(*TWO_ACCOUNTS, *FULL_POOL).when(spends()).then(moved(60, "pool", POOL, ANNA))
    (entry,) = spends().vault(COMMAND_ID)
    assert (entry.entity_id, entry.person_id) == (COMMAND_ID, ANNA)


@pytest.mark.parametrize(("happened", "left"), [(FULL_POOL, 600), ((), 0)], ids=["some", "never filled"])
def test_no_more_is_spent_than_the_pool_holds(happened: tuple[Event, ...], left: int) -> None:
    no = given(*TWO_ACCOUNTS, *happened).when(spends(601)).refused("pool_too_low")
    assert no.facts == {"left_minutes": left}


def test_the_pool_gives_nobody_more_than_their_ceiling() -> None:
    given(opened(ANNA, ceiling=30), *FULL_POOL).when(spends()).refused("above_ceiling")


# Whose accounts


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(gives(to=CORA), id="to"),
        pytest.param(gives(giver=CORA), id="from"),
        pytest.param(GiveToPool(from_account_id=CORA, minutes=60), id="to the pool"),
        pytest.param(spends(to=CORA), id="from the pool"),
    ],
)
def test_nothing_is_booked_on_a_closed_account(command: TransferCredit) -> None:
    given(*TWO_ACCOUNTS, opened(CORA), closed(CORA), *FULL_POOL).when(command).refused("account_closed")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(gives(giver=POOL), id="from the pool, without a reason"),
        pytest.param(gives(to=POOL), id="to the pool"),
        pytest.param(GiveToPool(from_account_id=POOL, minutes=60), id="the pool to itself"),
        pytest.param(spends(to=OPENING), id="the pool to the books"),
        pytest.param(gives(giver=OPENING), id="from the books"),
    ],
)
def test_the_regions_own_accounts_are_no_givers_and_takers(command: TransferCredit) -> None:
    books = opened(OPENING, -1_000_000_000, kind="opening")
    given(*TWO_ACCOUNTS, *FULL_POOL, books).when(command).refused("regions_account")


# Suspense


IN_SUSPENSE = (SUSPENSE_OPENED, *saved(60, SUSPENSE))
OWED_BY_SUSPENSE = (SUSPENSE_OPENED, opened(CORA), moved(60, "reversal", SUSPENSE, CORA, id=MATCH))


def test_a_coordinator_hands_out_what_is_in_suspense() -> None:
    given(*TWO_ACCOUNTS, *IN_SUSPENSE).when(gives(giver=SUSPENSE)).then(moved(60, "gift", SUSPENSE, BRAM))
    to_pool = GiveToPool(from_account_id=SUSPENSE, minutes=60)
    given(*FULL_POOL, *IN_SUSPENSE).when(to_pool).then(moved(60, "pool", SUSPENSE, POOL))


@pytest.mark.parametrize(("happened", "left"), [(IN_SUSPENSE, 60), (OWED_BY_SUSPENSE, 0)])
def test_no_more_is_handed_out_than_is_in_suspense(happened: tuple[Event, ...], left: int) -> None:
    no = given(*TWO_ACCOUNTS, *happened).when(gives(giver=SUSPENSE, minutes=61)).refused("below_floor")
    assert no.facts == {"left_minutes": left}


def test_the_pool_makes_up_what_suspense_owes() -> None:
    given(*FULL_POOL, *OWED_BY_SUSPENSE).when(spends(to=SUSPENSE)).then(moved(60, "pool", POOL, SUSPENSE))
