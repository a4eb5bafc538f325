"""A message to one member: queued, then sent or failed."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.notifications import MessageFailed, MessageQueued, MessageSent, QueueMessage, RecordDelivery
from services.kernel.entity import Kind, State
from services.kernel.service import Context


@dataclass(slots=True)
class Message:
    """`facts` is the JSON of ids, minutes and times that the template needs."""

    message_id: UUID
    member_id: UUID
    template: str
    facts: str
    status: Literal["queued", "sent", "failed"]
    attempts: int
    queued_at: datetime
    version: int = 0


def evolve(
    message: Message | None,
    event: MessageQueued | MessageSent | MessageFailed,
    message_id: UUID,
    at: datetime,
) -> Message:
    if isinstance(event, MessageQueued):
        facts = json.dumps(event.facts)
        return Message(message_id, event.member_id, event.template, facts, "queued", 0, at)
    assert message is not None
    match event:
        case MessageSent():
            return replace(message, status="sent", attempts=event.attempts)
        case MessageFailed():
            return replace(message, status="failed")
        case _:
            assert_never(event)


MESSAGE = Kind(
    "messages",
    Message,
    {event: lambda e: (e.message_id,) for event in (MessageQueued, MessageSent, MessageFailed)},
    evolve,
)


def queue(command: QueueMessage, context: Context, state: State) -> list[Event]:
    # Said before: a second report of minutes that differ is the same conversation.
    if state.get(MESSAGE, command.message_id) is not None:
        return []
    return [MessageQueued(**command.model_dump())]


def record_delivery(command: RecordDelivery, context: Context, state: State) -> list[Event]:
    message = state.get(MESSAGE, command.message_id)
    if message is None or message.status != "queued":
        return []
    if command.delivered:
        return [
            MessageSent(message_id=message.message_id, member_id=message.member_id, attempts=command.attempts)
        ]
    return [
        MessageFailed.model_validate(
            {
                "message_id": message.message_id,
                "member_id": message.member_id,
                "template": message.template,
                "reason": command.reason or "gave_up",
            }
        )
    ]
