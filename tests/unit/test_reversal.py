"""Undoing a transfer: linked, once, and whole for the one who gave."""

from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.ledger import (
    SUSPENSE,
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    HoldPlaced,
    UndoTransfer,
)
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from services.ledger.transfer import TRANSFER
from tests.unit.accounts import SUSPENSE_OPENED, TWO_ACCOUNTS, closed, moved, not_booked, opened
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger

given = ledger.given
GIVEN = moved(60, "gift", id=CORA)
BACK = moved(60, "reversal", BRAM, ANNA, reverses=CORA)
UNDO = UndoTransfer(transfer_id=CORA, reason="Aan de verkeerde gegeven", one_id=ANNA, other_id=BRAM)


def spent(minutes: int) -> tuple[Event, ...]:
    """Bram gives minutes on to someone else."""
    id, other = UUID(int=0x51), UUID(int=0x52)
    return (opened(other), moved(minutes, "gift", BRAM, other, id=id))


def test_a_transfer_is_undone_by_a_linked_one_the_other_way() -> None:
    given(*TWO_ACCOUNTS, GIVEN).when(UNDO).then(BACK)
    after = given(*TWO_ACCOUNTS, GIVEN, BACK)
    assert [after.now(ACCOUNT, who).balance_minutes for who in (ANNA, BRAM)] == [0, 0]
    assert after.now(TRANSFER, CORA).reversed_by == COMMAND_ID
    assert after.now(TRANSFER, CORA).minutes == 60


def test_the_reason_goes_with_either_of_them() -> None:
    (entry,) = UNDO.vault(COMMAND_ID)
    assert (entry.person_id, entry.other_id, entry.data) == (ANNA, BRAM, {"text": UNDO.reason})


def test_it_is_undone_once() -> None:
    no = given(*TWO_ACCOUNTS, GIVEN, BACK).when(UNDO, id=MATCH).refused("already_reversed")
    assert no.facts == {"reversed_by": str(COMMAND_ID)}


def test_what_undoes_is_not_undone() -> None:
    again = UndoTransfer(transfer_id=COMMAND_ID, reason="Toch niet", one_id=BRAM, other_id=ANNA)
    given(*TWO_ACCOUNTS, GIVEN, BACK).when(again, id=MATCH).refused("is_reversal")


def test_the_giver_gets_all_of_it_back_also_when_it_was_spent() -> None:
    before = (*TWO_ACCOUNTS, GIVEN, *spent(640))
    taken, opens, rest = given(*before).when(UNDO).events
    assert isinstance(rest, CreditTransferred)
    assert taken == moved(20, "reversal", BRAM, ANNA, reverses=CORA)
    assert opens == SUSPENSE_OPENED
    assert rest == moved(40, "reversal", SUSPENSE, ANNA, id=rest.transfer_id, reverses=CORA)
    after = given(*before, taken, opens, rest)
    assert [after.now(ACCOUNT, who).balance_minutes for who in (ANNA, BRAM, SUSPENSE)] == [0, -600, -40]
    assert after.now(TRANSFER, CORA).reversed_by == COMMAND_ID


def test_what_is_held_for_another_match_is_not_taken() -> None:
    held = HoldPlaced(hold_id=MATCH, account_id=BRAM, minutes=660)
    outcome = given(*TWO_ACCOUNTS, GIVEN, held).when(UNDO)
    outcome.then(SUSPENSE_OPENED, moved(60, "reversal", SUSPENSE, ANNA, reverses=CORA))


def test_what_was_theirs_comes_back_above_a_ceiling_too() -> None:
    given(opened(ANNA, ceiling=0), opened(BRAM), GIVEN).when(UNDO).then(BACK)


def test_a_shared_account_gives_back_for_the_same_people() -> None:
    home, other_home = UUID(int=0x61), UUID(int=0x62)
    shared = moved(60, "match", home, other_home, id=CORA, match_id=MATCH, payer_id=ANNA, payee_id=BRAM)
    given(opened(home), opened(other_home), shared).when(UNDO).then(
        moved(60, "reversal", other_home, home, reverses=CORA, payer_id=BRAM, payee_id=ANNA)
    )


# Who has left


def test_suspense_receives_for_who_has_left() -> None:
    given(*TWO_ACCOUNTS, GIVEN, closed(ANNA)).when(UNDO).then(
        SUSPENSE_OPENED, moved(60, "reversal", BRAM, SUSPENSE, reverses=CORA, payee_id=ANNA)
    )


def test_suspense_pays_for_who_has_left() -> None:
    given(*TWO_ACCOUNTS, GIVEN, closed(BRAM)).when(UNDO).then(
        SUSPENSE_OPENED, moved(60, "reversal", SUSPENSE, ANNA, reverses=CORA)
    )


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param((closed(ANNA), closed(BRAM)), id="both left"),
        pytest.param((*spent(660), closed(ANNA)), id="one left, the other spent it"),
    ],
)
def test_between_nobody_there_is_nothing_to_undo(happened: tuple[Event, ...]) -> None:
    given(*TWO_ACCOUNTS, GIVEN, *happened).when(UNDO).refused("nothing_left")


# What is not undone here


def test_what_does_not_exist_is_not_undone() -> None:
    given(*TWO_ACCOUNTS).when(UNDO).refused("no_transfer")


def test_a_reason_is_kept_for_the_right_people_or_not_at_all() -> None:
    wrong = UNDO.model_copy(update={"other_id": MATCH})
    given(*TWO_ACCOUNTS, GIVEN).when(wrong).refused("no_transfer")


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        pytest.param(
            CompensationBooked(
                transfer_id=CORA,
                match_id=MATCH,
                helper_id=BRAM,
                asker_id=ANNA,
                minutes=60,
                cents=560,
                month="2026-11",
            ),
            "compensation_stands",
            id="a compensation",
        ),
        pytest.param(
            HelpRecorded(transfer_id=CORA, match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60),
            "nothing_booked",
            id="help that is not counted",
        ),
        pytest.param(
            not_booked(700, "below_floor").model_copy(update={"transfer_id": CORA}),
            "nothing_booked",
            id="refused",
        ),
    ],
)
def test_only_hours_are_undone(happened: Event, code: str) -> None:
    given(*TWO_ACCOUNTS, happened).when(UNDO).refused(code)
