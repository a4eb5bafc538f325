"""An account: a balance in minutes, what is held of it, and how far it may go down."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import AccountOpened, CreditTransferred, HoldPlaced, HoldReleased, OpenAccount
from services.kernel.entity import Kind, State
from services.kernel.service import Context


@dataclass(slots=True)
class Account:
    account_id: UUID
    balance_minutes: int
    held_minutes: int
    floor_minutes: int
    version: int = 0

    @property
    def available_minutes(self) -> int:
        return self.balance_minutes - self.held_minutes

    def can_spare(self, minutes: int) -> bool:
        """Whether `minutes` more may be held or paid."""
        return self.available_minutes - minutes >= self.floor_minutes


def evolve(
    account: Account | None,
    event: AccountOpened | HoldPlaced | HoldReleased | CreditTransferred,
    account_id: UUID,
    at: datetime,
) -> Account:
    if isinstance(event, AccountOpened):
        return Account(account_id, 0, 0, event.floor_minutes)
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


ACCOUNT = Kind(
    "accounts",
    Account,
    {
        AccountOpened: lambda e: (e.account_id,),
        HoldPlaced: lambda e: (e.account_id,),
        HoldReleased: lambda e: (e.account_id,),
        CreditTransferred: lambda e: (e.from_account_id, e.to_account_id),
    },
    evolve,
)


def open_account(command: OpenAccount, context: Context, state: State) -> list[Event]:
    return [AccountOpened(account_id=command.account_id, floor_minutes=command.floor_minutes)]
