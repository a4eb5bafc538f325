"""What the ledger says: balances, in minutes."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.ledger import AccountOpened, CreditTransferred, HoldPlaced, HoldReleased
from services.kernel.entity import Kind


@dataclass(slots=True)
class BalanceSeen:
    """All in minutes; available = balance - held."""

    account_id: UUID
    balance_minutes: int
    held_minutes: int
    floor_minutes: int
    version: int = 0


def _balance(
    account: BalanceSeen | None,
    event: AccountOpened | HoldPlaced | HoldReleased | CreditTransferred,
    account_id: UUID,
    at: datetime,
) -> BalanceSeen:
    if isinstance(event, AccountOpened):
        return BalanceSeen(account_id, 0, 0, event.floor_minutes)
    assert account is not None
    match event:
        case HoldPlaced():
            return replace(account, held_minutes=account.held_minutes + event.minutes)
        case HoldReleased():
            return replace(account, held_minutes=account.held_minutes - event.minutes)
        case CreditTransferred():
            if account_id == event.to_account_id:
                return replace(account, balance_minutes=account.balance_minutes + event.minutes)
            return replace(
                account,
                balance_minutes=account.balance_minutes - event.minutes,
                held_minutes=account.held_minutes - event.hold_minutes,
            )
        case _:
            assert_never(event)


BALANCES = Kind(
    "balances_seen",
    BalanceSeen,
    {
        AccountOpened: lambda e: (e.account_id,),
        HoldPlaced: lambda e: (e.account_id,),
        HoldReleased: lambda e: (e.account_id,),
        CreditTransferred: lambda e: (e.from_account_id, e.to_account_id),
    },
    _balance,
)
