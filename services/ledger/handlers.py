"""Which command is decided where, and what other services' events ask of the ledger."""

from collections.abc import Callable

from contracts.caps import EnterCaps
from contracts.envelope import Command
from contracts.exchange import MatchFellThrough, MatchReserved, MinutesAgreed
from contracts.ledger import (
    BookMatch,
    BringBalance,
    ChangeLimits,
    GiveToPool,
    NoteExpenses,
    OpenAccount,
    PlaceHold,
    ReleaseHold,
    ReverseTransfer,
    SettleAccount,
    SpendFromPool,
    TransferCredit,
    UndoTransfer,
)
from contracts.participants import ParticipantAdmitted, ParticipantLeft
from services.kernel.service import Decide, Prepare
from services.ledger import account, booking, caps, compensation, gift, hold, limits, reversal, settlement
from services.ledger.queries import prepare_reversal

DECIDES: dict[type[Command], Decide] = {
    OpenAccount: account.open_account,
    ChangeLimits: limits.change_limits,
    PlaceHold: hold.place,
    ReleaseHold: hold.release,
    BookMatch: booking.book,
    TransferCredit: gift.give,
    GiveToPool: gift.give_to_pool,
    SpendFromPool: gift.spend_from_pool,
    UndoTransfer: reversal.undo,
    NoteExpenses: compensation.note_expenses,
    EnterCaps: caps.enter,
    BringBalance: settlement.bring,
    SettleAccount: settlement.settle,
}

PREPARES: dict[type[Command], Prepare] = {ReverseTransfer: prepare_reversal}


def on_participant_admitted(floor_minutes: int) -> Callable[[ParticipantAdmitted], list[Command]]:
    """Accounts open with the region's floor of that day."""

    def opens_account(event: ParticipantAdmitted) -> list[Command]:
        return [OpenAccount(account_id=event.participant_id, floor_minutes=floor_minutes, kind=event.kind)]

    return opens_account


def on_participant_left(event: ParticipantLeft) -> list[Command]:
    return [
        SettleAccount(
            account_id=event.participant_id, settle=event.settle, beneficiary_id=event.beneficiary_id
        )
    ]


def on_match_reserved(event: MatchReserved) -> list[Command]:
    return [
        PlaceHold(
            hold_id=event.match_id,
            account_id=event.asker_id,
            helper_id=event.helper_id,
            minutes=event.minutes,
            compensation=event.compensation,
            floor_minutes=event.floor_minutes,
            age_band=event.age_band,
            at=event.wanted_at,
        )
    ]


def on_match_fell_through(event: MatchFellThrough) -> list[Command]:
    return [ReleaseHold(hold_id=event.match_id)]


def on_minutes_agreed(event: MinutesAgreed) -> list[Command]:
    return [
        BookMatch(
            match_id=event.match_id,
            from_account_id=event.asker_id,
            to_account_id=event.helper_id,
            minutes=event.minutes,
            compensation=event.compensation,
            age_band=event.age_band,
            at=event.wanted_at,
        )
    ]
