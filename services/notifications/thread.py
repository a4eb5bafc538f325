"""A thread: what one person is told about one appointment, draft or series, in order.

Its id is that of the letter it begins with. A later message of the same thread says in its facts
which one it `follows`. So it is known, when something changes again, what was told already.

A visit of a series has a thread of its own besides, over all helpers that were to come: most visits
need no letter, but who heard that nobody comes must hear that someone does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from contracts.notifications import MessageQueued
from services.kernel.entity import Kind, replace

BEGINS = frozenset({"match-helper", "match-asker", "draft-waits", "series-started"})
"""Letters that a thread begins with."""


@dataclass(slots=True)
class Thread:
    thread_id: UUID
    message_ids: tuple[UUID, ...] = ()
    version: int = 0


def visit_thread(member_id: UUID, visit: int | str | None) -> UUID:
    """The thread of a visit of a series and one of its people; `visit` is the id of its request."""
    return uuid5(UUID(str(visit)), f"visit-open/{member_id}")


def threads_of(
    template: str, facts: Mapping[str, int | str | None], member_id: UUID, message_id: UUID
) -> tuple[UUID, ...]:
    """The threads a message belongs to, first the one that tells most."""
    found = []
    if facts.get("visit") is not None:
        found.append(visit_thread(member_id, facts["visit"]))
    if (follows := facts.get("follows")) is not None:
        found.append(UUID(str(follows)))
    elif template in BEGINS:
        found.append(message_id)
    return tuple(dict.fromkeys(found))


def _touched(event: MessageQueued) -> tuple[UUID, ...]:
    return threads_of(event.template, event.facts, event.member_id, event.message_id)


def evolve(before: Thread | None, event: MessageQueued, thread_id: UUID, at: datetime) -> Thread:
    thread = before or Thread(thread_id)
    return replace(thread, message_ids=(*thread.message_ids, event.message_id))


THREAD = Kind("threads", Thread, {MessageQueued: _touched}, evolve)
