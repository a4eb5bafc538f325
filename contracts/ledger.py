"""Ledger: accounts in minutes, holds, and transfers that always sum to zero."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import Command, Event, Query, View

SERVICE = "ledger"
# Only exchange: an account is opened when exchange admits someone, so it is there before
# any match of theirs, whatever the order in which services follow each other.
FOLLOWS = ("exchange",)
ASKS: tuple[str, ...] = ()

Amount = Annotated[int, Field(strict=True, ge=1, le=10_000)]
"""Minutes in one transfer: 1 to 10,000."""


# Events


class AccountOpened(Event):
    """A member has an account. `floor_minutes`: available may not go below it."""

    ENTITY: ClassVar[str] = "account"
    FIRST: ClassVar[bool] = True
    account_id: UUID
    floor_minutes: int


class HoldPlaced(Event):
    """`minutes` of the payer are set apart for a match. The hold's id is the match's."""

    ENTITY: ClassVar[str] = "hold"
    FIRST: ClassVar[bool] = True
    hold_id: UUID
    account_id: UUID
    minutes: int


class HoldRefused(Event):
    """The payer has too little left above the floor, or no account."""

    ENTITY: ClassVar[str] = "hold"
    FIRST: ClassVar[bool] = True
    hold_id: UUID
    account_id: UUID
    minutes: int
    reason: Literal["below_floor", "no_account"]


class HoldReleased(Event):
    """The match fell away: the minutes are free again."""

    ENTITY: ClassVar[str] = "hold"
    hold_id: UUID
    account_id: UUID
    minutes: int


class CreditTransferred(Event):
    """Minutes went from one account to another; the two postings sum to zero.

    `hold_minutes` is what a hold of the payer set free by this transfer (0 without).
    """

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    hold_minutes: int = 0
    match_id: UUID | None = None


class TransferRefused(Event):
    """Agreed minutes could not be booked: available would fall below the floor."""

    ENTITY: ClassVar[str] = "transfer"
    FIRST: ClassVar[bool] = True
    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    match_id: UUID
    reason: Literal["below_floor", "no_account"]


EVENTS: tuple[type[Event], ...] = (
    AccountOpened,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    CreditTransferred,
    TransferRefused,
)


# Commands


class TransferCredit(Command):
    """Give minutes to another member. The transfer's id is the command's id."""

    from_account_id: UUID
    to_account_id: UUID
    minutes: Amount


class OpenAccount(Command):
    """From exchange: someone takes part."""

    account_id: UUID
    floor_minutes: int


class PlaceHold(Command):
    """From exchange: a match is being confirmed."""

    hold_id: UUID
    account_id: UUID
    minutes: int


class ReleaseHold(Command):
    """From exchange: the match fell through."""

    hold_id: UUID


class BookMatch(Command):
    """From exchange: both agreed on the minutes."""

    match_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int


COMMANDS: tuple[type[Command], ...] = (TransferCredit,)


# Queries and views


class GetBalances(Query):
    account_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class Balance(View):
    """All in minutes. Available = balance - held, and never below the floor."""

    account_id: UUID
    balance_minutes: int
    held_minutes: int
    floor_minutes: int

    @property
    def available_minutes(self) -> int:
        return self.balance_minutes - self.held_minutes


class Balances(View):
    balances: tuple[Balance, ...]


QUERIES: dict[type[Query], type[View]] = {GetBalances: Balances}
