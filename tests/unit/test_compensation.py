"""Help that is paid in euros, under the caps; help for which nothing is counted; and expenses."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.ledger import (
    CompensationBooked,
    ExpensesNoted,
    HelpRecorded,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    NoteExpenses,
    ReleaseHold,
    TransferRefused,
)
from contracts.policy import AgeBand, Compensation, caps_in_force
from services.kernel.testing import COMMAND_ID
from services.ledger.account import ACCOUNT
from services.ledger.compensation import PERIOD, period_id
from services.ledger.hold import HOLD
from services.ledger.transfer import TRANSFER
from tests.unit.accounts import TWO_ACCOUNTS, book, closed, hold, not_booked, opened
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger

given = ledger.given
NOVEMBER = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CAPS = caps_in_force(2026).caps
ADULT = AgeBand.FROM_21


def cents(minutes: int, band: AgeBand | None = ADULT) -> int:
    return minutes * (CAPS.hour_21 if band is ADULT else CAPS.hour_young) // 60


def room(amount: int, month: str = "2026-11") -> HoldPlaced:
    return HoldPlaced(hold_id=MATCH, account_id=BRAM, minutes=0, cents=amount, month=month)


def free(amount: int, month: str = "2026-11") -> HoldReleased:
    return HoldReleased(hold_id=MATCH, account_id=BRAM, minutes=0, cents=amount, month=month)


def paid(amount: int, month: str = "2026-11", *, n: int = 0) -> CompensationBooked:
    """The n-th earlier match of Bram."""
    return CompensationBooked(
        transfer_id=UUID(int=0x100 + n),
        match_id=UUID(int=0x200 + n),
        helper_id=BRAM,
        asker_id=CORA,
        minutes=60,
        cents=amount,
        month=month,
    )


def compensated(minutes: int, amount: int, hold_cents: int = 0, month: str = "2026-11") -> CompensationBooked:
    return CompensationBooked(
        transfer_id=COMMAND_ID,
        match_id=MATCH,
        helper_id=BRAM,
        asker_id=ANNA,
        minutes=minutes,
        cents=amount,
        month=month,
        hold_cents=hold_cents,
    )


OF_2025 = 2025
"""No later caps are known here: those of 2026 are still those of 2025, and what is refused says so."""


def no_room(minutes: int, left: int) -> HoldRefused:
    of_caps = {"left_cents": left, "caps_year": OF_2025}
    return HoldRefused(hold_id=MATCH, account_id=BRAM, minutes=minutes, reason="compensation_cap", **of_caps)


# Setting apart


@pytest.mark.parametrize("band", [ADULT, AgeBand.FROM_18, None], ids=["21", "18", "not known"])
def test_a_helpers_room_is_set_apart_at_the_rate_of_their_age(band: AgeBand | None) -> None:
    command = hold(90, compensation="euro", age_band=band, at=NOVEMBER)
    given(*TWO_ACCOUNTS).when(command).then(room(cents(90, band)))


def test_nothing_is_held_of_the_askers_hours() -> None:
    after = given(*TWO_ACCOUNTS, room(840))
    assert [after.now(ACCOUNT, who).held_minutes for who in (ANNA, BRAM)] == [0, 0]
    for period in ("2026-11", "2026"):
        assert after.now(PERIOD, period_id(BRAM, period)).held_cents == 840


@pytest.mark.parametrize(("before", "fits"), [(CAPS.month - 560, True), (CAPS.month - 559, False)])
def test_no_more_is_set_apart_than_the_cap_of_the_month(before: int, fits: bool) -> None:
    command = hold(60, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, paid(before)).when(command).then(room(560) if fits else no_room(60, 559))


@pytest.mark.parametrize(("before", "fits"), [(CAPS.month - 560, True), (CAPS.month - 559, False)])
def test_no_more_is_set_apart_than_the_cap_of_the_year(before: int, fits: bool) -> None:
    """Nine full months and one nearly full: what counts is the year."""
    year = [paid(CAPS.month, f"2026-{n:02}", n=n) for n in range(1, 10)]
    command = hold(60, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, *year, paid(before, "2026-10", n=10)).when(command).then(
        room(560) if fits else no_room(60, 559)
    )


def test_what_is_set_apart_counts_until_it_is_released() -> None:
    most = HoldPlaced(hold_id=CORA, account_id=BRAM, minutes=0, cents=CAPS.month, month="2026-11")
    command = hold(60, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, most).when(command).then(no_room(60, 0))
    freed = HoldReleased(**most.model_dump())
    given(*TWO_ACCOUNTS, most).when(ReleaseHold(hold_id=CORA)).then(freed)
    given(*TWO_ACCOUNTS, most, freed).when(command).then(room(560))


def test_another_month_has_room_of_its_own() -> None:
    command = hold(60, compensation="euro", age_band=ADULT, at=datetime(2026, 12, 1, 9, tzinfo=UTC))
    given(*TWO_ACCOUNTS, paid(CAPS.month)).when(command).then(room(560, "2026-12"))


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "2027-01"),
        (None, "2026-11"),
    ],
    ids=["last hour", "midnight", "new year", "no date: now"],
)
def test_the_month_is_that_of_the_visit_by_the_clock_on_the_wall(at: datetime | None, month: str) -> None:
    given(*TWO_ACCOUNTS).when(hold(60, compensation="euro", age_band=ADULT, at=at)).then(room(560, month))


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_who_has_left_is_not_paid_and_does_not_ask(who: UUID) -> None:
    (no,) = given(*TWO_ACCOUNTS, closed(who)).when(hold(60, compensation="euro", at=NOVEMBER)).events
    assert isinstance(no, HoldRefused)
    assert (no.account_id, no.reason) == (who, "no_account")


# Booking


@pytest.mark.parametrize("minutes", [30, 60, 90], ids=["less", "as set apart", "more"])
def test_a_compensation_is_booked_and_frees_all_that_was_set_apart(minutes: int) -> None:
    command = book(minutes, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, room(560)).when(command).then(compensated(minutes, cents(minutes), 560))
    after = given(*TWO_ACCOUNTS, room(560), compensated(minutes, cents(minutes), 560))
    for period in ("2026-11", "2026"):
        found = after.now(PERIOD, period_id(BRAM, period))
        assert (found.period, found.held_cents, found.paid_cents) == (period, 0, cents(minutes))
        assert found.paid_minutes == minutes
    assert after.now(HOLD, MATCH).status == "posted"
    assert after.now(TRANSFER, COMMAND_ID).status == "compensated"
    assert [after.now(ACCOUNT, who).balance_minutes for who in (ANNA, BRAM)] == [0, 0]


@pytest.mark.parametrize(("before", "fits"), [(CAPS.month - 840, True), (CAPS.month - 839, False)])
def test_more_than_was_set_apart_is_booked_under_the_cap_only(before: int, fits: bool) -> None:
    command = book(90, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, paid(before), room(560)).when(command).then(
        compensated(90, 840, 560) if fits else not_booked(90, "compensation_cap", OF_2025)
    )


def test_a_visit_that_moved_is_paid_in_its_own_month_and_frees_the_other() -> None:
    december = datetime(2026, 12, 2, 9, tzinfo=UTC)
    command = book(60, compensation="euro", age_band=ADULT, at=december)
    given(*TWO_ACCOUNTS, room(560)).when(command).then(free(560), compensated(60, 560, month="2026-12"))


def test_a_visit_that_moved_into_a_full_month_does_not_fit() -> None:
    december = datetime(2026, 12, 2, 9, tzinfo=UTC)
    command = book(60, compensation="euro", age_band=ADULT, at=december)
    given(*TWO_ACCOUNTS, paid(CAPS.month - 559, "2026-12"), room(560)).when(command).then(
        not_booked(60, "compensation_cap", OF_2025)
    )


def test_a_visit_that_moved_within_a_full_year_still_fits() -> None:
    year = [paid(CAPS.month, f"2026-{n:02}", n=n) for n in range(1, 10)]
    nearly = paid(CAPS.month - 560, "2026-10", n=10)
    december = datetime(2026, 12, 2, 9, tzinfo=UTC)
    command = book(60, compensation="euro", age_band=ADULT, at=december)
    given(*TWO_ACCOUNTS, *year, nearly, room(560)).when(command).then(
        free(560), compensated(60, 560, month="2026-12")
    )


def test_a_compensation_without_anything_set_apart_is_booked_under_the_cap() -> None:
    command = book(60, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS).when(command).then(compensated(60, 560))
    (no,) = given(*TWO_ACCOUNTS, paid(CAPS.month)).when(command).events
    assert isinstance(no, TransferRefused)


def test_a_compensation_is_booked_once() -> None:
    command = book(60, compensation="euro", age_band=ADULT, at=NOVEMBER)
    given(*TWO_ACCOUNTS, room(560), compensated(60, 560, 560)).when(command, id=CORA).then_nothing()


# Nothing is counted


NOTHING_HELD = HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=0)
RECORDED = HelpRecorded(transfer_id=COMMAND_ID, match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)


def test_where_nothing_is_counted_nothing_is_held_however_much_someone_owes() -> None:
    given(opened(ANNA, 0), opened(BRAM)).when(hold(compensation="none")).then(NOTHING_HELD)


def test_where_nothing_is_counted_the_help_is_recorded_and_nothing_posted() -> None:
    given(*TWO_ACCOUNTS, NOTHING_HELD).when(book(60, compensation="none")).then(RECORDED)
    after = given(*TWO_ACCOUNTS, NOTHING_HELD, RECORDED)
    assert after.now(HOLD, MATCH).status == "posted"
    assert [after.now(ACCOUNT, who).balance_minutes for who in (ANNA, BRAM)] == [0, 0]
    after.when(book(60, compensation="none"), id=CORA).then_nothing()


@pytest.mark.parametrize(
    ("held", "freed", "compensation"),
    [
        pytest.param(
            HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90),
            HoldReleased(hold_id=MATCH, account_id=ANNA, minutes=90),
            "none",
            id="hours, then nothing",
        ),
        pytest.param(
            HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=90),
            HoldReleased(hold_id=MATCH, account_id=ANNA, minutes=90),
            "euro",
            id="hours, then euros",
        ),
        pytest.param(room(560), free(560), "credits", id="euros, then hours"),
        pytest.param(room(560), free(560), "none", id="euros, then nothing"),
    ],
)
def test_whatever_was_set_apart_is_free_when_a_match_is_booked_in_another_way(
    held: Event, freed: Event, compensation: Compensation
) -> None:
    command = book(60, compensation=compensation, age_band=ADULT, at=NOVEMBER)
    first, second = given(*TWO_ACCOUNTS, held).when(command).events
    assert first == freed
    assert not getattr(second, "hold_cents", 0)
    assert not getattr(second, "hold_minutes", 0)


# Expenses


def test_expenses_are_noted_in_their_month_and_do_not_count_for_the_caps() -> None:
    noted = ExpensesNoted(expenses_id=COMMAND_ID, helper_id=BRAM, cents=1_000_000, month="2026-11")
    command = NoteExpenses(helper_id=BRAM, cents=1_000_000, on=date(2026, 11, 30))
    given(*TWO_ACCOUNTS).when(command).then(noted)
    after = given(*TWO_ACCOUNTS, noted)
    assert after.now(PERIOD, period_id(BRAM, "2026")).expenses_cents == 1_000_000
    after.when(hold(60, compensation="euro", age_band=ADULT, at=NOVEMBER)).then(room(560))


def test_expenses_are_of_someone_who_takes_part_or_did() -> None:
    command = NoteExpenses(helper_id=BRAM, cents=100, on=date(2026, 11, 30))
    given().when(command).refused("no_account")
    assert given(*TWO_ACCOUNTS, closed(BRAM)).when(command).events
