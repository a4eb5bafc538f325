"""What notifications says: which message reached whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from contracts.notifications import (
    ContactAttempted,
    ContactEscalated,
    MessageDelivered,
    MessageFailed,
    MessageHandedOver,
    MessageOvertaken,
    MessageQueued,
    MessageSent,
)
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class MessageSeen:
    """`reason` says why it failed; `other_id` is the other person of the match it is about.

    `handed_over`: a coordinator is to bring it, as a letter or by telephone (`channel`). `attempts`
    counts what was tried in vain by telephone, or how often it was sent.
    """

    message_id: UUID
    member_id: UUID
    template: str
    other_id: UUID | None
    status: Literal["queued", "sent", "failed", "handed_over", "delivered", "escalated", "overtaken"]
    queued_at: datetime
    changed_at: datetime
    channel: str | None = None
    attempts: int = 0
    reason: str | None = None
    version: int = 0


type MessageEvent = (
    MessageSent
    | MessageFailed
    | MessageHandedOver
    | MessageDelivered
    | ContactAttempted
    | ContactEscalated
    | MessageOvertaken
)


def _message(
    message: MessageSeen | None, event: MessageQueued | MessageEvent, message_id: UUID, at: datetime
) -> MessageSeen:
    if isinstance(event, MessageQueued):
        other = event.facts.get("other")
        other_id = UUID(str(other)) if other else None
        return MessageSeen(message_id, event.member_id, event.template, other_id, "queued", at, at)
    assert message is not None
    return replace(message, **_changes(event, at))


def _changes(event: MessageEvent, at: datetime) -> dict[str, Any]:
    match event:
        case MessageSent():
            said = event.model_dump(include={"attempts", "channel"})
            return {**said, "status": "sent", "changed_at": at}
        case MessageFailed():
            return {"status": "failed", "reason": event.reason, "changed_at": at}
        case MessageHandedOver():
            said = event.model_dump(include={"channel", "reason"})
            return {**said, "status": "handed_over", "changed_at": at}
        case MessageDelivered():
            return {"status": "delivered", "channel": event.channel, "changed_at": at}
        case ContactAttempted():
            # How long it waits for a person does not begin anew with each attempt.
            return {"attempts": event.attempts}
        case ContactEscalated():
            return {"status": "escalated", "attempts": event.attempts, "changed_at": at}
        case MessageOvertaken():
            return {"status": "overtaken", "changed_at": at}
        case _:
            assert_never(event)


MESSAGES = Kind(
    "messages_seen",
    MessageSeen,
    {
        e: lambda e: (e.message_id,)
        for e in (
            MessageQueued,
            MessageSent,
            MessageFailed,
            MessageHandedOver,
            MessageDelivered,
            ContactAttempted,
            ContactEscalated,
            MessageOvertaken,
        )
    },
    _message,
)
