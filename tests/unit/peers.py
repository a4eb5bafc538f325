"""Two regions without servers, and a post between them that delays, repeats, reorders and loses.

As the link carries letters: those of one thread in their order, whatever happens to other threads.
What the link never does but a restored peer seems to do, losing a letter, is done here too.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from contracts.letters import ForPeer, Letter, read_letter
from services.kernel.testing import InMemory

HERE, THERE = "aa", "bb"
PEER_OF = {HERE: THERE, THERE: HERE}


@dataclass(frozen=True)
class Sent:
    """A letter under way; `nth` of all that this region wrote."""

    sender: str
    nth: int
    letter: Letter

    def command_id(self, reader: str, time: int = 0) -> UUID:
        """The id of what it asks there: the same however often the link brings it; `time` for another."""
        return uuid5(self.letter.thread_id, f"{self.sender}/{self.nth}/{reader}/{time}")


@dataclass
class Post:
    """What is written in logs and not read yet, by who wrote it and thread."""

    logs: dict[str, list[InMemory]]
    read: dict[tuple[str, int], int] = field(default_factory=dict)
    ways: dict[str, dict[UUID, deque[Sent]]] = field(default_factory=lambda: {HERE: {}, THERE: {}})
    written: dict[str, int] = field(default_factory=lambda: {HERE: 0, THERE: 0})

    def collect(self) -> None:
        """Take what was written since."""
        for region, services in self.logs.items():
            for n, service in enumerate(services):
                start = self.read.get((region, n), 0)
                for event, _ in service.log[start:]:
                    letter = event.letter() if isinstance(event, ForPeer) else None
                    if letter is not None:
                        assert isinstance(event, ForPeer)
                        assert event.peer == PEER_OF[region]
                        self._send(region, letter)
                self.read[region, n] = len(service.log)

    def _send(self, region: str, letter: Letter) -> None:
        name, data = type(letter).__name__, letter.model_dump(mode="json")
        # As it comes out of the other side's JSON.
        arrives = read_letter(name, letter.VERSION, data)
        self.written[region] += 1
        self.ways[region].setdefault(letter.thread_id, deque()).append(
            Sent(region, self.written[region], arrives)
        )

    def threads(self) -> list[tuple[str, UUID]]:
        """What is under way: by who wrote it, and thread."""
        return [(region, thread) for region, ways in self.ways.items() for thread in ways]

    def take(self, region: str, thread: UUID) -> Sent:
        """The next letter of a thread."""
        way = self.ways[region][thread]
        sent = way.popleft()
        if not way:
            del self.ways[region][thread]
        return sent

    def take_all(self) -> Iterator[Sent]:
        """Everything under way now, thread by thread."""
        for region, thread in self.threads():
            for _ in range(len(self.ways[region].get(thread, ()))):
                yield self.take(region, thread)
