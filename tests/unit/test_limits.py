"""How far an account goes down and up, and who hears of it before."""

from typing import Literal
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.ledger import (
    POOL,
    REGION,
    BalanceNoted,
    ChangeLimits,
    GiveToPool,
    HoldPlaced,
    HoldRefused,
    LimitsChanged,
    TransferCredit,
)
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from tests.unit.accounts import (
    POOL_OPENED,
    REGION_OPENED,
    TWO_ACCOUNTS,
    book,
    booked,
    closed,
    hold,
    moved,
    opened,
    saved,
)
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger

given = ledger.given


def limits(floor: int = -600, ceiling: int | None = None) -> ChangeLimits:
    return ChangeLimits(account_id=ANNA, floor_minutes=floor, ceiling_minutes=ceiling)


def changed(floor: int = -600, ceiling: int | None = None) -> LimitsChanged:
    return LimitsChanged(account_id=ANNA, floor_minutes=floor, ceiling_minutes=ceiling)


def noted(who: UUID, which: Literal["saved", "owed"], balance: int) -> BalanceNoted:
    return BalanceNoted(account_id=who, which=which, balance_minutes=balance)


# Changing them


def test_a_coordinator_changes_how_far_an_account_goes() -> None:
    given(*TWO_ACCOUNTS).when(limits(-1200, 3000)).then(changed(-1200, 3000))
    anna = given(*TWO_ACCOUNTS, changed(-1200, 3000)).now(ACCOUNT, ANNA)
    assert (anna.floor_minutes, anna.ceiling_minutes) == (-1200, 3000)


def test_limits_that_are_so_already_change_nothing() -> None:
    given(*TWO_ACCOUNTS).when(limits()).then_nothing()


@pytest.mark.parametrize(("floor", "fits"), [(-90, True), (-89, False)])
def test_a_floor_is_not_raised_above_what_is_available(floor: int, fits: bool) -> None:
    before = given(*TWO_ACCOUNTS, HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90))
    if fits:
        before.when(limits(floor)).then(changed(floor))
    else:
        assert before.when(limits(floor)).refused("already_lower").facts == {"available_minutes": -90}


def test_a_ceiling_may_be_set_below_what_someone_has() -> None:
    given(opened(ANNA), *saved(500, ANNA)).when(limits(ceiling=300)).then(changed(ceiling=300))


@pytest.mark.parametrize(
    ("happened", "account_id", "code"),
    [
        pytest.param((), ANNA, "no_account", id="none"),
        pytest.param((opened(ANNA), closed(ANNA)), ANNA, "account_closed", id="closed"),
        pytest.param((POOL_OPENED,), POOL, "regions_account", id="the pool"),
    ],
)
def test_only_limits_of_who_takes_part_are_changed(
    happened: tuple[Event, ...], account_id: UUID, code: str
) -> None:
    given(*happened).when(ChangeLimits(account_id=account_id, floor_minutes=-60)).refused(code)


# The floor


@pytest.mark.parametrize(("minutes", "held"), [(100, True), (101, False)])
def test_an_initiative_may_be_stricter_than_the_account(minutes: int, held: bool) -> None:
    (outcome,) = given(*TWO_ACCOUNTS).when(hold(minutes, floor_minutes=-100)).events
    assert isinstance(outcome, HoldPlaced if held else HoldRefused)


@pytest.mark.parametrize(("minutes", "held"), [(600, True), (601, False)])
def test_an_initiative_is_never_wider_than_the_account(minutes: int, held: bool) -> None:
    (outcome,) = given(*TWO_ACCOUNTS).when(hold(minutes, floor_minutes=-6000)).events
    assert isinstance(outcome, HoldPlaced if held else HoldRefused)


# The ceiling


@pytest.mark.parametrize(("minutes", "fits"), [(100, True), (101, False)])
def test_a_gift_beyond_the_ceiling_is_refused(minutes: int, fits: bool) -> None:
    gift = TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=minutes)
    outcome = given(opened(ANNA), opened(BRAM, ceiling=100)).when(gift)
    if fits:
        outcome.then(moved(minutes, "gift"))
    else:
        # What a neighbour has saved is nobody else's business.
        assert outcome.refused("above_ceiling").facts == {}


PLACED = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90)


def test_what_a_helper_has_no_room_for_goes_to_the_pool() -> None:
    outcome = given(opened(ANNA), opened(BRAM, ceiling=40), PLACED).when(book(60))
    match, pool, beyond = outcome.events
    assert (match, pool) == (
        moved(40, "match", hold_minutes=90, match_id=MATCH),
        POOL_OPENED,
    )
    assert beyond == moved(20, "ceiling", ANNA, POOL, id=beyond.entity_id, match_id=MATCH, payee_id=BRAM)
    assert beyond.entity_id != COMMAND_ID


def test_a_helper_at_the_ceiling_gives_all_of_it_to_the_pool() -> None:
    full = (opened(ANNA), opened(BRAM, ceiling=40), *saved(40), PLACED)
    given(*full).when(book(60)).then(
        POOL_OPENED, moved(60, "ceiling", ANNA, POOL, hold_minutes=90, match_id=MATCH, payee_id=BRAM)
    )
    after = given(*full, *given(*full).when(book(60)).events)
    assert after.now(ACCOUNT, ANNA).held_minutes == 0
    assert after.now(ACCOUNT, POOL).balance_minutes == 60


def test_a_ceiling_below_the_balance_takes_nothing_away() -> None:
    full = (opened(ANNA), opened(BRAM), *saved(400))
    lower = LimitsChanged(account_id=BRAM, floor_minutes=-600, ceiling_minutes=100)
    (opens, beyond) = given(*full, lower).when(book(60)).events
    assert (opens, beyond) == (POOL_OPENED, moved(60, "ceiling", ANNA, POOL, match_id=MATCH, payee_id=BRAM))


# Soft limits


def test_much_saved_is_noted_once() -> None:
    before = (opened(ANNA), opened(BRAM), *saved(1180))
    given(*before).when(book(20)).then(booked(20, 0))
    given(*before).when(book(30)).then(booked(30, 0), noted(BRAM, "saved", 1210))
    again = given(*before, moved(30, "match", id=CORA), noted(BRAM, "saved", 1210))
    again.when(book(30)).then(booked(30, 0))


def test_much_owed_is_noted_once_and_again_after_it_was_back() -> None:
    owes = (*TWO_ACCOUNTS, moved(310, "match", id=CORA), noted(ANNA, "owed", -310))
    given(*owes).when(book(60)).then(booked(60, 0))
    back = moved(10, "gift", BRAM, ANNA, id=MATCH)
    given(*owes, back).when(TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=60)).then(
        moved(60, "gift"), noted(ANNA, "owed", -360)
    )


def test_two_halves_of_one_booking_are_noted_together() -> None:
    match, _, beyond, owed = given(opened(ANNA), opened(BRAM, ceiling=200)).when(book(350)).events
    assert (match, owed) == (moved(200, "match", match_id=MATCH), noted(ANNA, "owed", -350))
    assert beyond.entity_id != match.entity_id


def test_the_regions_own_accounts_are_not_noted() -> None:
    given(POOL_OPENED).when(GiveToPool(minutes=5000)).then(REGION_OPENED, moved(5000, "pool", REGION, POOL))
