"""A balance that comes from another system, and one that is settled when someone leaves."""

from uuid import UUID

import pytest

from contracts.common import Settle
from contracts.envelope import Event
from contracts.households import HouseholdJoined
from contracts.ledger import (
    OPENING,
    POOL,
    SUSPENSE,
    WRITTEN_OFF,
    BringBalance,
    CreditTransferred,
    HelpRecorded,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    LimitsChanged,
    ReleaseHold,
    SettleAccount,
)
from contracts.participants import ParticipantLeft
from services.exchange.handlers import FOLLOWS
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from tests.unit.accounts import (
    POOL_OPENED,
    SUSPENSE_OPENED,
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
BOTTOMLESS = -1_000_000_000
OPENING_OPENED = opened(OPENING, BOTTOMLESS, kind="opening")
WRITTEN_OFF_OPENED = opened(WRITTEN_OFF, BOTTOMLESS, kind="written_off")


def leaves(settle: Settle = "pool", beneficiary_id: UUID | None = None) -> SettleAccount:
    return SettleAccount(account_id=ANNA, settle=settle, beneficiary_id=beneficiary_id)


def settled(minutes: int, payer: UUID, payee: UUID, id: UUID = COMMAND_ID) -> CreditTransferred:
    return moved(minutes, "settlement", payer, payee, id=id)


ANNA_SAVED = (*TWO_ACCOUNTS, *saved(90, ANNA))
ANNA_OWES = (*TWO_ACCOUNTS, moved(90, "match", id=CORA))


# Leaving


def test_who_left_exchange_is_settled() -> None:
    left = ParticipantLeft(participant_id=ANNA, settle="beneficiary", beneficiary_id=BRAM)
    assert ledger.service.follows[ParticipantLeft](left) == [leaves("beneficiary", BRAM)]


def test_an_account_at_zero_closes() -> None:
    given(*TWO_ACCOUNTS).when(leaves()).then(closed(ANNA))
    assert given(*TWO_ACCOUNTS, closed(ANNA)).now(ACCOUNT, ANNA).closed


def test_what_was_saved_goes_to_the_pool() -> None:
    given(*ANNA_SAVED).when(leaves()).then(POOL_OPENED, settled(90, ANNA, POOL), closed(ANNA))


def test_what_was_saved_goes_to_whom_they_named() -> None:
    given(*ANNA_SAVED).when(leaves("beneficiary", BRAM)).then(settled(90, ANNA, BRAM), closed(ANNA))


def test_what_was_saved_is_written_off() -> None:
    given(*ANNA_SAVED).when(leaves("write_off")).then(
        WRITTEN_OFF_OPENED, settled(90, ANNA, WRITTEN_OFF), closed(ANNA)
    )


@pytest.mark.parametrize(
    ("happened", "beneficiary"),
    [
        pytest.param((closed(BRAM),), BRAM, id="has left too"),
        pytest.param((), CORA, id="has no account"),
        pytest.param((), ANNA, id="are themselves"),
        pytest.param((), None, id="was not named"),
        pytest.param((SUSPENSE_OPENED,), SUSPENSE, id="is the region"),
    ],
)
def test_the_pool_receives_for_a_beneficiary_who_cannot(
    happened: tuple[Event, ...], beneficiary: UUID | None
) -> None:
    given(*ANNA_SAVED, *happened).when(leaves("beneficiary", beneficiary)).then(
        POOL_OPENED, settled(90, ANNA, POOL), closed(ANNA)
    )


def test_the_pool_receives_what_a_beneficiary_has_no_room_for() -> None:
    before = given(opened(ANNA), opened(BRAM, ceiling=60), *saved(90, ANNA))
    to_bram, opens, to_pool, closes = before.when(leaves("beneficiary", BRAM)).events
    assert (to_bram, opens, closes) == (settled(60, ANNA, BRAM), POOL_OPENED, closed(ANNA))
    assert to_pool == settled(30, ANNA, POOL, id=to_pool.entity_id)


def test_a_beneficiary_who_shares_receives_on_the_households_account() -> None:
    joined = HouseholdJoined(member_id=BRAM, household_id=CORA, shares_balance=True, may_act=False)
    given(*ANNA_SAVED, opened(CORA), joined).when(leaves("beneficiary", BRAM)).then(
        moved(90, "settlement", ANNA, CORA, payee_id=BRAM), closed(ANNA)
    )


@pytest.mark.parametrize("settle", ["pool", "beneficiary"])
def test_what_is_owed_comes_from_the_pool_as_far_as_it_reaches(settle: Settle) -> None:
    pool = (POOL_OPENED, *saved(50, POOL))
    before = given(*ANNA_OWES, *pool)
    from_pool, opens, rest, closes = before.when(leaves(settle, BRAM)).events
    assert (from_pool, opens, closes) == (settled(50, POOL, ANNA), WRITTEN_OFF_OPENED, closed(ANNA))
    assert rest == settled(40, WRITTEN_OFF, ANNA, id=rest.entity_id)


def test_what_is_owed_is_written_off_where_that_was_chosen() -> None:
    given(*ANNA_OWES, POOL_OPENED, *saved(500, POOL)).when(leaves("write_off")).then(
        WRITTEN_OFF_OPENED, settled(90, WRITTEN_OFF, ANNA), closed(ANNA)
    )


HELD = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=60)
KEPT = moved(60, "settlement", ANNA, SUSPENSE, hold_minutes=60, match_id=MATCH)


def test_what_is_held_for_help_that_goes_on_is_kept_for_it_and_the_rest_is_settled() -> None:
    # A household leaves; those who used its account still take part, and so does their match.
    outcome = given(*ANNA_SAVED, HELD).when(leaves("beneficiary", BRAM))
    opens, kept, rest, closes = outcome.events
    assert (opens, kept, closes) == (SUSPENSE_OPENED, KEPT, closed(ANNA))
    assert rest == settled(30, ANNA, BRAM, id=rest.entity_id)
    after = given(*ANNA_SAVED, HELD, *outcome.events).now(ACCOUNT, ANNA)
    assert (after.balance_minutes, after.held_minutes, after.holds) == (0, 0, ())


def test_what_is_kept_for_a_match_is_not_booked_yet() -> None:
    assert FOLLOWS[CreditTransferred](KEPT) == []
    assert FOLLOWS[CreditTransferred](moved(60, "match", match_id=MATCH)) != []


def test_who_owes_keeps_what_is_held_too() -> None:
    outcome = given(*TWO_ACCOUNTS, HELD, POOL_OPENED, *saved(500, POOL)).when(leaves())
    _, kept, made_up, _ = outcome.events
    assert (kept, made_up) == (KEPT, settled(60, POOL, ANNA, id=made_up.entity_id))


@pytest.mark.parametrize("minutes", [45, 60, 90])
def test_what_was_kept_pays_for_the_help_and_its_asker_is_not_charged(minutes: int) -> None:
    asks = opened(CORA, 0)
    at_home = HouseholdJoined(member_id=CORA, household_id=ANNA, shares_balance=True, may_act=True)
    left: tuple[Event, ...] = (*ANNA_SAVED, asks, at_home, HELD)
    left = (*left, *given(*left).when(leaves()).events)
    books = book(minutes).model_copy(update={"from_account_id": CORA})
    id = UUID(int=0x99)
    given(*left).when(books, id=id).then(
        moved(minutes, "match", SUSPENSE, BRAM, id=id, match_id=MATCH, payer_id=CORA)
    )
    # Once; and where it falls through after all, nothing is held any more.
    booked = moved(minutes, "match", SUSPENSE, BRAM, id=id, match_id=MATCH, payer_id=CORA)
    given(*left, booked).when(books).then_nothing()
    given(*left).when(ReleaseHold(hold_id=MATCH)).then_nothing()


def test_a_helpers_room_under_the_caps_is_released_too() -> None:
    room = {"hold_id": MATCH, "account_id": ANNA, "minutes": 0, "cents": 560, "month": "2026-11"}
    given(*TWO_ACCOUNTS, HoldPlaced.model_validate(room)).when(leaves()).then(
        HoldReleased.model_validate(room), closed(ANNA)
    )


@pytest.mark.parametrize("happened", [(), (opened(ANNA), closed(ANNA))], ids=["none", "closed"])
def test_an_account_is_settled_once(happened: tuple[Event, ...]) -> None:
    given(*happened).when(leaves()).then_nothing()


def test_who_shared_a_households_balance_leaves_it_as_it_is() -> None:
    joined = HouseholdJoined(member_id=ANNA, household_id=CORA, shares_balance=True, may_act=False)
    before = given(*TWO_ACCOUNTS, opened(CORA), joined, *saved(90, CORA))
    before.when(leaves()).then(closed(ANNA))


# What comes after


def test_nothing_is_held_for_who_has_left() -> None:
    given(*TWO_ACCOUNTS, closed(ANNA)).when(hold()).then(
        HoldRefused(hold_id=MATCH, account_id=ANNA, minutes=90, reason="no_account")
    )


def test_a_match_that_still_arrives_is_booked_on_suspense() -> None:
    given(*TWO_ACCOUNTS, closed(BRAM)).when(book(60)).then(
        SUSPENSE_OPENED, moved(60, "match", ANNA, SUSPENSE, match_id=MATCH, payee_id=BRAM)
    )
    given(*TWO_ACCOUNTS, closed(ANNA)).when(book(60)).then(
        SUSPENSE_OPENED, moved(60, "match", SUSPENSE, BRAM, match_id=MATCH, payer_id=ANNA)
    )


def test_suspense_pays_the_pool_too_where_the_helper_has_no_room_and_opens_once() -> None:
    outcome = given(opened(ANNA), closed(ANNA), opened(BRAM, ceiling=40)).when(book(60))
    opens, match, opens_pool, beyond = outcome.events
    assert (opens, opens_pool) == (SUSPENSE_OPENED, POOL_OPENED)
    assert [getattr(one, "from_account_id", None) for one in (match, beyond)] == [SUSPENSE, SUSPENSE]


def test_a_match_between_two_who_left_moves_nothing() -> None:
    given(*TWO_ACCOUNTS, closed(ANNA), closed(BRAM)).when(book(60)).then(
        HelpRecorded(transfer_id=COMMAND_ID, match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)
    )


# Coming from another system


def brings(minutes: int) -> BringBalance:
    return BringBalance(account_id=ANNA, minutes=minutes)


def entry(happened: tuple[Event, ...], minutes: int) -> tuple[Event, ...]:
    return given(*happened).when(brings(minutes)).events


def test_a_balance_is_brought_against_an_account_of_the_regions_own() -> None:
    opens, opening = entry(TWO_ACCOUNTS, 240)
    assert opens == OPENING_OPENED
    assert opening == moved(240, "opening", OPENING, ANNA, id=opening.entity_id)
    opens, owing = entry(TWO_ACCOUNTS, -240)
    assert owing == moved(240, "opening", ANNA, OPENING, id=owing.entity_id)


def test_a_balance_of_nothing_needs_no_entry() -> None:
    assert entry(TWO_ACCOUNTS, 0) == ()


def test_a_balance_is_brought_once_whatever_the_commands_id() -> None:
    before = (*TWO_ACCOUNTS, *entry(TWO_ACCOUNTS, 240))
    given(*before).when(brings(240), id=CORA).refused("already_brought")


def test_a_wrong_one_that_was_undone_is_brought_again() -> None:
    before = (*TWO_ACCOUNTS, *entry(TWO_ACCOUNTS, 240))
    first = before[-1].entity_id
    undone = (*before, moved(240, "reversal", ANNA, OPENING, id=CORA, reverses=first))
    (again,) = entry(undone, 24)
    assert again == moved(24, "opening", OPENING, ANNA, id=again.entity_id)
    given(*undone, again).when(brings(24)).refused("already_brought")


def test_who_owes_more_than_the_floor_gets_a_floor_that_fits() -> None:
    widened, opens, opening, owed = entry(TWO_ACCOUNTS, -700)
    assert widened == LimitsChanged(account_id=ANNA, floor_minutes=-700)
    anna = given(*TWO_ACCOUNTS, widened, opens, opening, owed).now(ACCOUNT, ANNA)
    assert (anna.available_minutes, anna.spare_minutes) == (-700, 0)


def test_who_has_more_than_the_ceiling_gets_a_ceiling_that_fits() -> None:
    widened, _, _ = entry((opened(ANNA, ceiling=60),), 240)
    assert widened == LimitsChanged(account_id=ANNA, floor_minutes=-600, ceiling_minutes=240)


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        pytest.param((), "no_account", id="none"),
        pytest.param((opened(ANNA), closed(ANNA)), "account_closed", id="closed"),
    ],
)
def test_a_balance_comes_onto_an_open_account(happened: tuple[Event, ...], code: str) -> None:
    given(*happened).when(brings(60)).refused(code)


def test_a_balance_does_not_come_onto_the_regions_own_account() -> None:
    given(POOL_OPENED).when(BringBalance(account_id=POOL, minutes=60)).refused("regions_account")
