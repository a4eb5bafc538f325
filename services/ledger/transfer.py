"""A transfer: minutes from one account to another. The two postings sum to zero by construction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import BookMatch, CreditTransferred, TransferCredit, TransferRefused
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, Account
from services.ledger.hold import HOLD


@dataclass(slots=True)
class Transfer:
    transfer_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    minutes: int
    status: Literal["posted", "refused"]
    match_id: UUID | None
    posted_at: datetime
    version: int = 0


def evolve(
    transfer: Transfer | None, event: CreditTransferred | TransferRefused, transfer_id: UUID, at: datetime
) -> Transfer:
    return Transfer(
        transfer_id,
        event.from_account_id,
        event.to_account_id,
        event.minutes,
        "posted" if isinstance(event, CreditTransferred) else "refused",
        event.match_id,
        at,
    )


TRANSFER = Kind(
    "transfers",
    Transfer,
    {event: lambda e: (e.transfer_id,) for event in (CreditTransferred, TransferRefused)},
    evolve,
)


def give(command: TransferCredit, context: Context, state: State) -> list[Event]:
    """A gift from one account to another, without a hold."""
    if command.from_account_id == command.to_account_id:
        raise Rejected(
            "same_account",
            "U kunt geen uren aan uzelf geven. Kies iemand anders.",
            "You cannot give hours to yourself. Choose someone else.",
        )
    giver = _account(state, command.from_account_id)
    _account(state, command.to_account_id)
    if not giver.can_spare(command.minutes):
        left = giver.available_minutes - giver.floor_minutes
        raise Rejected(
            "below_floor",
            f"Dit kan nu niet: er kunnen nog {left} minuten af. Geef minder, of later.",
            f"Not possible now: {left} minutes can still be given. Give less, or later.",
            left_minutes=left,
        )
    return [
        CreditTransferred(
            transfer_id=context.command_id,
            from_account_id=command.from_account_id,
            to_account_id=command.to_account_id,
            minutes=command.minutes,
        )
    ]


def book(command: BookMatch, context: Context, state: State) -> list[Event]:
    """The agreed minutes of a match, out of its hold; more than the hold only above the floor."""
    payer = state.get(ACCOUNT, command.from_account_id)
    payee = state.get(ACCOUNT, command.to_account_id)
    hold = state.get(HOLD, command.match_id)
    held = hold.minutes if hold is not None and hold.status == "held" else 0
    if payer is None or payee is None or not payer.can_spare(command.minutes - held):
        return [
            TransferRefused(
                transfer_id=context.command_id,
                from_account_id=command.from_account_id,
                to_account_id=command.to_account_id,
                minutes=command.minutes,
                match_id=command.match_id,
                reason="no_account" if payer is None or payee is None else "below_floor",
            )
        ]
    return [
        CreditTransferred(
            transfer_id=context.command_id,
            from_account_id=command.from_account_id,
            to_account_id=command.to_account_id,
            minutes=command.minutes,
            hold_minutes=held,
            match_id=command.match_id,
        )
    ]


def _account(state: State, account_id: UUID) -> Account:
    account = state.get(ACCOUNT, account_id)
    if account is None:
        raise Rejected(
            "no_account",
            "Deze rekening kennen wij niet. Wacht tot de deelnemer is goedgekeurd, of kijk het nummer na.",
            "We do not know this account. Wait until the participant is approved, or check the number.",
        )
    return account
