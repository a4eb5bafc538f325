"""Help from and for another region. Each region tells its own person; about the other it knows nothing.

How the two reach each other their coordinators tell them: no letter of ours has it.
"""

from contracts.crossings import TransferPosted, TransferReceived, TransferReleased
from contracts.envelope import Command
from contracts.loans import LoanCompleted, LoanConfirmed, LoanEnded
from services.notifications.telling import instead, iso, tell


def on_loan_confirmed(event: LoanConfirmed) -> list[Command]:
    return [
        tell(
            event.member_id,
            "match-helper" if event.side == "helps" else "match-asker",
            event.loan_id,
            category=event.category,
            minutes=event.minutes,
            wanted_at=iso(event.wanted_at),
        )
    ]


def on_loan_ended(event: LoanEnded) -> list[Command]:
    """For who heard that it would be; why is told to nobody.

    Where someone said how long it took they may well have met: then a coordinator calls them first.
    """
    if not event.told or event.given or event.member_id is None:
        return []
    moment = iso(event.wanted_at)
    if event.helper_id is not None:
        ended = tell(event.member_id, "match-ended-helper", event.loan_id, wanted_at=moment)
        return [instead(event.member_id, "match-helper", event.loan_id, ended)]
    if event.reason in ("cancelled", "withdrawn") and event.by == "us":
        ended = tell(event.member_id, "match-ended-asker", event.loan_id, wanted_at=moment)
    else:
        ended = tell(event.member_id, "helper-withdrew", event.loan_id, wanted_at=moment, keeps_date=1)
    return [instead(event.member_id, "match-asker", event.loan_id, ended)]


def on_loan_completed(event: LoanCompleted) -> list[Command]:
    """Where no hours count; else their account says it."""
    if event.counted:
        return []
    helped = int(event.side == "helps")
    return [tell(event.member_id, "help-recorded", event.loan_id, minutes=event.minutes, helped=helped)]


def on_transfer_posted(event: TransferPosted) -> list[Command]:
    """Off the account of our person. What regions settle between themselves is nobody's hours."""
    match event.kind:
        case "help":
            return [tell(event.payer_id, "hours-booked-asker", event.crossing_id, minutes=event.minutes)]
        case "gift":
            return [tell(event.payer_id, "gift-given", event.crossing_id, minutes=event.minutes)]
        case "settlement":
            return []


def on_transfer_received(event: TransferReceived) -> list[Command]:
    """Onto the account of our person."""
    if event.payee_id is None:
        return []
    match event.kind:
        case "help":
            return [tell(event.payee_id, "hours-booked-helper", event.crossing_id, minutes=event.minutes)]
        case "gift":
            return [tell(event.payee_id, "gift-received", event.crossing_id, minutes=event.minutes)]
        case "settlement":
            return []


def on_transfer_released(event: TransferReleased) -> list[Command]:
    """What they gave did not arrive, and is theirs again. Help is for their coordinator to sort out."""
    if event.kind != "gift" or not event.offered:
        return []
    return [tell(event.payer_id, "transfer-reversed", event.crossing_id, minutes=event.minutes, back=1)]
