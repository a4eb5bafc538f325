"""An account: a balance in minutes, what is held of it, and how far it may go down and up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.crossings import (
    SETTLED,
)
from contracts.envelope import Event
from contracts.ledger import (
    OPENING,
    POOL,
    REGION,
    SUSPENSE,
    WRITTEN_OFF,
    AccountClosed,
    AccountOpened,
    BalanceNoted,
    CompensationBooked,
    CreditTransferred,
    HoldMoved,
    HoldPlaced,
    HoldReleased,
    LimitsChanged,
    OpenAccount,
)
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context

SAVED_MINUTES = 1_200
"""Who has saved more than this hears of it, and so does a coordinator: hours are there to be spent."""

OWED_MINUTES = -300
"""Who owes more than this hears of it, before the floor stops them."""

BOTTOMLESS = -1_000_000_000
"""The floor of the region's own accounts that may go below zero: two thousand years of help."""

REGIONS_OWN: dict[UUID, tuple[str, int]] = {
    POOL: ("pool", 0),
    SUSPENSE: ("suspense", BOTTOMLESS),
    OPENING: ("opening", BOTTOMLESS),
    REGION: ("region", BOTTOMLESS),
    WRITTEN_OFF: ("written_off", BOTTOMLESS),
    SETTLED: ("settled", BOTTOMLESS),
}
"""Kind and floor of the region's own accounts. Each opens with the first transfer that needs it.

And there is one for every region it clears hours with, which opens with their first word on it."""


@dataclass(slots=True)
class Account:
    """`holds`: what is reserved on it runs for these matches; in minutes, or in cents of a helper."""

    account_id: UUID
    balance_minutes: int
    held_minutes: int
    floor_minutes: int
    ceiling_minutes: int | None = None
    closed: bool = False
    holds: tuple[UUID, ...] = ()
    version: int = 0

    @property
    def available_minutes(self) -> int:
        return self.balance_minutes - self.held_minutes

    @property
    def regions_own(self) -> bool:
        """Whether it is the region's own: nobody's who takes part."""
        return self.account_id in REGIONS_OWN or self.floor_minutes == BOTTOMLESS

    @property
    def spare_minutes(self) -> int:
        """What may still be held or paid."""
        return self.available_minutes - self.floor_minutes

    def can_spare(self, minutes: int) -> bool:
        """Whether `minutes` more may be held or paid."""
        return self.spare_minutes >= minutes

    def fits(self, minutes: int) -> int:
        """How many of these minutes may come in."""
        if self.ceiling_minutes is None:
            return minutes
        return max(0, min(minutes, self.ceiling_minutes - self.balance_minutes))

    def passes(self, change_minutes: int) -> Literal["saved", "owed"] | None:
        """The soft limit that a change of the balance passes, on the way out."""
        after = self.balance_minutes + change_minutes
        if self.balance_minutes <= SAVED_MINUTES < after:
            return "saved"
        if self.balance_minutes >= OWED_MINUTES > after:
            return "owed"
        return None


type AccountEvent = (
    AccountOpened
    | LimitsChanged
    | AccountClosed
    | BalanceNoted
    | HoldPlaced
    | HoldReleased
    | HoldMoved
    | CreditTransferred
    | CompensationBooked
)


def evolve(account: Account | None, event: AccountEvent, account_id: UUID, at: datetime) -> Account:
    if isinstance(event, AccountOpened):
        return Account(account_id, 0, 0, event.floor_minutes, event.ceiling_minutes)
    assert account is not None
    match event:
        case CreditTransferred():
            return _posted(account, event)
        case HoldPlaced():
            held = account.held_minutes + event.minutes
            return replace(account, held_minutes=held, holds=(*account.holds, event.hold_id))
        case HoldReleased():
            return _freed(account, event.hold_id, event.minutes)
        case HoldMoved() if account_id == event.to_account_id:
            held = account.held_minutes + event.minutes
            return replace(account, held_minutes=held, holds=(*account.holds, event.hold_id))
        case HoldMoved():
            return _freed(account, event.hold_id, event.minutes)
        case CompensationBooked():
            return _freed(account, event.match_id, 0)
        case LimitsChanged():
            return replace(account, floor_minutes=event.floor_minutes, ceiling_minutes=event.ceiling_minutes)
        case AccountClosed():
            return replace(account, closed=True)
        case BalanceNoted():
            return replace(account)
        case _:
            assert_never(event)


def _posted(account: Account, event: CreditTransferred) -> Account:
    comes_in = account.account_id == event.to_account_id
    # Spelled out: this runs twice for every transfer, and `replace` takes three times as long.
    after = Account(
        account.account_id,
        account.balance_minutes + (event.minutes if comes_in else -event.minutes),
        account.held_minutes,
        account.floor_minutes,
        account.ceiling_minutes,
        account.closed,
        account.holds,
    )
    if event.hold_minutes and event.match_id is not None and not comes_in:
        return _freed(after, event.match_id, event.hold_minutes)
    return after


def _freed(account: Account, hold_id: UUID, minutes: int) -> Account:
    left = tuple(held for held in account.holds if held != hold_id)
    return replace(account, held_minutes=account.held_minutes - minutes, holds=left)


ACCOUNT = Kind(
    "accounts",
    Account,
    {
        AccountOpened: lambda e: (e.account_id,),
        LimitsChanged: lambda e: (e.account_id,),
        AccountClosed: lambda e: (e.account_id,),
        BalanceNoted: lambda e: (e.account_id,),
        # A hold of nothing (where nothing is counted) reserves nothing.
        HoldPlaced: lambda e: (e.account_id,) if e.minutes or e.cents else (),
        HoldReleased: lambda e: (e.account_id,) if e.minutes or e.cents else (),
        HoldMoved: lambda e: (e.from_account_id, e.to_account_id),
        CompensationBooked: lambda e: (e.helper_id,) if e.hold_cents else (),
        CreditTransferred: lambda e: (e.from_account_id, e.to_account_id),
    },
    evolve,
)


def open_account(command: OpenAccount, context: Context, state: State) -> list[Event]:
    return [
        AccountOpened(account_id=command.account_id, floor_minutes=command.floor_minutes, kind=command.kind)
    ]


def known(state: State, account_id: UUID) -> Account:
    """The account of this id, open. Raises Rejected."""
    return check_open(state.get(ACCOUNT, account_id))


def check_open(account: Account | None) -> Account:
    """The account, when there is one and it is open. Raises Rejected."""
    if account is None:
        raise Rejected(
            "no_account",
            "Deze rekening kennen wij niet. Wacht tot de deelnemer is goedgekeurd, of kijk het nummer na.",
            "We do not know this account. Wait until the participant is approved, or check the number.",
        )
    if account.closed:
        raise Rejected(
            "account_closed",
            "Deze rekening is gesloten: deze deelnemer doet niet meer mee. Kies een andere rekening.",
            "This account is closed: this participant no longer takes part. Choose another account.",
        )
    return account


def regions_own(state: State, account_id: UUID) -> Account:
    """An account of the region's own; one that nothing needed yet has version 0."""
    account = state.get(ACCOUNT, account_id)
    return account or Account(account_id, 0, 0, REGIONS_OWN[account_id][1])


def check_not_regions(account: Account) -> None:
    """Go on only with an account of someone who takes part. Raises Rejected."""
    if account.regions_own:
        raise Rejected(
            "regions_account",
            "Dit is een rekening van de regio zelf. Kies de rekening van een deelnemer, "
            "of geef aan de solidariteitspot.",
            "This is an account of the region itself. Choose a participant's account, "
            "or give to the solidarity pool.",
        )
