"""Webhooks: whether receivers that hang or fail delay the others.

Notifications leads in this process with its real courier; the receivers are real servers on loopback, in
a process of their own. Feedback comes as from the follower, one thing after another at a fixed pace; the
time counts until the receiver has it.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from contracts.envelope import Actor, Command, Role
from contracts.feedback import DeleteEndpoint, OpenEndpoint, TakeFeedback
from services.kernel.deciding import Item
from services.kernel.service import new_id
from services.kernel.settings import Webhooks
from services.notifications.feedback.courier import Courier
from services.notifications.feedback.signing import new_secret, new_signing_key
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, percentile, times_at_most
from tests.bench.leader import Leader, leading
from tests.bench.meters import Cpu
from tests.bench.receivers import Receivers, receivers

RECEIVERS = 50
HANGING = 5
FAILING = 5
PACE = 5
"""To each receiver so many a second."""

PATIENCE_SECONDS = 120.0


async def measure(bench: Bench) -> list[Figure]:
    """p99 of the healthy with and without ten that hang or fail."""
    place = await bench.servers.place("webhooks")
    webhooks = bench.size(10_000, 500)
    cpu = bench.cpu()
    each = webhooks // RECEIVERS
    healthy = RECEIVERS - HANGING - FAILING
    with receivers(healthy, HANGING, FAILING) as there:
        bad = there.hanging + there.failing
        async with leading(place.region, "notifications") as leader:
            replica = _replica(leader)

            async def alone() -> Sample:
                return await _round(replica, there, there.healthy, each, cpu)

            async def beside() -> Sample:
                return await _round(replica, there, there.healthy + bad, each, cpu)

            sides = await bench.in_turns("webhooks", {"with ten bad ones": beside, "alone": alone})
    return [
        Figure(
            "webhooks-beside-bad-ones",
            f"{webhooks:,} webhooks, p99 of {healthy} receivers beside {HANGING} that hang and "
            f"{FAILING} that fail; alone",
            "ms",
            sides["with ten bad ones"].latency("p99_ms"),
            times_at_most(1.5),
            sides["alone"].latency("p99_ms"),
        ),
    ]


def _replica(leader: Leader) -> Any:
    """What the courier needs of a replica."""

    async def decide(command: Command, actor: Actor, command_id: UUID) -> Any:
        return await leader.loop.submit(Item(command_id=command_id, actor=actor, command=command))

    loopback = Webhooks.model_validate({"private_networks": ["127.0.0.0/8"]})
    return SimpleNamespace(
        region=leader.region.model_copy(update={"webhooks": loopback}),
        pool=leader.pool,
        loop=leader.loop,
        metrics=leader.metrics,
        decide=decide,
    )


async def _round(replica: Any, there: Receivers, ports: tuple[int, ...], each: int, cpu: Cpu) -> Sample:
    """Every receiver gets `each` things of its own team, at its pace; latencies of the healthy ones."""
    teams = {f"team-{port}": port for port in ports}
    endpoints = [await _register(replica, team, port) for team, port in teams.items()]
    healthy = len(set(ports) & set(there.healthy))
    said: dict[str, float] = {}
    cpu.start()
    async with _bringing(replica):
        began = time.perf_counter()

        async def say(team: str, offset: float) -> None:
            for n in range(each):
                await asyncio.sleep(max(0.0, began + offset + n / PACE - time.perf_counter()))
                referral_id = new_id()
                said[str(uuid5(referral_id, "feedback/1"))] = time.time()
                told = TakeFeedback(
                    referral_id=referral_id, team=team, number=1, status="accepted", at=datetime.now(UTC)
                )
                await replica.decide(told, _ITSELF, new_id())

        await asyncio.gather(*(say(team, k / PACE / len(teams)) for k, team in enumerate(teams)))
        arrived = await there.arrived(healthy * each, seconds=PATIENCE_SECONDS)
    for team, endpoint_id in zip(teams, endpoints, strict=True):
        await replica.decide(
            DeleteEndpoint(endpoint_id=endpoint_id),
            Actor(role=Role.REFERRER, name="bench", team=team),
            new_id(),
        )
    took = [at - said[id] for id, at in arrived.items() if id in said]
    p50, p99 = (percentile(took, share) * 1000 for share in (0.50, 0.99))
    return Sample(p50, cpu.per_thousand(len(took)), p50_ms=p50, p99_ms=p99)


_ITSELF = Actor(role=Role.SERVICE, name="notifications")


async def _register(replica: Any, team: str, port: int) -> UUID:
    opened = OpenEndpoint(
        url=f"http://127.0.0.1:{port}/webhooks", secret=new_secret(), signing_key=new_signing_key()
    )
    answer = await replica.decide(opened, Actor(role=Role.REFERRER, name="bench", team=team), new_id())
    assert answer.outcome == "accepted", answer
    return UUID(str(answer.id))


@asynccontextmanager
async def _bringing(replica: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(Courier(replica).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
