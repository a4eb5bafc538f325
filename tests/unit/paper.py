"""Services of paper behind the API and the console: a bus that answers, a database with given rows."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from contracts.envelope import Actor, Answer, Command, Query, Refusal, View
from services.kernel.errors import Unreachable


@dataclass
class PaperBus:
    """Accepts every command, unless told what to say; answers the questions it knows."""

    sent: list[tuple[Command, Actor, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[Query, Actor]] = field(default_factory=list)
    answers: dict[type[View], View] = field(default_factory=dict)
    refusal: Refusal | None = None
    away: bool = False

    async def send(self, command: Command, actor: Actor, *, id: UUID, **circumstances: Any) -> Answer:
        self.sent.append((command, actor, {"id": id, **circumstances}))
        if self.away:
            raise Unreachable
        return Answer(outcome="refused" if self.refusal else "accepted", id=id, refusal=self.refusal)

    async def ask(self, query: Query, answer: type[View], actor: Actor) -> View:
        self.asked.append((query, actor))
        if self.away or answer not in self.answers:
            raise Unreachable
        return self.answers[answer]


@dataclass
class PaperPool:
    """A database in which only these rows were seen, by the first table that a query names."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    read: list[tuple[object, ...]] = field(default_factory=list)

    async def fetch(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        self.read.append((sql, *arguments))
        table = min(
            (name for name in self.rows if f"FROM {name}" in sql),
            key=lambda name: sql.index(f"FROM {name}"),
            default=None,
        )
        return self.rows[table] if table is not None else []

    async def fetchrow(self, sql: str, *arguments: object) -> dict[str, Any] | None:
        return next(iter(await self.fetch(sql, *arguments)), None)


@dataclass
class PaperReplica:
    """A replica behind which each test puts a bus and a database of its own.

    Building all routes takes a tenth of a second, so one API serves the tests of a file.
    """

    region: Any
    bus: PaperBus = field(default_factory=PaperBus)
    pool: PaperPool = field(default_factory=PaperPool)
    loop: Any = None

    def take(self, bus: PaperBus, pool: PaperPool) -> None:
        """Begin anew with these."""
        self.bus, self.pool = bus, pool
        self.loop = SimpleNamespace(leading=True, marks={}, committed=asyncio.Condition())
