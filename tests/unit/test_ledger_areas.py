"""Who may touch whose hours: coordinators who are bound to areas, only there."""

from datetime import date
from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.households import HouseholdJoined
from contracts.ledger import (
    POOL,
    SUSPENSE,
    ChangeLimits,
    GiveToPool,
    NoteExpenses,
    SpendFromPool,
    TransferCredit,
    UndoTransfer,
)
from contracts.participants import ParticipantAdmitted
from services.kernel.testing import COORDINATOR, Specification
from services.ledger import app as ledger_app
from tests.unit.accounts import POOL_OPENED, SUSPENSE_OPENED, TWO_ACCOUNTS, moved, opened
from tests.unit.neighbours import ANNA, BRAM, ELSEWHERE, REGION

given = Specification(ledger_app.service(REGION)).given

HERE, THERE = "3512", ELSEWHERE.areas[0]
TRANSFER = UUID(int=0x81)


def admitted(who: UUID, pc4: str) -> ParticipantAdmitted:
    return ParticipantAdmitted(participant_id=who, number=1, pc4=pc4, capacity_minutes_week=0)


def lives(annas: str, brams: str) -> tuple[Event, ...]:
    filled = moved(100, "pool", SUSPENSE, POOL, id=UUID(int=0x82))
    gave = moved(30, "gift", id=TRANSFER)
    people = (admitted(ANNA, annas), admitted(BRAM, brams))
    return (*people, *TWO_ACCOUNTS, POOL_OPENED, SUSPENSE_OPENED, filled, gave)


ABOUT_ANNA: tuple[Command, ...] = (
    TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=10),
    GiveToPool(from_account_id=ANNA, minutes=10),
    SpendFromPool(to_account_id=ANNA, minutes=10, reason="Even tekort."),
    ChangeLimits(account_id=ANNA, floor_minutes=-900),
    NoteExpenses(helper_id=ANNA, cents=500, on=date(2026, 11, 20)),
    UndoTransfer(transfer_id=TRANSFER, reason="Vergissing.", one_id=ANNA, other_id=BRAM),
)


@pytest.mark.parametrize("command", ABOUT_ANNA, ids=lambda command: type(command).__name__)
def test_hours_of_elsewhere_are_not_theirs_to_touch(command: Command) -> None:
    given(*lives(HERE, THERE)).when(command, by=ELSEWHERE).refused("other_area")
    assert given(*lives(THERE, HERE)).when(command, by=ELSEWHERE).events
    assert given(*lives(HERE, THERE)).when(command).events


def test_what_is_in_suspense_goes_to_people_of_their_own_area() -> None:
    hand_out = TransferCredit(from_account_id=SUSPENSE, to_account_id=BRAM, minutes=10)
    into = moved(60, "match", ANNA, SUSPENSE, id=UUID(int=0x83)), moved(60, "match", ANNA, SUSPENSE)
    given(*lives(THERE, HERE), *into).when(hand_out, by=ELSEWHERE).refused("other_area")
    assert given(*lives(HERE, THERE), *into).when(hand_out, by=ELSEWHERE).events


ABOUT_THE_REGION: tuple[Command, ...] = (
    GiveToPool(minutes=10),
    GiveToPool(from_account_id=SUSPENSE, minutes=10),
    SpendFromPool(to_account_id=SUSPENSE, minutes=10, reason="Wat niet terugkwam."),
)


@pytest.mark.parametrize("command", ABOUT_THE_REGION, ids=["region", "suspense", "pool"])
def test_the_regions_own_hours_are_for_who_works_in_the_whole_region(command: Command) -> None:
    before = given(*lives(HERE, THERE), moved(200, "gift", ANNA, SUSPENSE, id=UUID(int=0x83)))
    before.when(command, by=ELSEWHERE).refused("whole_region")
    assert before.when(command).events


# One's own hours

ANKE = COORDINATOR.model_copy(update={"member_id": ANNA})
"""Who coordinates and takes part too."""

OVER_ANNA: tuple[Command, ...] = (
    TransferCredit(from_account_id=BRAM, to_account_id=ANNA, minutes=10),
    SpendFromPool(to_account_id=ANNA, minutes=10, reason="Even tekort."),
    ChangeLimits(account_id=ANNA, floor_minutes=-900),
    NoteExpenses(helper_id=ANNA, cents=500, on=date(2026, 11, 20)),
    UndoTransfer(transfer_id=TRANSFER, reason="Vergissing.", one_id=ANNA, other_id=BRAM),
)


@pytest.mark.parametrize("command", OVER_ANNA, ids=lambda command: type(command).__name__)
def test_nobody_decides_over_their_own_hours(command: Command) -> None:
    given(*lives(HERE, HERE)).when(command, by=ANKE).refused("involved")
    assert given(*lives(HERE, HERE)).when(command).events


def test_what_someone_gives_away_is_their_own_also_when_they_coordinate() -> None:
    gift = TransferCredit(from_account_id=ANNA, to_account_id=BRAM, minutes=10)
    assert given(*lives(HERE, HERE)).when(gift, by=ANKE).events


HOUSEHOLD = UUID(int=0x84)
AT_HOME = tuple(
    HouseholdJoined(member_id=one, household_id=HOUSEHOLD, shares_balance=True, may_act=False)
    for one in (ANNA, BRAM)
)
FOR_HOME: tuple[Command, ...] = (
    ChangeLimits(account_id=HOUSEHOLD, floor_minutes=-900),
    # Bram uses the account that Anna uses.
    SpendFromPool(to_account_id=BRAM, minutes=10, reason="Even tekort."),
)


@pytest.mark.parametrize("command", FOR_HOME, ids=lambda command: type(command).__name__)
def test_nobody_decides_over_the_hours_of_their_own_household(command: Command) -> None:
    home = given(*lives(HERE, HERE), opened(HOUSEHOLD, kind="household"), *AT_HOME)
    home.when(command, by=ANKE).refused("involved")
    assert home.when(command).events
