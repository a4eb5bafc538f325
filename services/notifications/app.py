"""The notifications service, put together."""

from pathlib import Path

from contracts.feedback import (
    ChangeEndpoint,
    EndpointDeleted,
    GetDeliveries,
    GetEndpoints,
    GetEndpointSecrets,
    GetFeedback,
    RegisterEndpoint,
    ReplayFeedback,
    RotateSecret,
)
from contracts.notifications import GetLetters, ReportDelivery
from contracts.referrals import FeedbackStopped
from services.kernel.service import Service
from services.kernel.settings import Region
from services.notifications import queries
from services.notifications.contact import CONTACT
from services.notifications.feedback import queries as feedback
from services.notifications.feedback.courier import bring_feedback, forget_attempts
from services.notifications.feedback.delivery import DELIVERY
from services.notifications.feedback.endpoint import ENDPOINT
from services.notifications.feedback.feed import FEED, FEEDBACK, QUIET
from services.notifications.feedback.live import answer_teams, say_live
from services.notifications.gauges import GAUGES
from services.notifications.handlers import DECIDES, FOLLOWS
from services.notifications.household import HOUSEHOLD
from services.notifications.message import MESSAGE
from services.notifications.recipient import RECIPIENT
from services.notifications.sender import send_messages
from services.notifications.series import SERIES
from services.notifications.thread import THREAD


def service(region: Region) -> Service:
    return Service(
        name="notifications",
        sql=Path(__file__).parent / "sql",
        kinds=(
            MESSAGE,
            RECIPIENT,
            THREAD,
            SERIES,
            CONTACT,
            HOUSEHOLD,
            FEED,
            FEEDBACK,
            ENDPOINT,
            DELIVERY,
            QUIET,
        ),
        decides=DECIDES,
        prepares={
            ReportDelivery: queries.prepare_report,
            RegisterEndpoint: feedback.prepare_endpoint,
            ChangeEndpoint: feedback.prepare_change,
            RotateSecret: feedback.prepare_rotation,
            ReplayFeedback: feedback.prepare_replay,
        },
        follows=FOLLOWS,
        answers={
            GetLetters: queries.get_letters,
            GetFeedback: feedback.get_feedback,
            GetEndpoints: feedback.get_endpoints,
            GetEndpointSecrets: feedback.get_endpoint_secrets,
            GetDeliveries: feedback.get_deliveries,
        },
        erases={EndpointDeleted: lambda event: event.endpoint_id},
        at_once=frozenset({FeedbackStopped}),
        workers=(send_messages, bring_feedback, say_live, forget_attempts),
        fronts=(answer_teams,),
        gauges=GAUGES,
    )
