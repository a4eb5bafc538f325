"""A team's feed: what it may hear, in the order in which exchange said it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from contracts.envelope import Command
from contracts.feedback import EndpointDeleted, EndpointRegistered, FeedbackQueued, TakeFeedback
from contracts.referrals import FeedbackGiven, FeedbackStopped, ReferralStatus
from services.kernel.entity import Kind

FEED_SPACE = UUID("0f5d7f2b-53a7-5b0e-9f43-6d1d6e0b9a31")


def feed_id(team: str) -> UUID:
    return uuid5(FEED_SPACE, team)


def feedback_id(referral_id: UUID, number: int) -> UUID:
    """The id of one thing that a team is told, in every way that it is told."""
    return uuid5(referral_id, f"feedback/{number}")


@dataclass(slots=True)
class Feed:
    """`turn` counts what is in it; `endpoint_ids` are where it is brought, the oldest first."""

    feed_id: UUID
    team: str
    turn: int = 0
    endpoint_ids: tuple[UUID, ...] = ()
    version: int = 0


@dataclass(slots=True)
class Feedback:
    """One thing in a feed."""

    feedback_id: UUID
    team: str
    turn: int
    referral_id: UUID
    number: int
    status: ReferralStatus
    reason: str | None
    outcome: str | None
    at: datetime
    queued_at: datetime
    version: int = 0


@dataclass(slots=True)
class Quiet:
    """A referral of which its team hears nothing any more: the person no longer agrees to it."""

    referral_id: UUID
    since: datetime
    version: int = 0


def _feed(
    feed: Feed | None,
    event: FeedbackQueued | EndpointRegistered | EndpointDeleted,
    id: UUID,
    at: datetime,
) -> Feed:
    feed = feed or Feed(id, event.team)
    match event:
        case FeedbackQueued():
            return replace(feed, turn=event.turn)
        case EndpointRegistered():
            return replace(feed, endpoint_ids=(*feed.endpoint_ids, event.endpoint_id))
        case EndpointDeleted():
            left = tuple(one for one in feed.endpoint_ids if one != event.endpoint_id)
            return replace(feed, endpoint_ids=left)


FEED = Kind(
    "feeds",
    Feed,
    {event: lambda e: (feed_id(e.team),) for event in (FeedbackQueued, EndpointRegistered, EndpointDeleted)},
    _feed,
)


def _feedback(_: Feedback | None, event: FeedbackQueued, id: UUID, at: datetime) -> Feedback:
    return Feedback(
        id,
        event.team,
        event.turn,
        event.referral_id,
        event.number,
        event.status,
        event.reason,
        event.outcome,
        event.at,
        at,
    )


FEEDBACK = Kind("feedback", Feedback, {FeedbackQueued: lambda e: (e.feedback_id,)}, _feedback)

QUIET = Kind(
    "quiet_referrals",
    Quiet,
    {FeedbackStopped: lambda e: (e.referral_id,)},
    lambda quiet, event, id, at: quiet or Quiet(id, at),
)

HEARD = "NOT EXISTS (SELECT FROM quiet_referrals q WHERE q.referral_id = {})"
"""SQL: that a team may still hear of the referral in this column."""


def on_feedback_given(event: FeedbackGiven) -> list[Command]:
    return [TakeFeedback(**event.model_dump())]
