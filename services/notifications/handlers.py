"""Which command is decided where, and what other services' events ask: who is told what."""

from contracts.crossings import TransferPosted, TransferReceived, TransferReleased
from contracts.envelope import Command, Event
from contracts.exchange import (
    HelpRequested,
    MatchConfirmed,
    MatchFellThrough,
    MinutesDiffered,
    OfferPosted,
    RequestOpened,
    RequestWithdrawn,
)
from contracts.feedback import (
    ChangeEndpoint,
    DeleteEndpoint,
    OpenEndpoint,
    PauseEndpoint,
    RecordAttempt,
    RenewSecret,
    ReplayThese,
    ResumeEndpoint,
    TakeFeedback,
    TryEndpoint,
)
from contracts.ledger import BalanceNoted, CompensationBooked, CreditTransferred, HelpRecorded
from contracts.loans import LoanCompleted, LoanConfirmed, LoanEnded
from contracts.members import MemberApproved
from contracts.notifications import (
    OvertakeMessage,
    QueueMessage,
    RecordDelivery,
    ReportDelivery,
    TellSeries,
)
from contracts.referrals import FeedbackGiven
from contracts.vetting import VogLapsed, VogReminded
from contracts.visits import (
    HelperEndPlanned,
    HelperThanked,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
    VisitMoved,
)
from services.kernel.service import Decide, Follow
from services.notifications import message
from services.notifications.feedback import delivery, endpoint
from services.notifications.feedback.feed import on_feedback_given
from services.notifications.telling import bookings, joining, matches, regions, series

DECIDES: dict[type[Command], Decide] = {
    QueueMessage: message.queue,
    OvertakeMessage: message.overtake,
    TellSeries: message.tell_series,
    RecordDelivery: message.record_delivery,
    ReportDelivery: message.report_delivery,
    OpenEndpoint: endpoint.register,
    ChangeEndpoint: endpoint.change,
    RenewSecret: endpoint.rotate,
    PauseEndpoint: endpoint.pause,
    ResumeEndpoint: endpoint.resume,
    DeleteEndpoint: endpoint.delete,
    TakeFeedback: delivery.take,
    TryEndpoint: delivery.try_out,
    ReplayThese: delivery.replay,
    RecordAttempt: delivery.record,
}

FOLLOWS: dict[type[Event], Follow] = {
    MemberApproved: joining.on_member_approved,
    OfferPosted: joining.on_offer_posted,
    HelpRequested: joining.on_help_requested,
    RequestOpened: joining.on_request_opened,
    RequestWithdrawn: joining.on_request_withdrawn,
    VogReminded: joining.on_vog_reminded,
    VogLapsed: joining.on_vog_lapsed,
    MatchConfirmed: matches.on_match_confirmed,
    MatchFellThrough: matches.on_match_fell_through,
    VisitMoved: matches.on_visit_moved,
    MinutesDiffered: matches.on_minutes_differed,
    HelperThanked: matches.on_helper_thanked,
    SeriesStarted: series.on_series_started,
    SeriesPlanned: series.on_series_planned,
    SeriesHelperChanged: series.on_series_helper_changed,
    HelperEndPlanned: series.on_helper_end_planned,
    SeriesEnded: series.on_series_ended,
    CreditTransferred: bookings.on_credit_transferred,
    CompensationBooked: bookings.on_compensation_booked,
    HelpRecorded: bookings.on_help_recorded,
    BalanceNoted: bookings.on_balance_noted,
    LoanConfirmed: regions.on_loan_confirmed,
    LoanEnded: regions.on_loan_ended,
    LoanCompleted: regions.on_loan_completed,
    TransferPosted: regions.on_transfer_posted,
    TransferReceived: regions.on_transfer_received,
    TransferReleased: regions.on_transfer_released,
    FeedbackGiven: on_feedback_given,
}
