"""What a helper receives in euros: reserved and paid by month and year, under the caps of the law.

The caps are per person, over all initiatives (caps.py). Expenses with receipts stand
apart from them: Belastingdienst, vrijwilligersvergoedingen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.ledger import (
    CompensationBooked,
    ExpensesNoted,
    HoldPlaced,
    HoldReleased,
    NoteExpenses,
)
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace
from services.kernel.handling import check_uninvolved
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, check_open
from services.ledger.caps import caps_at
from services.ledger.place import check_place


@dataclass(slots=True)
class Period:
    """A helper's month (`2026-11`) or year (`2026`). In cents, and minutes that were compensated."""

    period_id: UUID
    helper_id: UUID
    period: str
    held_cents: int = 0
    paid_cents: int = 0
    paid_minutes: int = 0
    expenses_cents: int = 0
    version: int = 0

    @property
    def used_cents(self) -> int:
        """What counts for the caps."""
        return self.held_cents + self.paid_cents


def month_of(moment: datetime) -> str:
    """The month of a moment, by the clock on the wall.

    >>> from datetime import UTC
    >>> month_of(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    '2026-11'
    """
    return f"{local(moment):%Y-%m}"


def year_of(period: str) -> int:
    """The calendar year of a month or year.

    >>> year_of("2026-11"), year_of("2026")
    (2026, 2026)
    """
    return int(period[:4])


def period_id(helper_id: UUID, period: str) -> UUID:
    return uuid5(helper_id, period)


def _both(helper_id: UUID, month: str) -> tuple[UUID, UUID]:
    return period_id(helper_id, month), period_id(helper_id, month[:4])


def _held(event: HoldPlaced | HoldReleased) -> tuple[UUID, ...]:
    return _both(event.account_id, event.month) if event.cents and event.month else ()


type PeriodEvent = HoldPlaced | HoldReleased | CompensationBooked | ExpensesNoted


def evolve(period: Period | None, event: PeriodEvent, id: UUID, at: datetime) -> Period:
    if period is None:
        helper_id = event.account_id if isinstance(event, HoldPlaced | HoldReleased) else event.helper_id
        month = event.month or ""
        period = Period(id, helper_id, month if id == period_id(helper_id, month) else month[:4])
    match event:
        case HoldPlaced():
            return replace(period, held_cents=period.held_cents + event.cents)
        case HoldReleased():
            return replace(period, held_cents=period.held_cents - event.cents)
        case CompensationBooked():
            return replace(
                period,
                held_cents=period.held_cents - event.hold_cents,
                paid_cents=period.paid_cents + event.cents,
                paid_minutes=period.paid_minutes + event.minutes,
            )
        case ExpensesNoted():
            return replace(period, expenses_cents=period.expenses_cents + event.cents)
        case _:
            assert_never(event)


PERIOD = Kind(
    "periods",
    Period,
    {
        HoldPlaced: _held,
        HoldReleased: _held,
        CompensationBooked: lambda e: _both(e.helper_id, e.month),
        ExpensesNoted: lambda e: _both(e.helper_id, e.month),
    },
    evolve,
)


@dataclass(slots=True)
class Expenses:
    expenses_id: UUID
    helper_id: UUID
    cents: int
    month: str
    version: int = 0


def note(expenses: Expenses | None, event: ExpensesNoted, expenses_id: UUID, at: datetime) -> Expenses:
    return Expenses(expenses_id, event.helper_id, event.cents, event.month)


EXPENSES = Kind("expenses", Expenses, {ExpensesNoted: lambda e: (e.expenses_id,)}, note)


def left_cents(
    state: State, helper_id: UUID, month: str, *, freed_cents: int = 0, freed_month: str = ""
) -> int:
    """What is left for a helper in a month, in cents, under the caps of the month and of its year.

    As if what was set apart for them in `freed_month` were free.
    """
    limits = caps_at(state, year_of(month)).caps
    in_month, in_year = (state.get(PERIOD, id) for id in _both(helper_id, month))
    left_in_month = limits.month - (in_month.used_cents if in_month is not None else 0)
    left_in_year = limits.year - (in_year.used_cents if in_year is not None else 0)
    if freed_month == month:
        left_in_month += freed_cents
    if freed_month[:4] == month[:4]:
        left_in_year += freed_cents
    return min(left_in_month, left_in_year)


def note_expenses(command: NoteExpenses, context: Context, state: State) -> list[Event]:
    """Costs made before someone left may be noted after it: no hours move."""
    if state.get(ACCOUNT, command.helper_id) is None:
        check_open(None)
    check_place(state, context, command.helper_id)
    check_uninvolved(context.actor, (command.helper_id,))
    return [
        ExpensesNoted(
            expenses_id=context.command_id,
            helper_id=command.helper_id,
            cents=command.cents,
            month=f"{command.on:%Y-%m}",
        )
    ]
