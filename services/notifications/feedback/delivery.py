"""One thing for one endpoint: queued until the receiver took it, however long that lasts.

    queued ──▶ delivered
      └─▶ set_aside     refused for days by a receiver that takes other things ──▶ queued by a replay

The deliveries of one referral to one endpoint are a lane: they go one after another, and wait behind one
that was set aside. A test is a lane of its own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.feedback import (
    DeliveryQueued,
    DeliveryRequeued,
    DeliverySetAside,
    DeliveryStatus,
    EndpointTried,
    FeedbackDelivered,
    FeedbackQueued,
    RecordAttempt,
    ReplayThese,
    TakeFeedback,
    TryEndpoint,
)
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.notifications.feedback.endpoint import ENDPOINT, disabled, theirs
from services.notifications.feedback.feed import FEED, FEEDBACK, QUIET, feed_id, feedback_id

GIVE_UP_AFTER = timedelta(days=5)
"""How long one thing is tried; and how long a receiver may take nothing at all."""


@dataclass(slots=True)
class Delivery:
    """`turn` is its place among the deliveries of its endpoint; `lane_id` the referral it is about."""

    delivery_id: UUID
    endpoint_id: UUID
    turn: int
    feedback_id: UUID | None
    lane_id: UUID
    status: DeliveryStatus
    queued_at: datetime
    delivered_at: datetime | None = None
    version: int = 0


type DeliveryEvent = FeedbackDelivered | DeliverySetAside | DeliveryRequeued


def evolve(
    delivery: Delivery | None, event: DeliveryQueued | DeliveryEvent, id: UUID, at: datetime
) -> Delivery:
    if isinstance(event, DeliveryQueued):
        lane_id = event.referral_id or id
        return Delivery(id, event.endpoint_id, event.turn, event.feedback_id, lane_id, "queued", at)
    assert delivery is not None
    match event:
        case FeedbackDelivered():
            return replace(delivery, status="delivered", delivered_at=event.taken_at or at)
        case DeliverySetAside():
            return replace(delivery, status="set_aside")
        case DeliveryRequeued():
            return replace(delivery, status="queued", queued_at=at)
        case _:
            assert_never(event)


DELIVERY = Kind(
    "deliveries",
    Delivery,
    {
        event: lambda e: (e.delivery_id,)
        for event in (DeliveryQueued, FeedbackDelivered, DeliverySetAside, DeliveryRequeued)
    },
    evolve,
)


def first_delivery(endpoint_id: UUID, feedback_id: UUID) -> UUID:
    """The id of the delivery that comes with the feedback itself; replays have others."""
    return uuid5(endpoint_id, str(feedback_id))


def take(command: TakeFeedback, context: Context, state: State) -> list[Event]:
    """Put it in the feed once, and queue it for every endpoint, also for those that are paused."""
    queued_id = feedback_id(command.referral_id, command.number)
    if state.get(FEEDBACK, queued_id) is not None:
        return []
    feed = state.get(FEED, feed_id(command.team))
    turn = feed.turn + 1 if feed is not None else 1
    events: list[Event] = [FeedbackQueued(feedback_id=queued_id, turn=turn, **command.model_dump())]
    for endpoint_id in feed.endpoint_ids if feed is not None else ():
        endpoint = state.get(ENDPOINT, endpoint_id)
        assert endpoint is not None
        events.append(
            DeliveryQueued(
                delivery_id=first_delivery(endpoint_id, queued_id),
                endpoint_id=endpoint_id,
                turn=endpoint.turn + 1,
                feedback_id=queued_id,
                referral_id=command.referral_id,
            )
        )
    return events


def try_out(command: TryEndpoint, context: Context, state: State) -> list[Event]:
    endpoint = theirs(command.endpoint_id, context, state)
    if endpoint.status != "active":
        raise Rejected(
            "endpoint_not_active",
            "Naar dit webhookadres sturen wij nu niets. Zet het eerst weer aan.",
            "We send nothing to this webhook endpoint now. Resume it first.",
        )
    tested = EndpointTried(endpoint_id=endpoint.endpoint_id, team=endpoint.team)
    queued = DeliveryQueued(
        delivery_id=context.command_id, endpoint_id=endpoint.endpoint_id, turn=endpoint.turn + 1
    )
    return [tested, queued]


def replay(command: ReplayThese, context: Context, state: State) -> list[Event]:
    """Queue what is in the team's feed once more, as far as the team may still hear it.

    What still waits for this endpoint comes anyhow; what was set aside is taken up in its own place, so
    that a referral is told in order.
    """
    endpoint = theirs(command.endpoint_id, context, state)
    unbrought = _unbrought(command, state)
    events: list[Event] = []
    turn = endpoint.turn
    for each in command.feedback_ids:
        feedback = state.get(FEEDBACK, each)
        if feedback is None or feedback.team != endpoint.team:
            raise unknown_feedback()
        if state.get(QUIET, feedback.referral_id) is not None:
            continue
        events += [
            DeliveryRequeued(delivery_id=one.delivery_id, endpoint_id=endpoint.endpoint_id)
            for one in unbrought[each]
            if one.status == "set_aside"
        ]
        if not unbrought[each]:
            turn += 1
            events.append(
                DeliveryQueued(
                    delivery_id=uuid5(context.command_id, str(each)),
                    endpoint_id=endpoint.endpoint_id,
                    turn=turn,
                    feedback_id=each,
                    referral_id=feedback.referral_id,
                )
            )
    return events


def _unbrought(command: ReplayThese, state: State) -> Mapping[UUID, list[Delivery]]:
    """By feedback, its deliveries to the endpoint that still wait, or were set aside."""
    firsts = (first_delivery(command.endpoint_id, each) for each in command.feedback_ids)
    unbrought: dict[UUID, list[Delivery]] = defaultdict(list)
    for one in dict.fromkeys((*firsts, *command.unbrought_ids)):
        found = state.get(DELIVERY, one)
        if found is None or found.status == "delivered" or found.endpoint_id != command.endpoint_id:
            continue
        if found.feedback_id is not None:
            unbrought[found.feedback_id].append(found)
    return unbrought


def unknown_feedback() -> Rejected:
    return Rejected(
        "unknown_feedback",
        "Deze terugkoppeling kennen wij niet. Kijk het na.",
        "We do not know this feedback. Please check.",
    )


def record(command: RecordAttempt, context: Context, state: State) -> list[Event]:
    """How an attempt went; the vault keeps every one of them for a while."""
    if command.outcome == "gone":
        return disabled(command.endpoint_id, "gone", state)
    delivery = state.get(DELIVERY, command.delivery_id)
    if delivery is None or delivery.status != "queued":
        return []
    if command.outcome == "failed":
        return _given_up(delivery, command.at, state)
    return [
        FeedbackDelivered(
            delivery_id=command.delivery_id,
            endpoint_id=command.endpoint_id,
            attempts=command.attempts,
            taken_at=command.at,
        )
    ]


def _given_up(delivery: Delivery, at: datetime, state: State) -> list[Event]:
    """After days: this one alone where the receiver takes other things, else the endpoint."""
    endpoint = state.get(ENDPOINT, delivery.endpoint_id)
    assert endpoint is not None
    if at - max(delivery.queued_at, endpoint.active_since) <= GIVE_UP_AFTER:
        return []
    if at - endpoint.silent_since() > GIVE_UP_AFTER:
        return disabled(delivery.endpoint_id, "no_answer", state)
    return [DeliverySetAside(delivery_id=delivery.delivery_id, endpoint_id=delivery.endpoint_id)]
