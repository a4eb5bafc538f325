"""A thread: what one person is told about one appointment (or draft), in order.

Its id is that of the letter it begins with. A later message of the same thread says in its facts
which one it `follows`. So it is known, when something changes again, what was told already.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.notifications import MessageQueued
from services.kernel.entity import Kind

BEGINS = frozenset({"match-helper", "match-asker", "draft-waits"})
"""Letters that a thread begins with."""


@dataclass(slots=True)
class Thread:
    thread_id: UUID
    message_ids: tuple[UUID, ...] = ()
    version: int = 0


def thread_of(template: str, facts: dict[str, int | str | None], message_id: UUID) -> UUID | None:
    """The thread a message belongs to, if any."""
    if (follows := facts.get("follows")) is not None:
        return UUID(str(follows))
    return message_id if template in BEGINS else None


def _touched(event: MessageQueued) -> tuple[UUID, ...]:
    found = thread_of(event.template, event.facts, event.message_id)
    return (found,) if found is not None else ()


def evolve(before: Thread | None, event: MessageQueued, thread_id: UUID, at: datetime) -> Thread:
    thread = before or Thread(thread_id)
    return replace(thread, message_ids=(*thread.message_ids, event.message_id))


THREAD = Kind("threads", Thread, {MessageQueued: _touched}, evolve)
