"""The sender's agenda: which queued message is to be looked at when.

In memory only: whoever leads next reads anew what is queued, and tries all of it again.
"""

import heapq
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


class Agenda:
    """Message ids by the moment (UTC) they are to be looked at, and how often each was tried."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, UUID]] = []
        self._at: dict[UUID, datetime] = {}
        self._tried: dict[UUID, int] = {}

    def __len__(self) -> int:
        return len(self._at)

    def put(self, message_id: UUID, at: datetime) -> None:
        """Look at this message at that moment, and not at another."""
        self._at[message_id] = at
        heapq.heappush(self._heap, (at, message_id))

    def take(self, now: datetime, most: int) -> list[UUID]:
        """What is to be looked at by now, the longest waiting first; it is out of the agenda then."""
        taken: list[UUID] = []
        while len(taken) < most and (at := self.next_at) is not None and at <= now:
            _, message_id = heapq.heappop(self._heap)
            del self._at[message_id]
            taken.append(message_id)
        return taken

    @property
    def next_at(self) -> datetime | None:
        """When there is something to look at next."""
        # What was put elsewhere since, or taken, is still in the heap.
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def tries(self, message_id: UUID) -> int:
        """The number of the try that is under way: 1 for the first."""
        return self._tried.get(message_id, 0) + 1

    def failed(self, message_id: UUID) -> None:
        """A try that did not end it."""
        self._tried[message_id] = self.tries(message_id)

    def done(self, message_ids: Iterable[UUID]) -> None:
        """Nothing more is to be done about these."""
        for message_id in message_ids:
            self._at.pop(message_id, None)
            self._tried.pop(message_id, None)
