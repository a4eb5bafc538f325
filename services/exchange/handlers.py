"""Which command is decided where, and what other services' events ask of exchange."""

from contracts.envelope import Command, Event
from contracts.exchange import (
    AdmitParticipant,
    CancelMatch,
    ConfirmMatch,
    LapseReservation,
    MatchReserved,
    NoteCapacity,
    PostOffer,
    ReportMinutes,
    RequestHelp,
    ReserveMatch,
    SettleBooking,
    SettleHold,
    WithdrawOffer,
    WithdrawRequest,
)
from contracts.ledger import CreditTransferred, HoldPlaced, HoldRefused, TransferRefused
from contracts.members import CapacityChanged, MemberApproved
from services.exchange import help_request, match, offer, participant
from services.exchange.queries import prepare_confirm
from services.kernel.service import Decide, Follow, Prepare, Schedule

DECIDES: dict[type[Command], Decide] = {
    PostOffer: offer.post,
    WithdrawOffer: offer.withdraw,
    RequestHelp: help_request.ask,
    WithdrawRequest: help_request.withdraw,
    ReserveMatch: match.reserve,
    CancelMatch: match.cancel,
    ReportMinutes: match.report,
    AdmitParticipant: participant.admit,
    NoteCapacity: participant.note_capacity,
    SettleHold: match.settle_hold,
    SettleBooking: match.settle_booking,
    LapseReservation: match.lapse,
}

PREPARES: dict[type[Command], Prepare] = {ConfirmMatch: prepare_confirm}

SCHEDULES: dict[type[Event], Schedule] = {MatchReserved: match.lapses}


def on_member_approved(event: MemberApproved) -> list[Command]:
    return [
        AdmitParticipant(
            participant_id=event.member_id,
            number=event.number,
            pc4=event.pc4,
            capacity_minutes_week=event.capacity_minutes_week,
        )
    ]


def on_capacity_changed(event: CapacityChanged) -> list[Command]:
    return [NoteCapacity(participant_id=event.member_id, capacity_minutes_week=event.capacity_minutes_week)]


def on_hold_placed(event: HoldPlaced) -> list[Command]:
    return [SettleHold(match_id=event.hold_id, placed=True)]


def on_hold_refused(event: HoldRefused) -> list[Command]:
    return [SettleHold(match_id=event.hold_id, placed=False)]


def on_credit_transferred(event: CreditTransferred) -> list[Command]:
    return [SettleBooking(match_id=event.match_id, booked=True)] if event.match_id else []


def on_transfer_refused(event: TransferRefused) -> list[Command]:
    return [SettleBooking(match_id=event.match_id, booked=False)]


FOLLOWS: dict[type[Event], Follow] = {
    MemberApproved: on_member_approved,
    CapacityChanged: on_capacity_changed,
    HoldPlaced: on_hold_placed,
    HoldRefused: on_hold_refused,
    CreditTransferred: on_credit_transferred,
    TransferRefused: on_transfer_refused,
}
