"""A transfer: minutes from one account to another. The two postings sum to zero by construction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict, Unpack, assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.ledger import (
    AccountOpened,
    BalanceNoted,
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    TransferRefused,
)
from services.kernel.entity import Kind, replace
from services.ledger.account import REGIONS_OWN, Account

Status = Literal["posted", "refused", "recorded", "compensated"]
"""Only what is `posted` changed balances. `recorded`: help for which nothing is counted;
`compensated`: in euros, not in minutes."""


@dataclass(slots=True)
class Transfer:
    """What became of one wish to book."""

    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    status: Status
    kind: str
    match_id: UUID | None
    posted_at: datetime
    payer_id: UUID | None = None
    payee_id: UUID | None = None
    reverses: UUID | None = None
    reversed_by: UUID | None = None
    version: int = 0

    @property
    def people(self) -> tuple[UUID, UUID]:
        """Whom it is about."""
        return self.payer_id or self.from_account_id, self.payee_id or self.to_account_id


type TransferEvent = CreditTransferred | TransferRefused | HelpRecorded | CompensationBooked


def evolve(transfer: Transfer | None, event: TransferEvent, transfer_id: UUID, at: datetime) -> Transfer:
    if transfer_id != event.transfer_id:
        # Another one reverses it; the second half of a reversal changes nothing more.
        assert transfer is not None
        return replace(transfer, reversed_by=transfer.reversed_by or event.transfer_id)
    match event:
        case CreditTransferred():
            return Transfer(
                transfer_id,
                event.from_account_id,
                event.to_account_id,
                event.minutes,
                "posted",
                event.kind,
                event.match_id,
                at,
                event.payer_id,
                event.payee_id,
                event.reverses,
            )
        case TransferRefused():
            return _unposted(event, (event.from_account_id, event.to_account_id), "refused", at)
        case HelpRecorded():
            return _unposted(event, (event.asker_id, event.helper_id), "recorded", at)
        case CompensationBooked():
            return _unposted(event, (event.asker_id, event.helper_id), "compensated", at)
        case _:
            assert_never(event)


def _unposted(
    event: TransferRefused | HelpRecorded | CompensationBooked,
    people: tuple[UUID, UUID],
    status: Status,
    at: datetime,
) -> Transfer:
    """What became of a match whose minutes are on no account."""
    return Transfer(event.transfer_id, *people, event.minutes, status, "match", event.match_id, at)


TRANSFER = Kind(
    "transfers",
    Transfer,
    {
        CreditTransferred: lambda e: (e.transfer_id,) if e.reverses is None else (e.transfer_id, e.reverses),
        TransferRefused: lambda e: (e.transfer_id,),
        HelpRecorded: lambda e: (e.transfer_id,),
        CompensationBooked: lambda e: (e.transfer_id,),
    },
    evolve,
)


class Links(TypedDict, total=False):
    """What else a transfer says: see CreditTransferred."""

    hold_minutes: int
    match_id: UUID | None
    reverses: UUID
    payer_id: UUID | None
    payee_id: UUID | None
    peer: str


def rest_of(first_id: UUID, n: int = 1) -> UUID:
    """The id of what one decision books after its transfer `first_id`, as the so many-th of its events."""
    return uuid5(first_id, str(n))


class Postings:
    """The transfers that one decision makes. The first has `first_id`, the others ids made from it."""

    __slots__ = ("_changes", "_events", "_first_id")

    def __init__(self, first_id: UUID) -> None:
        self._first_id = first_id
        self._events: list[Event] = []
        self._changes: list[tuple[Account, int]] = []

    def move(self, minutes: int, payer: Account, payee: Account, kind: str, **links: Unpack[Links]) -> None:
        """Minutes (0: nothing happens) from one account to another. Accounts are as before the decision."""
        if minutes == 0:
            return
        transfer_id = rest_of(self._first_id, len(self._events)) if self._changes else self._first_id
        for account, change in ((payer, -minutes), (payee, minutes)):
            if account.version == 0:
                self._open(account)
            self._changes.append((account, change))
        self._events.append(
            CreditTransferred(
                transfer_id=transfer_id,
                from_account_id=payer.account_id,
                to_account_id=payee.account_id,
                minutes=minutes,
                kind=kind,
                **links,
            )
        )

    def note(self, event: Event, account: Account) -> None:
        """Something else that happens to an account of the region's own, in its place among the transfers."""
        if account.version == 0:
            self._open(account)
        self._changes.append((account, 0))
        self._events.append(event)

    def _open(self, account: Account) -> None:
        """An account of the region's own opens with what first needs it."""
        if all(account.account_id != opened.account_id for opened, _ in self._changes):
            kind, floor_minutes = REGIONS_OWN[account.account_id]
            opened = AccountOpened(account_id=account.account_id, floor_minutes=floor_minutes, kind=kind)
            self._events.append(opened)

    def noted(self) -> list[Event]:
        """All that happens: the transfers, and which balances passed a soft limit by them."""
        changes = self._changes if len(self._changes) == 2 else self._summed()
        for account, change in changes:
            which = account.passes(change)
            if which is not None and not account.regions_own:
                balance = account.balance_minutes + change
                noted = BalanceNoted(account_id=account.account_id, which=which, balance_minutes=balance)
                self._events.append(noted)
        return self._events

    def _summed(self) -> list[tuple[Account, int]]:
        sums: dict[UUID, tuple[Account, int]] = {}
        for account, change in self._changes:
            _, before = sums.get(account.account_id, (account, 0))
            sums[account.account_id] = account, before + change
        return list(sums.values())

    def __bool__(self) -> bool:
        return bool(self._changes)
