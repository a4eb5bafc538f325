"""What the ledger says: balances, in minutes; for which match nothing could be set apart or booked; caps."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.caps import CapsCorrected, CapsEntered
from contracts.ledger import (
    AccountClosed,
    AccountOpened,
    BalanceNoted,
    CreditTransferred,
    HoldMoved,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    LimitsChanged,
    TransferRefused,
)
from contracts.policy import Caps
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class BalanceSeen:
    """All in minutes; available = balance - held. `noted`: which soft limit it last passed, and when."""

    account_id: UUID
    kind: str
    balance_minutes: int
    held_minutes: int
    floor_minutes: int
    ceiling_minutes: int | None
    closed: bool = False
    noted: str | None = None
    noted_at: datetime | None = None
    version: int = 0


def _balance(
    account: BalanceSeen | None,
    event: AccountOpened
    | LimitsChanged
    | AccountClosed
    | BalanceNoted
    | HoldPlaced
    | HoldReleased
    | HoldMoved
    | CreditTransferred,
    account_id: UUID,
    at: datetime,
) -> BalanceSeen:
    if isinstance(event, AccountOpened):
        return BalanceSeen(account_id, event.kind, 0, 0, event.floor_minutes, event.ceiling_minutes)
    assert account is not None
    match event:
        case LimitsChanged():
            return replace(account, floor_minutes=event.floor_minutes, ceiling_minutes=event.ceiling_minutes)
        case AccountClosed():
            return replace(account, closed=True)
        case BalanceNoted():
            return replace(account, noted=event.which, noted_at=at)
        case HoldPlaced():
            return replace(account, held_minutes=account.held_minutes + event.minutes)
        case HoldReleased():
            return replace(account, held_minutes=account.held_minutes - event.minutes)
        case HoldMoved():
            change = event.minutes if account_id == event.to_account_id else -event.minutes
            return replace(account, held_minutes=account.held_minutes + change)
        case CreditTransferred():
            return _after_transfer(account, event)
        case _:
            assert_never(event)


def _after_transfer(account: BalanceSeen, event: CreditTransferred) -> BalanceSeen:
    if account.account_id == event.to_account_id:
        return replace(account, balance_minutes=account.balance_minutes + event.minutes)
    return replace(
        account,
        balance_minutes=account.balance_minutes - event.minutes,
        held_minutes=account.held_minutes - event.hold_minutes,
    )


BALANCES = Kind(
    "balances_seen",
    BalanceSeen,
    {
        AccountOpened: lambda e: (e.account_id,),
        LimitsChanged: lambda e: (e.account_id,),
        AccountClosed: lambda e: (e.account_id,),
        BalanceNoted: lambda e: (e.account_id,),
        # A hold of money (an initiative with a compensation) or of nothing is not on an account.
        HoldPlaced: lambda e: (e.account_id,) if e.minutes else (),
        HoldReleased: lambda e: (e.account_id,) if e.minutes else (),
        HoldMoved: lambda e: (e.from_account_id, e.to_account_id),
        CreditTransferred: lambda e: (e.from_account_id, e.to_account_id),
    },
    _balance,
)


@dataclass(slots=True)
class RefusalSeen:
    """A match for which nothing could be set apart, or later: of which the minutes could not be booked.

    The hold's id is the match's. `left_cents`: what was left under the caps of `caps_year`,
    where that was said.
    """

    hold_id: UUID
    reason: str
    left_cents: int | None
    caps_year: int | None
    version: int = 0


def _refusal(
    _: RefusalSeen | None, event: HoldRefused | TransferRefused, hold_id: UUID, at: datetime
) -> RefusalSeen:
    left_cents = event.left_cents if isinstance(event, HoldRefused) else None
    return RefusalSeen(hold_id, event.reason, left_cents, event.caps_year)


REFUSALS = Kind(
    "refusals_seen",
    RefusalSeen,
    {HoldRefused: lambda e: (e.hold_id,), TransferRefused: lambda e: (e.match_id,)},
    _refusal,
)


@dataclass(slots=True)
class CapsSeen:
    """What a volunteer may receive in a year, in euro cents, where an operator entered it."""

    caps_id: UUID
    of_year: int
    hour_21: int
    hour_young: int
    month: int
    year: int
    version: int = 0

    @property
    def caps(self) -> Caps:
        return Caps(hour_21=self.hour_21, hour_young=self.hour_young, month=self.month, year=self.year)


def _caps(_: CapsSeen | None, event: CapsEntered | CapsCorrected, caps_id: UUID, at: datetime) -> CapsSeen:
    return CapsSeen(caps_id, event.year, **event.caps.model_dump())


ENTERED = Kind(
    "caps_seen", CapsSeen, {e: lambda e: (e.caps_id,) for e in (CapsEntered, CapsCorrected)}, _caps
)
