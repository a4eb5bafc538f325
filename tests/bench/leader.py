"""A leading replica inside this process: the real commit loop, with no bus before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from contracts.envelope import Actor, Answer, Command, Role
from services.kernel.commit_loop import CommitLoop
from services.kernel.database import connection_settings
from services.kernel.deciding import Item
from services.kernel.leadership import take_lead, yield_lead
from services.kernel.log import Pool
from services.kernel.service import new_id
from services.kernel.settings import Region
from services.kernel.telemetry import Metrics
from services.region.databases import service_of

NOOR = Actor(role=Role.COORDINATOR, name="noor")
SOME_HASH = 4_611_686_018_427_387_905
"""The coordinator instance sends a 64-bit hash of every command with it."""


@dataclass(frozen=True)
class Leader:
    """What leads: as in `services.kernel.runtime`, without relay, followers and bus."""

    region: Region
    service: str
    pool: Pool
    loop: CommitLoop
    metrics: Metrics

    async def give(self, command: Command, command_id: UUID | None = None) -> Answer:
        """Have one command decided and committed, as the coordinator instance gives it.

        Fails when it is refused: then something else is measured than was meant.
        """
        answer = await self.loop.submit(
            Item(
                command_id=command_id or new_id(),
                actor=NOOR,
                command=command,
                correlation_id=new_id(),
                content_hash=SOME_HASH,
            )
        )
        assert answer.outcome == "accepted", answer
        return answer


@asynccontextmanager
async def leading(region: Region, service: str) -> AsyncIterator[Leader]:
    """Lead a service of this region inside the block; the lead is free again after it."""
    settings = connection_settings(region, service)
    lease = timedelta(seconds=region.lease_seconds)
    metrics = Metrics()
    async with asyncpg.create_pool(min_size=1, max_size=8, **settings) as pool:
        loop = CommitLoop(
            service_of(service, region),
            connect=lambda: asyncpg.connect(**settings),
            pool=pool,
            lease=lease,
            metrics=metrics,
        )
        term = await take_lead(pool, "bench", lease)
        assert term is not None, f"someone else leads {service}"
        started = asyncio.Event()
        tasks = [
            asyncio.create_task(loop.run(term=term, started=started)),
            asyncio.create_task(_renew(loop, started, lease)),
        ]
        try:
            async with asyncio.timeout(10):
                await started.wait()
            yield Leader(region, service, pool, loop, metrics)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await yield_lead(pool, term)


async def _renew(loop: CommitLoop, started: asyncio.Event, lease: timedelta) -> None:
    await started.wait()
    while True:
        await loop.renew()
        await asyncio.sleep(lease.total_seconds() / 5)
