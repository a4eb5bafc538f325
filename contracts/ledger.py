"""Ledger: accounts in minutes, holds, and transfers that always sum to zero."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts import caps, clearing, crossings
from contracts.common import Settle
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Text
from contracts.policy import AgeBand, Compensation

SERVICE = "ledger"
# An account is opened when exchange admits someone, not when members does: so it is there before
# any match of theirs, whatever the order in which services follow each other. From members comes
# who shares a household's account.
FOLLOWS = ("exchange", "members", "link")
ASKS: tuple[str, ...] = ()

POOL = UUID(int=1)
"""The solidarity pool: members and the region give to it, coordinators spend from it."""

SUSPENSE = UUID(int=2)
"""What could not be booked where it belongs, until a person decides; it may go far below zero."""

OPENING = UUID(int=3)
"""The other side of balances that were brought from another system."""

REGION = UUID(int=4)
"""What the region itself gave to the pool, as what it owes: so that those postings sum to zero too."""

WRITTEN_OFF = UUID(int=5)
"""The other side of balances that were written off when someone left."""

Amount = Annotated[int, Field(strict=True, ge=1, le=10_000)]
"""Minutes in one transfer: 1 to 10,000."""


# Events


class AccountOpened(Event):
    """There is an account. Available never goes below `floor_minutes`; beyond the ceiling nothing comes in.

    `kind`: person, household, organisation; or one of the region's own: pool, suspense, opening,
    region, written_off, settled, or clearing (one for each region it clears hours with).
    """

    ENTITY: ClassVar[str] = "account"
    FIRST: ClassVar[bool] = True
    account_id: UUID
    floor_minutes: int
    ceiling_minutes: int | None = None
    kind: str = "person"


class LimitsChanged(Event):
    """How far this account may go down and up."""

    ENTITY: ClassVar[str] = "account"
    account_id: UUID
    floor_minutes: int
    ceiling_minutes: int | None = None


class AccountClosed(Event):
    """Nothing is booked on it any more. Its balance is zero."""

    ENTITY: ClassVar[str] = "account"
    account_id: UUID


class BalanceNoted(Event):
    """The balance passed a soft limit: much `saved` up, or much `owed`. Once until it is back."""

    ENTITY: ClassVar[str] = "account"
    account_id: UUID
    which: Literal["saved", "owed"]
    balance_minutes: int


class HoldPlaced(Event):
    """`minutes` of the payer are set apart for a match. The hold's id is the match's.

    In an initiative with a compensation it is the helper's room under the caps that is set apart:
    `cents` of `month` (`2026-11`), and the account is the helper's. Where nothing is counted both
    are 0. `peer`: for the help of another region; it counts for the cap between the two.
    """

    ENTITY: ClassVar[str] = "hold"
    FIRST: ClassVar[bool] = True
    hold_id: UUID
    account_id: UUID
    minutes: int
    cents: int = 0
    month: str | None = None
    peer: str | None = None


class HoldRefused(Event):
    """The payer has too little left above the floor, or no account; or a cap is reached.

    `left_cents`: what is left under the caps; `caps_year`: of which year those are (contracts.policy).
    """

    ENTITY: ClassVar[str] = "hold"
    FIRST: ClassVar[bool] = True
    hold_id: UUID
    account_id: UUID
    minutes: int
    reason: str
    left_cents: int | None = None
    caps_year: int | None = None
    peer: str | None = None


class HoldReleased(Event):
    """The match fell away: the minutes (or cents) are free again."""

    ENTITY: ClassVar[str] = "hold"
    hold_id: UUID
    account_id: UUID
    minutes: int
    cents: int = 0
    month: str | None = None
    peer: str | None = None


class HoldMoved(Event):
    """An account is settled while minutes of it are held for another region: SUSPENSE holds them now."""

    ENTITY: ClassVar[str] = "hold"
    hold_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int


class CreditTransferred(Event):
    """Minutes went from one account to another; the two postings sum to zero.

    `kind`: match, gift, pool, settlement, opening, reversal, ceiling (what the helper of a match
    had no room for, to the pool), or clearing (the half of a transfer between regions that is booked
    here; `peer` says with which). `hold_minutes` is what a hold of the payer set free by this
    transfer (0 without). What is held for a match while its account is settled goes to SUSPENSE
    (`settlement`, with the match), which pays for it then. A reversal names the transfer that it
    `reverses`. `payer_id` and `payee_id` say for which members the two accounts stand, where it is
    not their own: a household's, suspense for who has left, the pool for that helper.
    """

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    hold_minutes: int = 0
    match_id: UUID | None = None
    kind: str = "match"
    reverses: UUID | None = None
    payer_id: UUID | None = None
    payee_id: UUID | None = None
    peer: str | None = None


class HelpRecorded(Event):
    """A match of an initiative where nothing is counted is done."""

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int


class CompensationBooked(Event):
    """A helper receives a compensation for a match. `month` is `2026-11`.

    `hold_cents` is what a hold set free by this. Paying it out is the organisation's own affair.
    """

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    cents: int
    month: str
    hold_cents: int = 0


class ExpensesNoted(Event):
    """Costs a helper made, with receipts: apart from the compensation."""

    ENTITY: ClassVar[str] = "expenses"
    FIRST: ClassVar[bool] = True
    expenses_id: UUID
    helper_id: UUID
    cents: int
    month: str


class TransferRefused(Event):
    """Agreed minutes could not be booked: available would fall below the floor, or a cap be passed.

    `caps_year`: of which year that cap is.
    """

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    match_id: UUID
    reason: str
    caps_year: int | None = None


EVENTS: tuple[type[Event], ...] = (
    AccountOpened,
    LimitsChanged,
    AccountClosed,
    BalanceNoted,
    HelpRecorded,
    CompensationBooked,
    ExpensesNoted,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    HoldMoved,
    CreditTransferred,
    TransferRefused,
    *clearing.EVENTS,
    *crossings.EVENTS,
    *caps.EVENTS,
)


# Commands


class TransferCredit(Command):
    """Give minutes to another member. The transfer's id is the command's id."""

    from_account_id: UUID
    to_account_id: UUID
    minutes: Amount


class GiveToPool(Command):
    """Give minutes to the solidarity pool; or (by a coordinator, without a giver) let the region give."""

    from_account_id: UUID | None = None
    minutes: Amount


class SpendFromPool(Command):
    """Give someone minutes out of the solidarity pool, with a reason (kept in the vault)."""

    to_account_id: UUID
    minutes: Amount
    reason: Annotated[Text, Field(min_length=1)]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("transfer", command_id, self.to_account_id, {"text": self.reason}),)


class ReverseTransfer(Command):
    """Undo a transfer by a linked one the other way, also when the minutes are spent."""

    transfer_id: UUID
    reason: Annotated[Text, Field(min_length=1)]


class UndoTransfer(ReverseTransfer):
    """`ReverseTransfer`, with whom the reason is about."""

    one_id: UUID
    other_id: UUID

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("transfer", command_id, self.one_id, {"text": self.reason}, self.other_id),)


class ChangeLimits(Command):
    """How far an account may go down, and up (`null`: without end)."""

    account_id: UUID
    floor_minutes: Annotated[int, Field(strict=True, ge=-60_000, le=0)]
    ceiling_minutes: Annotated[int, Field(strict=True, ge=0, le=600_000)] | None = None


class NoteExpenses(Command):
    """Costs a helper made, in euro cents, in the month of `on`."""

    helper_id: UUID
    cents: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    on: date


class BringBalance(Command):
    """A balance out of another system, in minutes; negative for who owes. Once per account."""

    account_id: UUID
    minutes: Annotated[int, Field(strict=True, ge=-60_000, le=600_000)]


class OpenAccount(Command):
    """From exchange: someone takes part."""

    account_id: UUID
    floor_minutes: int
    kind: str = "person"


class SettleAccount(Command):
    """From exchange: someone left, and nothing of theirs runs; the balance goes where they said."""

    account_id: UUID
    settle: Settle
    beneficiary_id: UUID | None = None


class PlaceHold(Command):
    """From exchange: a match is being confirmed."""

    hold_id: UUID
    account_id: UUID
    helper_id: UUID
    minutes: int
    compensation: Compensation = "credits"
    floor_minutes: int = -600
    age_band: AgeBand | None = None
    at: datetime | None = None


class ReleaseHold(Command):
    """From exchange: the match fell through."""

    hold_id: UUID


class BookMatch(Command):
    """From exchange: both agreed on the minutes."""

    match_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    compensation: Compensation = "credits"
    age_band: AgeBand | None = None
    at: datetime | None = None


COMMANDS: tuple[type[Command], ...] = (
    TransferCredit,
    GiveToPool,
    SpendFromPool,
    ReverseTransfer,
    ChangeLimits,
    NoteExpenses,
    BringBalance,
    *clearing.COMMANDS,
    *crossings.COMMANDS,
    *caps.COMMANDS,
)


# Queries and views


class GetBalances(Query):
    account_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class GetStatement(Query):
    """What was booked on a member's account in a period, oldest first. `from_day` and `to_day` included."""

    account_id: UUID
    from_day: date
    to_day: date


class GetYearStatement(Query):
    """What a helper received in a calendar year: compensation, expenses, and what is left under the caps."""

    helper_id: UUID
    year: Annotated[int, Field(strict=True, ge=2000, le=2200)]


class Balance(View):
    """All in minutes. Available = balance - held, and never below the floor.

    `account_id` is the member's; `shared_with` the household whose account they use.
    """

    account_id: UUID
    balance_minutes: int
    held_minutes: int
    floor_minutes: int
    ceiling_minutes: int | None = None
    shared_with: UUID | None = None
    closed: bool = False

    @property
    def available_minutes(self) -> int:
        return self.balance_minutes - self.held_minutes


class Balances(View):
    balances: tuple[Balance, ...]


class Posting(View):
    """One line of a statement; `minutes` is negative for what went off. UTC."""

    transfer_id: UUID
    posted_at: datetime
    minutes: int
    balance_minutes: int
    kind: str
    match_id: UUID | None = None
    other_account_id: UUID
    reverses: UUID | None = None


class Statement(View):
    """Opening + all postings = closing, in minutes."""

    account_id: UUID
    opening_minutes: int
    closing_minutes: int
    postings: tuple[Posting, ...]


class MonthPaid(View):
    """`month` is `2026-11`; `left_cents` is what may still be paid in it."""

    month: str
    minutes: int
    cents: int
    expenses_cents: int
    left_cents: int


class YearStatement(View):
    """In euro cents. The caps are those of `caps_year`: an earlier one until the year has its own."""

    helper_id: UUID
    year: int
    minutes: int
    cents: int
    expenses_cents: int
    left_cents: int
    month_cap_cents: int
    year_cap_cents: int
    caps_year: int
    months: tuple[MonthPaid, ...]


QUERIES: dict[type[Query], type[View]] = {
    GetBalances: Balances,
    GetStatement: Statement,
    GetYearStatement: YearStatement,
    **clearing.QUERIES,
}
