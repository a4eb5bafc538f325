"""Which command is decided where, and what other services' events ask of exchange."""

from contracts.crossings import TransferPosted, TransferReleased
from contracts.envelope import Command, Event
from contracts.exchange import (
    CancelMatch,
    ConfirmMatch,
    LapseReservation,
    MatchReserved,
    OpenDrafts,
    PostOffer,
    ReportMinutes,
    RequestHelp,
    ReserveMatch,
    SettleBooking,
    SettleHold,
    SuspendHelper,
    WithdrawOffer,
    WithdrawRequest,
)
from contracts.households import HouseholdJoined
from contracts.initiatives import (
    ChangePolicy,
    CloseInitiative,
    PolicyChanged,
    StartInitiative,
    WaiveReciprocity,
)
from contracts.ledger import (
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    HoldPlaced,
    HoldRefused,
    TransferRefused,
)
from contracts.letters import HelpAppeal, read_letter
from contracts.link import LetterOrphaned, LetterReceived, LetterUndeliverable, PeerLeft
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    EndLoansWith,
    GiveUpLoan,
    GiveUpPeer,
    HelpAsked,
    HelperConfirmed,
    HelperLent,
    HelperOffered,
    HelperTaken,
    HelperWanted,
    HelpSought,
    LapseLoan,
    LendHelper,
    LendingStopped,
    NoteForgotten,
    RemindOfLoan,
    ReportLoanMinutes,
    ResolveLoan,
    RetryLoan,
    SeekHelp,
    SettleLoan,
    SettleLoanHold,
    TakeHelper,
    TakeLoanLetter,
)
from contracts.members import (
    CapacityChanged,
    CircleChanged,
    ContactDetailsChanged,
    GuardianConsentWithdrawn,
    MemberApproved,
    MemberDeclined,
    MemberErased,
    MemberLeft,
    MemberPaused,
)
from contracts.participants import (
    AdmitParticipant,
    EndAsking,
    EndOffers,
    LetGo,
    NearnessChanged,
    NoteCapacity,
    NoteNearness,
    ParticipantLeft,
    PartTooClose,
)
from contracts.referrals import (
    AcceptReferral,
    CancelReferral,
    CheckReferral,
    EndReferrals,
    FailReferral,
    HoldReferral,
    PersonReferred,
    ReferPerson,
    RejectReferral,
    StopFeedback,
    TakeReferral,
)
from contracts.safety import (
    CloseIncident,
    DecideMinutes,
    EndIncident,
    HandOverIncident,
    PassOnIncident,
    ReportIncident,
    SettleMinutes,
)
from contracts.vetting import VogLapsed
from contracts.visits import (
    EndHelping,
    EndSeries,
    FinishSeries,
    MoveVisit,
    NoteNoShow,
    PlanVisit,
    SayThanks,
    SeriesPlanned,
    SeriesStarted,
    SkipVisit,
    ThankHelper,
)
from services.exchange import (
    acting,
    borrowing,
    confirming,
    help_request,
    incident,
    initiative,
    leaving,
    lending,
    loan_life,
    loan_terms,
    match,
    minutes,
    offer,
    participant,
    planning,
    preparing,
    referral,
    referral_course,
    visit,
)
from services.kernel.service import Decide, Erase, Follow, Prepare, Schedule

_DECIDES: dict[type[Command], Decide] = {
    StartInitiative: initiative.start,
    ChangePolicy: initiative.change,
    CloseInitiative: initiative.close,
    PostOffer: offer.post,
    WithdrawOffer: offer.withdraw,
    RequestHelp: help_request.ask,
    OpenDrafts: help_request.open_drafts,
    WithdrawRequest: help_request.withdraw,
    ReserveMatch: confirming.reserve,
    CancelMatch: match.cancel,
    ReportMinutes: minutes.report,
    SettleMinutes: minutes.decide,
    SkipVisit: visit.skip,
    MoveVisit: visit.move,
    NoteNoShow: visit.note_no_show,
    SayThanks: visit.thank,
    EndSeries: planning.end,
    EndHelping: planning.end_helping,
    PlanVisit: planning.plan,
    FinishSeries: planning.finish,
    ReportIncident: incident.report,
    PassOnIncident: incident.hand_over,
    EndIncident: incident.close,
    WaiveReciprocity: participant.waive,
    AdmitParticipant: participant.admit,
    NoteCapacity: participant.note_capacity,
    SuspendHelper: leaving.suspend,
    EndAsking: leaving.end_asking,
    NoteNearness: leaving.note_nearness,
    PartTooClose: leaving.part_too_close,
    LetGo: leaving.let_go,
    EndOffers: leaving.end_offers,
    SettleHold: confirming.settle_hold,
    SettleBooking: minutes.settle_booking,
    LapseReservation: match.lapse,
    TakeReferral: referral.take,
    AcceptReferral: referral_course.accept,
    RejectReferral: referral_course.reject,
    HoldReferral: referral_course.hold,
    FailReferral: referral_course.fail,
    CancelReferral: referral_course.cancel,
    EndReferrals: referral_course.end,
    StopFeedback: referral.stop_feedback,
    CheckReferral: referral.check,
    SeekHelp: borrowing.seek,
    TakeHelper: borrowing.take,
    RetryLoan: borrowing.retry,
    SettleLoanHold: borrowing.settle_hold,
    SettleLoan: borrowing.settle,
    LendHelper: lending.lend,
    AgreeToLoan: loan_life.agree,
    ReportLoanMinutes: loan_life.report,
    EndLoan: loan_life.call_off,
    TakeLoanLetter: loan_life.take_letter,
    ResolveLoan: loan_life.resolve,
    RemindOfLoan: loan_terms.remind,
    LapseLoan: loan_terms.lapse,
    NoteForgotten: loan_terms.note_forgotten,
    GiveUpLoan: loan_terms.give_up,
    GiveUpPeer: loan_terms.give_up_peer,
    EndLoansWith: loan_terms.end_with,
}

DECIDES = referral_course.keeping_up(acting.in_someones_name(_DECIDES))

PREPARES: dict[type[Command], Prepare] = {
    ConfirmMatch: preparing.confirm,
    OpenDrafts: preparing.open_drafts,
    DecideMinutes: preparing.decide_minutes,
    ThankHelper: preparing.thank,
    PlanVisit: preparing.plan_visit,
    PartTooClose: preparing.part_too_close,
    EndOffers: preparing.end_offers,
    EndLoansWith: preparing.end_loans_with,
    ReportIncident: preparing.report_incident,
    HandOverIncident: preparing.hand_over_incident,
    CloseIncident: preparing.close_incident,
    ReferPerson: preparing.refer,
}

SCHEDULES: dict[type[Event], Schedule] = {
    MatchReserved: match.lapses,
    SeriesStarted: planning.next_visit,
    SeriesPlanned: planning.next_visit,
    NearnessChanged: leaving.look_at_nearness,
    ParticipantLeft: leaving.look_for_offers,
    PolicyChanged: help_request.look_for_drafts,
    PersonReferred: referral.checks,
    **dict.fromkeys(
        (HelpSought, HelpAsked, HelperLent, HelperOffered, HelperConfirmed, HelperWanted), loan_terms.terms
    ),
    HelperTaken: loan_terms.hold_term,
    LendingStopped: loan_terms.look_for_loans,
}

ERASES: dict[type[Event], Erase] = {MemberErased: lambda event: event.member_id}


def on_member_approved(event: MemberApproved) -> list[Command]:
    return [
        AdmitParticipant(
            participant_id=event.member_id,
            number=event.number,
            pc4=event.pc4,
            capacity_minutes_week=event.capacity_minutes_week,
            carer_minutes_week=event.carer_minutes_week,
            kind=event.kind,
        )
    ]


def on_capacity_changed(event: CapacityChanged) -> list[Command]:
    return [
        NoteCapacity(
            participant_id=event.member_id,
            capacity_minutes_week=event.capacity_minutes_week,
            carer_minutes_week=event.carer_minutes_week,
        )
    ]


def on_member_paused(event: MemberPaused) -> list[Command]:
    return [SuspendHelper(helper_id=event.member_id, reason="paused", until=event.until)]


def on_guardian_consent_withdrawn(event: GuardianConsentWithdrawn) -> list[Command]:
    return [
        SuspendHelper(helper_id=event.member_id, reason="consent_withdrawn"),
        EndAsking(member_id=event.member_id),
    ]


def on_vog_lapsed(event: VogLapsed) -> list[Command]:
    return [SuspendHelper(helper_id=event.member_id, reason="vog_lapsed", category=event.category)]


def on_nearness_changed(event: CircleChanged | ContactDetailsChanged | HouseholdJoined) -> list[Command]:
    return [NoteNearness(member_id=event.member_id)]


def on_member_left(event: MemberLeft) -> list[Command]:
    return [
        LetGo(member_id=event.member_id, settle=event.settle, beneficiary_id=event.beneficiary_id),
        EndReferrals(member_id=event.member_id),
    ]


def on_member_declined(event: MemberDeclined) -> list[Command]:
    return [EndReferrals(member_id=event.member_id, declined=True)]


def on_hold_placed(event: HoldPlaced) -> list[Command]:
    if event.peer is not None:
        return [SettleLoanHold(loan_id=event.hold_id, placed=True)]
    return [SettleHold(match_id=event.hold_id, placed=True)]


def on_hold_refused(event: HoldRefused) -> list[Command]:
    if event.peer is not None:
        return [SettleLoanHold(loan_id=event.hold_id, placed=False, reason=event.reason)]
    capped = event.reason == "compensation_cap"
    return [
        SettleHold(
            match_id=event.hold_id, placed=False, reason="compensation_cap" if capped else "below_floor"
        )
    ]


def on_booked(event: CreditTransferred | HelpRecorded | CompensationBooked) -> list[Command]:
    # What is kept for a match while an account is settled is not booked yet; what goes to another
    # region is no match of this one.
    other = isinstance(event, CreditTransferred) and event.kind in ("settlement", "clearing")
    return [SettleBooking(match_id=event.match_id, booked=True)] if event.match_id and not other else []


def on_transfer_refused(event: TransferRefused) -> list[Command]:
    return [SettleBooking(match_id=event.match_id, booked=False)]


def on_crossed(event: TransferPosted | TransferReleased) -> list[Command]:
    """Of transfers to other regions those for help that was lent concern exchange."""
    if event.kind != "help" or event.about is None:
        return []
    reason = event.reason if isinstance(event, TransferReleased) else ""
    return [SettleLoan(loan_id=event.about, booked=isinstance(event, TransferPosted), reason=reason)]


def on_letter_received(event: LetterReceived) -> list[Command]:
    """What a peer wrote about help; the rest is for others."""
    letter = read_letter(event.name, event.version, event.data)
    if not isinstance(letter, loan_life.READS):
        return []
    return [TakeLoanLetter.model_validate({"peer": event.peer, "letter": letter})]


def on_letter_undeliverable(event: LetterUndeliverable) -> list[Command]:
    """The peer left: whatever was asked of it or for it ends."""
    about_help = event.name in {kind.__name__ for kind in loan_life.READS}
    return [GiveUpLoan(peer=event.peer, thread_id=event.thread_id)] if about_help else []


def on_letter_orphaned(event: LetterOrphaned) -> list[Command]:
    """A peer that forgot its appeal knows nothing of that help; what else it forgot it hears again."""
    if event.written_by != event.peer or event.name != HelpAppeal.__name__:
        return []
    return [NoteForgotten(peer=event.peer, thread_id=event.thread_id)]


def on_peer_left(event: PeerLeft) -> list[Command]:
    """Also where nothing was on its way: it hears no more of what goes on."""
    return [GiveUpPeer(peer=event.peer)]


FOLLOWS: dict[type[Event], Follow] = {
    MemberApproved: on_member_approved,
    CapacityChanged: on_capacity_changed,
    MemberPaused: on_member_paused,
    GuardianConsentWithdrawn: on_guardian_consent_withdrawn,
    VogLapsed: on_vog_lapsed,
    CircleChanged: on_nearness_changed,
    ContactDetailsChanged: on_nearness_changed,
    HouseholdJoined: on_nearness_changed,
    MemberLeft: on_member_left,
    MemberDeclined: on_member_declined,
    HoldPlaced: on_hold_placed,
    HoldRefused: on_hold_refused,
    CreditTransferred: on_booked,
    HelpRecorded: on_booked,
    CompensationBooked: on_booked,
    TransferRefused: on_transfer_refused,
    TransferPosted: on_crossed,
    TransferReleased: on_crossed,
    LetterReceived: on_letter_received,
    LetterUndeliverable: on_letter_undeliverable,
    LetterOrphaned: on_letter_orphaned,
    PeerLeft: on_peer_left,
}
