"""What notifications says: which message reached whom."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.notifications import MessageFailed, MessageQueued, MessageSent
from services.kernel.entity import Kind


@dataclass(slots=True)
class MessageSeen:
    """`reason` says why it failed; `other_id` is the other person of the match it is about."""

    message_id: UUID
    member_id: UUID
    template: str
    other_id: UUID | None
    status: Literal["queued", "sent", "failed"]
    reason: str | None
    queued_at: datetime
    changed_at: datetime
    version: int = 0


def _message(
    message: MessageSeen | None,
    event: MessageQueued | MessageSent | MessageFailed,
    message_id: UUID,
    at: datetime,
) -> MessageSeen:
    if isinstance(event, MessageQueued):
        other = event.facts.get("other")
        other_id = UUID(str(other)) if other else None
        return MessageSeen(message_id, event.member_id, event.template, other_id, "queued", None, at, at)
    assert message is not None
    match event:
        case MessageSent():
            return replace(message, status="sent", changed_at=at)
        case MessageFailed():
            return replace(message, status="failed", reason=event.reason, changed_at=at)
        case _:
            assert_never(event)


MESSAGES = Kind(
    "messages_seen",
    MessageSeen,
    {e: lambda e: (e.message_id,) for e in (MessageQueued, MessageSent, MessageFailed)},
    _message,
)
