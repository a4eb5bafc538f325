"""Which command is decided where, and what other services' events ask of the ledger."""

from collections.abc import Callable

from contracts.envelope import Command
from contracts.exchange import MatchFellThrough, MatchReserved, MinutesAgreed, ParticipantAdmitted
from contracts.ledger import BookMatch, OpenAccount, PlaceHold, ReleaseHold, TransferCredit
from services.kernel.service import Decide
from services.ledger import account, hold, transfer

DECIDES: dict[type[Command], Decide] = {
    OpenAccount: account.open_account,
    PlaceHold: hold.place,
    ReleaseHold: hold.release,
    TransferCredit: transfer.give,
    BookMatch: transfer.book,
}


def on_participant_admitted(floor_minutes: int) -> Callable[[ParticipantAdmitted], list[Command]]:
    """Accounts open with the region's floor of that day."""

    def opens_account(event: ParticipantAdmitted) -> list[Command]:
        return [OpenAccount(account_id=event.participant_id, floor_minutes=floor_minutes)]

    return opens_account


def on_match_reserved(event: MatchReserved) -> list[Command]:
    return [PlaceHold(hold_id=event.match_id, account_id=event.asker_id, minutes=event.minutes)]


def on_match_fell_through(event: MatchFellThrough) -> list[Command]:
    return [ReleaseHold(hold_id=event.match_id)]


def on_minutes_agreed(event: MinutesAgreed) -> list[Command]:
    return [
        BookMatch(
            match_id=event.match_id,
            from_account_id=event.asker_id,
            to_account_id=event.helper_id,
            minutes=event.minutes,
        )
    ]
