"""A commit loop in this process, on a database of its own: what a leading replica has, without the rest."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Actor, Answer, Command, Role
from services.kernel.commit_loop import CommitLoop
from services.kernel.deciding import Item
from services.kernel.leadership import take_lead
from services.kernel.log import Pool
from services.kernel.migrations import migrate, migrations
from services.kernel.service import Service, new_id
from services.kernel.settings import Region
from services.kernel.telemetry import Metrics
from tests.harness.waiting import until

NOOR = Actor(role=Role.COORDINATOR, name="noor")
_databases = count(1)
_made: dict[tuple[int, str, Path], str] = {}


@dataclass
class Place:
    """An empty database with one service's tables."""

    service: Service
    settings: dict[str, Any]
    pool: Pool

    @asynccontextmanager
    async def leading(
        self, *, lease_seconds: float = 30.0, term: int | None = None
    ) -> AsyncIterator["Leader"]:
        """Lead inside the block. With `term` that one is used, taken before."""
        lease = timedelta(seconds=lease_seconds)
        if term is None:
            term = await self.take_lead(lease_seconds)
        loop = CommitLoop(
            self.service,
            connect=lambda: asyncpg.connect(**self.settings),
            pool=self.pool,
            lease=lease,
            metrics=Metrics(),
        )
        started = asyncio.Event()
        running = asyncio.create_task(loop.run(term=term, started=started))
        begun = asyncio.create_task(started.wait())
        await asyncio.wait({running, begun}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield Leader(loop, running, self.pool, term)
        finally:
            begun.cancel()
            running.cancel()
            await asyncio.gather(running, begun, return_exceptions=True)
            # As yield_lead, also for a term that is over: the next may begin at once.
            await self.pool.execute("UPDATE log_head SET leader_until = '-infinity'")

    async def take_lead(self, lease_seconds: float = 30.0) -> int:
        """The next term, as soon as the one before is over."""
        taken: int | None = None

        async def is_over() -> bool:
            nonlocal taken
            taken = await take_lead(self.pool, "test", timedelta(seconds=lease_seconds))
            return taken is not None

        await until(is_over, "the end of the term before")
        assert taken is not None
        return taken


@dataclass
class Leader:
    """A running commit loop, and its log to look into."""

    loop: CommitLoop
    running: "asyncio.Task[None]"
    pool: Pool
    term: int

    def submit(
        self, command: Command, id: UUID | None = None, *, content_hash: int | None = None, **more: Any
    ) -> "asyncio.Future[Answer]":
        """Queue a command; all that are queued before the next await are decided together."""
        item = Item(id or new_id(), NOOR, command=command, content_hash=content_hash, **more)
        return self.loop.submit(item)

    async def all(self, commands: Iterable[Command]) -> list[Answer]:
        """The answers of commands queued at once, in order."""
        return list(await asyncio.gather(*(self.submit(command) for command in commands)))

    async def count(self, table: str, where: str = "true") -> int:
        return int(await self.pool.fetchval(f"SELECT count(*) FROM {table} WHERE {where}"))

    async def positions(self) -> list[int]:
        return [row[0] for row in await self.pool.fetch("SELECT position FROM events ORDER BY position")]


async def _empty(admin: Any, server: dict[str, Any], service: Service) -> str:
    """The name of a database on this server with the service's tables, made for the first who wants one."""
    asked = (server["port"], service.name, service.sql)
    if asked not in _made:
        name = f"empty_{next(_databases)}"
        await admin.execute(f"CREATE DATABASE {name}")
        connection = await asyncpg.connect(**server, database=name)
        try:
            await migrate(connection, migrations(service.name, service.sql))
        finally:
            await connection.close()
        _made[asked] = name
    return _made[asked]


@asynccontextmanager
async def place(region: Region, service: Service) -> AsyncIterator[Place]:
    """A new database on the region's server, gone after the block."""
    server: dict[str, Any] = {"host": region.postgres.host, "port": region.postgres.port, "user": "admin"}
    server["password"] = region.postgres_password("admin")
    name = f"loop_{next(_databases)}"
    admin = await asyncpg.connect(**server, database="postgres")
    try:
        empty = await _empty(admin, server, service)
        # As files: through the log, which is the default, a copy takes half as long again.
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {empty} STRATEGY FILE_COPY")
        settings = {**server, "database": name}
        pool = await asyncpg.create_pool(**settings, min_size=1, max_size=4)
        try:
            yield Place(service, settings, pool)
        finally:
            pool.terminate()
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
