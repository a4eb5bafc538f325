"""A follower: exchange admits every approved member, with the real Follower and commit loop.

The source's log grows by so many approvals while the source is away; when it is back its relay
publishes them and exchange follows: as after a short fault, at full speed. The source is a process
of its own; exchange is this one. Counted from its first effect to its last.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from contracts import subjects
from services.kernel.bus import Bus
from services.kernel.errors import NATS_AWAY
from services.kernel.follower import Follower
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, at_least
from tests.bench.filling import approve_members, fill_members, follow_up_to
from tests.bench.leader import Leader, leading
from tests.bench.meters import Cpu
from tests.bench.servers import Place, until_leading
from tests.bench.topics.relay import connected

SOURCE = "members"
FOLLOWER = "exchange"
PATIENCE_SECONDS = 60.0


async def measure(bench: Bench) -> list[Figure]:
    """Committed effects per second of exchange following members."""
    place = await bench.servers.place("follower")
    effects = bench.size(20_000, 4_000)
    await _prepare(bench, place, members=effects * (bench.rounds + 1))
    with place.nats() as nats:
        async with (
            place.serving(SOURCE) as (source,),
            _following(place) as exchange,
        ):
            approved = 0

            async def follow() -> Sample:
                nonlocal approved
                await asyncio.to_thread(source.stop)
                async with bench.servers.admin(place.region.database(SOURCE)) as admin:
                    await approve_members(admin, approved + 1, approved + effects, days_ago=0)
                approved += effects
                source.start()
                # Each time another process, whose relay takes part.
                cpu = bench.cpu(nats=nats.pid, **{SOURCE: source.pid})
                followed = await _followed(exchange, effects, cpu)
                await until_leading(source)
                return followed

            sides = await bench.in_turns("follower", {FOLLOWER: follow})
    return [
        Figure(
            "follower",
            "Follower: exchange's committed effects of MemberApproved, from another process",
            "/s",
            sides[FOLLOWER],
            at_least(15_000),
        )
    ]


async def _prepare(bench: Bench, place: Place, *, members: int) -> None:
    async with (
        bench.servers.admin(place.region.database(SOURCE)) as log,
        bench.servers.admin(place.region.database(FOLLOWER)) as exchange,
    ):
        await fill_members(log, members)
        await follow_up_to(exchange, SOURCE, log)
    await bench.servers.settle(place, service=SOURCE)


@asynccontextmanager
async def _following(place: Place) -> AsyncIterator[Leader]:
    """Exchange leads in this process and follows members."""
    async with (
        connected(place.region, "operator") as operator,
        connected(place.region, FOLLOWER) as bus,
        leading(place.region, FOLLOWER) as exchange,
    ):
        follower = Follower(
            place.region, FOLLOWER, SOURCE, bus, exchange.pool, exchange.loop, exchange.metrics
        )
        following = asyncio.create_task(follower.run())
        try:
            await _until_pulling(operator, following)
            yield exchange
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


async def _until_pulling(operator: Bus, following: asyncio.Task[None]) -> None:
    """Wait until exchange has read the source's log to its end and waits for messages."""
    js = operator.client.jetstream(timeout=5)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not following.done():
            with suppress(*NATS_AWAY):
                if (await js.consumer_info(subjects.stream(SOURCE), FOLLOWER)).num_waiting:
                    return
            await asyncio.sleep(0.05)
    following.result()


async def _followed(exchange: Leader, effects: int, cpu: Cpu) -> Sample:
    """What comes of a source that is back; from the first effect here to the last."""
    position = exchange.loop.position
    await _until(exchange, position + 1)
    cpu.start()
    began, first = time.perf_counter(), exchange.loop.position
    await _until(exchange, position + effects)
    followed = position + effects - first
    elapsed = time.perf_counter() - began
    return Sample(followed / elapsed, cpu.per_thousand(followed))


async def _until(exchange: Leader, position: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), exchange.loop.committed:
        await exchange.loop.committed.wait_for(lambda: exchange.loop.position >= position)
