"""A whole region with its own servers: how long it takes to be ready, and how much memory it holds idle.

The first start makes databases and tables and is not counted. Memory is the sum of the
proportional set sizes of all its processes, PostgreSQL and NATS included.
"""

import asyncio
import time

from services.region.configure import write_region
from services.region.running import RunningRegion
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, Side, at_most
from tests.bench.meters import memory_mb

IDLE_SECONDS = 3.0


async def measure(bench: Bench) -> list[Figure]:
    """Seconds from nothing to every service ready and leading; MB three seconds later."""
    config = write_region(
        bench.servers.folder / "whole", region="whole", name="Whole", centre="3511", keys=[]
    )
    started: list[Sample] = []
    held: list[Sample] = []
    with bench.screen.stage("a whole region", bench.rounds) as done:
        for number in range(bench.rounds + 1):
            region = RunningRegion(config)
            try:
                began = time.perf_counter()
                await asyncio.to_thread(region.start)
                took = time.perf_counter() - began
                if number > 0:
                    started.append(Sample(took))
                    await asyncio.sleep(IDLE_SECONDS)
                    held.append(Sample(memory_mb(_processes(region))))
                    done(number)
            finally:
                await asyncio.to_thread(region.stop)
    return [
        Figure(
            "start",
            "Start of a region until ready, from the second time on",
            "s",
            _side(started),
            at_most(10),
        ),
        Figure("memory", "Memory of a whole idle region, servers included", "MB", _side(held), at_most(900)),
    ]


def _side(samples: list[Sample]) -> Side:
    return Side("wederdienst", tuple(samples))


def _processes(region: RunningRegion) -> list[int]:
    assert region.postgres is not None
    assert region.nats is not None
    return [region.postgres.pid, region.nats.pid, *(replica.pid for replica in region.replicas)]
