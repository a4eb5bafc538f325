"""Feedback as a CloudEvent, the same on every way out (CloudEvents 1.0, NL GOV profile 1.0).

`id` is also the `webhook-id`: whoever gets it twice, or in two ways, knows it again. `sequence` is its
place in what is told of this referral, `feedturn` its place in the team's feed: the cursor to read on
from.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.catalogue import event_type, schema_name
from contracts.envelope import Event, source_of
from contracts.feedback import EndpointTried
from contracts.referrals import FeedbackGiven
from services.kernel.settings import Region
from services.notifications.feedback.feed import Feedback


def feedback_event(region: Region, feedback: Feedback) -> dict[str, Any]:
    """What a team hears, ready for JSON."""
    given = FeedbackGiven(
        **{name: getattr(feedback, name) for name in FeedbackGiven.model_fields},
    )
    return {
        **_event(region, given, feedback.feedback_id, feedback.at),
        "sequence": str(feedback.number),
        "sequencetype": "Integer",
        "feedturn": feedback.turn,
    }


def trial_event(region: Region, trial: EndpointTried, delivery_id: UUID, at: datetime) -> dict[str, Any]:
    """What a receiver gets when the test button was pressed."""
    return _event(region, trial, delivery_id, at)


def _event(region: Region, event: Event, id: UUID, at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(id),
        "source": source_of(region.organisation),
        "type": event_type(type(event)),
        "subject": str(event.entity_id),
        "time": at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"urn:wederdienst:schema:{schema_name(type(event))}",
        "region": region.region,
        "data": event.model_dump(mode="json"),
    }
