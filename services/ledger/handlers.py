"""Which command is decided where, and what other services' events ask of the ledger."""

from collections.abc import Callable

from contracts.caps import EnterCaps
from contracts.clearing import (
    AnswerCap,
    CapAgreed,
    ClearingEnded,
    ClearingResumed,
    EndClearing,
    PositionReckoned,
    ProposeCap,
    Reckon,
    ResumeClearing,
)
from contracts.crossings import (
    AnswerSettlement,
    AskAboutTransfer,
    DecideTransfer,
    EndTransfer,
    GiveAcross,
    HoldForLoan,
    NoteUndelivered,
    OfferForLoan,
    ProposeSettlement,
    SeeToTransfers,
    TakeClearingLetter,
    TransferAccepted,
    TransferAsked,
    TransferOffered,
)
from contracts.envelope import Command, Event
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
from contracts.letters import TransferOffer, TransferPosting, read_letter
from contracts.link import LetterReceived, LetterUndeliverable, PeerJoined, PeerLeft
from contracts.loans import HelperTaken, LoanEnded, LoanMinutesAgreed
from contracts.participants import ParticipantAdmitted, ParticipantLeft
from services.kernel.service import Decide, Prepare, Schedule
from services.ledger import (
    account,
    agreement,
    booking,
    caps,
    clearing,
    compensation,
    correspondence,
    crossing,
    gift,
    hold,
    limits,
    parting,
    receiving,
    reckoning,
    reversal,
    sending,
    settlement,
)
from services.ledger.queries import prepare_decision, prepare_open, prepare_reversal

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
    ProposeCap: agreement.propose,
    AnswerCap: agreement.answer,
    GiveAcross: sending.give,
    ProposeSettlement: sending.propose_settlement,
    AnswerSettlement: receiving.answer_settlement,
    HoldForLoan: sending.hold_for_loan,
    OfferForLoan: sending.offer_for_loan,
    EndClearing: parting.end,
    ResumeClearing: parting.resume,
    SeeToTransfers: parting.see_to,
    NoteUndelivered: parting.undelivered,
    EndTransfer: parting.decide,
    TakeClearingLetter: correspondence.take,
    AskAboutTransfer: crossing.ask,
    Reckon: reckoning.reckon,
}

PREPARES: dict[type[Command], Prepare] = {
    ReverseTransfer: prepare_reversal,
    DecideTransfer: prepare_decision,
    SeeToTransfers: prepare_open,
}

SCHEDULES: dict[type[Event], Schedule] = {
    TransferOffered: crossing.asks,
    TransferAccepted: crossing.asks,
    TransferAsked: crossing.asks,
    CapAgreed: clearing.reckons,
    PositionReckoned: clearing.reckons,
    ClearingEnded: parting.sees_to,
    ClearingResumed: lambda event, at: [*parting.sees_to(event, at), *clearing.reckons(event, at)],
}


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


def on_helper_taken(event: HelperTaken) -> list[Command]:
    if not event.counted:
        return []
    return [
        HoldForLoan(
            hold_id=event.loan_id,
            account_id=event.asker_id,
            peer=event.peer,
            minutes=event.minutes,
            floor_minutes=event.floor_minutes,
        )
    ]


def on_loan_ended(event: LoanEnded) -> list[Command]:
    return [ReleaseHold(hold_id=event.loan_id)] if event.request_id is not None else []


def on_loan_minutes_agreed(event: LoanMinutesAgreed) -> list[Command]:
    if not event.counted:
        return []
    return [
        OfferForLoan(
            loan_id=event.loan_id,
            attempt=event.attempt,
            account_id=event.asker_id,
            peer=event.peer,
            payee_id=event.helper_id,
            minutes=event.minutes,
        )
    ]


def on_letter_received(event: LetterReceived) -> list[Command]:
    """What a peer wrote about hours; the rest is for others."""
    letter = read_letter(event.name, event.version, event.data)
    if not isinstance(letter, correspondence.READS):
        return []
    return [TakeClearingLetter.model_validate({"peer": event.peer, "letter": letter})]


def on_letter_undeliverable(event: LetterUndeliverable) -> list[Command]:
    """What the peer never hears of. What else was not taken changes nothing here."""
    if event.name not in (TransferOffer.__name__, TransferPosting.__name__):
        return []
    return [NoteUndelivered.model_validate({"transfer_id": event.thread_id, "letter": event.name})]


def on_peer_left(event: PeerLeft) -> list[Command]:
    return [EndClearing(peer=event.peer)]


def on_peer_joined(event: PeerJoined) -> list[Command]:
    """Also with new keys, or for the first time: then nothing had ended."""
    return [ResumeClearing(peer=event.peer)]
