"""A webhook endpoint of a social team: where its feed is brought.

active ◀─▶ paused       by the team, or an operator
active ──▶ disabled     by us: gone (410), or nothing taken for days ──▶ active again by the team
any    ──▶ deleted      its address, secrets and log are erased
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.feedback import (
    ChangeEndpoint,
    DeleteEndpoint,
    DeliveryQueued,
    EndpointChanged,
    EndpointDeleted,
    EndpointDisabled,
    EndpointPaused,
    EndpointRegistered,
    EndpointResumed,
    EndpointStatus,
    EndpointTried,
    FeedbackDelivered,
    OpenEndpoint,
    PauseEndpoint,
    RenewSecret,
    ResumeEndpoint,
    SecretRotated,
)
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.notifications.feedback.feed import FEED, feed_id

MOST = 10
"""Endpoints of one team."""


@dataclass(slots=True)
class Endpoint:
    """`turn` counts its deliveries; `secrets` its secrets; `active_since` is when sending last began.

    `last_taken_at`: when its receiver last took anything.
    """

    endpoint_id: UUID
    team: str
    status: EndpointStatus
    reason: str | None
    turn: int
    secrets: int
    former_until: datetime | None
    registered_at: datetime
    active_since: datetime
    last_taken_at: datetime | None = None
    version: int = 0

    def silent_since(self) -> datetime:
        """From when on (UTC) it takes nothing."""
        return max(self.active_since, self.last_taken_at or self.active_since)


type EndpointEvent = (
    EndpointChanged
    | SecretRotated
    | EndpointPaused
    | EndpointResumed
    | EndpointDisabled
    | EndpointTried
    | EndpointDeleted
    | DeliveryQueued
    | FeedbackDelivered
)


def evolve(
    endpoint: Endpoint | None, event: EndpointRegistered | EndpointEvent, id: UUID, at: datetime
) -> Endpoint:
    if isinstance(event, EndpointRegistered):
        return Endpoint(id, event.team, "active", None, 0, 1, None, at, at)
    assert endpoint is not None
    match event:
        case SecretRotated():
            return replace(endpoint, secrets=event.secrets, former_until=event.former_until)
        case EndpointPaused():
            return replace(endpoint, status="paused", reason=None)
        case EndpointResumed():
            return replace(endpoint, status="active", reason=None, active_since=at)
        case EndpointDisabled():
            return replace(endpoint, status="disabled", reason=event.reason)
        case EndpointDeleted():
            return replace(endpoint, status="deleted", reason=None)
        case DeliveryQueued():
            return replace(endpoint, turn=event.turn)
        case FeedbackDelivered():
            return replace(endpoint, last_taken_at=event.taken_at or at)
        case EndpointChanged() | EndpointTried():
            return replace(endpoint)
        case _:
            assert_never(event)


ENDPOINT = Kind(
    "endpoints",
    Endpoint,
    {
        event: lambda e: (e.endpoint_id,)
        for event in (
            EndpointRegistered,
            EndpointChanged,
            SecretRotated,
            EndpointPaused,
            EndpointResumed,
            EndpointDisabled,
            EndpointTried,
            EndpointDeleted,
            DeliveryQueued,
            FeedbackDelivered,
        )
    },
    evolve,
)


def theirs(endpoint_id: UUID, context: Context, state: State) -> Endpoint:
    """The endpoint, if it is one of the actor's team, or the actor an operator. Raises Rejected."""
    endpoint = state.get(ENDPOINT, endpoint_id)
    actor = context.actor
    if (
        endpoint is None
        or endpoint.status == "deleted"
        or (actor.role is Role.REFERRER and actor.team != endpoint.team)
    ):
        raise unknown_endpoint()
    return endpoint


def unknown_endpoint() -> Rejected:
    return Rejected(
        "unknown_endpoint",
        "Dit webhookadres kennen wij niet. Kijk het na.",
        "We do not know this webhook endpoint. Please check.",
    )


def register(command: OpenEndpoint, context: Context, state: State) -> list[Event]:
    team = context.actor.team
    assert team is not None, "the table of access lets only teams do this"
    feed = state.get(FEED, feed_id(team))
    if feed is not None and len(feed.endpoint_ids) >= MOST:
        raise Rejected(
            "too_many_endpoints",
            f"Uw team heeft al {MOST} webhookadressen. Verwijder er eerst een.",
            f"Your team has {MOST} webhook endpoints already. Delete one first.",
        )
    return [EndpointRegistered(endpoint_id=context.command_id, team=team)]


def change(command: ChangeEndpoint, context: Context, state: State) -> list[Event]:
    theirs(command.endpoint_id, context, state)
    return [EndpointChanged(endpoint_id=command.endpoint_id)]


def rotate(command: RenewSecret, context: Context, state: State) -> list[Event]:
    endpoint = theirs(command.endpoint_id, context, state)
    if command.nth != endpoint.secrets + 1:
        # Two at once: the vault has one place for each secret.
        raise Rejected(
            "rotated_meanwhile",
            "Iemand heeft net ook het geheim vernieuwd. Kijk eerst welk geheim nu geldt.",
            "Someone has just renewed the secret too. Look first which secret holds now.",
        )
    until = context.at + timedelta(hours=command.keep_hours)
    return [SecretRotated(endpoint_id=command.endpoint_id, secrets=command.nth, former_until=until)]


def pause(command: PauseEndpoint, context: Context, state: State) -> list[Event]:
    endpoint = theirs(command.endpoint_id, context, state)
    return [EndpointPaused(endpoint_id=endpoint.endpoint_id)] if endpoint.status != "paused" else []


def resume(command: ResumeEndpoint, context: Context, state: State) -> list[Event]:
    endpoint = theirs(command.endpoint_id, context, state)
    return [EndpointResumed(endpoint_id=endpoint.endpoint_id)] if endpoint.status != "active" else []


def delete(command: DeleteEndpoint, context: Context, state: State) -> list[Event]:
    endpoint = theirs(command.endpoint_id, context, state)
    return [EndpointDeleted(endpoint_id=endpoint.endpoint_id, team=endpoint.team)]


def disabled(endpoint_id: UUID, reason: Literal["gone", "no_answer"], state: State) -> list[Event]:
    """That we stop sending there, if we still were."""
    endpoint = state.get(ENDPOINT, endpoint_id)
    if endpoint is None or endpoint.status != "active":
        return []
    return [EndpointDisabled(endpoint_id=endpoint_id, reason=reason)]
