"""One run: its servers, its size, and which topics it measures."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.region.progress import Screen
from tests.bench.figures import Figure, Round, Side, in_turns
from tests.bench.meters import Cpu
from tests.bench.servers import Servers


@dataclass(frozen=True)
class Bench:
    """`rounds` of each side, `seconds` each where a round is timed; `quick` makes everything small."""

    servers: Servers
    screen: Screen
    rounds: int
    quick: bool

    @property
    def seconds(self) -> float:
        """Length of a timed round. pgbench counts in whole seconds."""
        return 1.0 if self.quick else 2.0

    def size(self, full: int, quick: int) -> int:
        """How many of something, by the size of this run."""
        return quick if self.quick else full

    def cpu(self, **roots: int) -> Cpu:
        """A meter of this process, PostgreSQL and whatever else takes part."""
        return Cpu(postgres=self.servers.postgres.pid, **roots)

    async def in_turns(self, what: str, sides: Mapping[str, Round]) -> dict[str, Side]:
        """Measure these sides in turns, after one round of each that does not count."""
        with self.screen.stage(what, self.rounds) as done:
            if not self.quick:
                await in_turns(1, sides)
            return await in_turns(self.rounds, sides, done)


type Topic = Callable[[Bench], Awaitable[list[Figure]]]
"""Measures one topic; returns its lines of the table."""
