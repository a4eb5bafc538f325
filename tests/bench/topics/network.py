"""A network: regions on one hub, each writing to every other at once; and what each costs the hub.

Real PostgreSQL (one for all), a NATS server for each region and the hub. The links lead in this one process
on this one machine, so a rate is the least that as many regions on machines of their own would do.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import permutations
from pathlib import Path
from statistics import median

import psutil

from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, at_least, at_most, times_at_least
from tests.bench.meters import Cpu, memory_mb
from tests.harness.links import Linked, linked_regions
from tests.harness.waiting import until

NAMES = ("oost", "west", "zuid", "noord", "midden", "kust", "duin", "veen", "bos", "hei")
PATIENCE_SECONDS = 300.0
TIMES = 20


async def measure(bench: Bench) -> list[Figure]:
    """Letters a second with three regions and with ten; one letter on a quiet link; the hub's memory."""
    few, many = bench.size(3, 2), bench.size(10, 3)
    letters = bench.size(9_000, 60)
    folder = bench.servers.folder
    names = f"{many} regions", f"{few} regions"
    async with _regions(folder / "few", few) as small:
        # Before there are others: all greet each other now and then, in this process.
        quiet = await bench.in_turns("one letter", {"wederdienst": lambda: _one_letter(small)})
        async with _regions(folder / "many", many) as large:
            both = dict(zip(names, (large, small), strict=True))
            letters_of = await bench.in_turns(
                "letters", {name: partial(_all_to_all, linked, letters) for name, linked in both.items()}
            )
            hub_of = await bench.in_turns(
                "the hub", {name: partial(_held, linked) for name, linked in both.items()}
            )
    (ours, against), hubs = letters_of.values(), list(hub_of.values())
    what = "Letters/s in a network, each region writing to all others"
    return [
        Figure("network-letters", f"{what}: {few} regions", "/s", against, at_least(1_000)),
        Figure("network-growing", f"{what}: {many} regions; {few}", "/s", ours, times_at_least(0.5), against),
        Figure(
            "network-one-letter",
            "One letter on a quiet link, until it is known as taken",
            "ms",
            quiet["wederdienst"],
            at_most(250),
        ),
        Figure(
            "network-hub", f"Memory of a hub with {many} regions; {few}", "MB", hubs[0], at_most(100), hubs[1]
        ),
    ]


@asynccontextmanager
async def _regions(folder: Path, count: int) -> AsyncIterator[Linked]:
    """So many regions that know each other."""
    async with linked_regions(folder, NAMES[:count]) as linked:

        async def all_up() -> bool:
            up = [await one.count("SELECT count(*) FROM peers WHERE up") for one in linked.regions.values()]
            return up == [count - 1] * count

        await until(all_up, "every region knowing the others", seconds=60, pause_seconds=0.2)
        yield linked


async def _all_to_all(linked: Linked, letters: int) -> Sample:
    """`letters` in all, as many in each direction; the value is letters taken per second."""
    pairs = list(permutations(linked.regions.values(), 2))
    each = letters // len(pairs)
    cpu = Cpu(postgres=linked.postgres.pid, hub=_hub(linked))
    began = time.perf_counter()
    await asyncio.gather(*(one.write(other.name, each) for one, other in pairs))
    await linked.drained(PATIENCE_SECONDS)
    done = each * len(pairs)
    return Sample(done / (time.perf_counter() - began), cpu.per_thousand(done))


async def _one_letter(linked: Linked) -> Sample:
    """Milliseconds from its being queued to its being known as taken: the median of some."""
    one, other = list(linked.regions.values())[:2]

    async def taken() -> bool:
        return await one.waiting(other.name) == 0

    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await one.write(other.name)
        await until(taken, "one letter being taken")
        took.append(1000 * (time.perf_counter() - began))
    return Sample(median(took))


async def _held(linked: Linked) -> Sample:
    """MB of the hub, which has one connection from each region, and one from its registrar."""
    connections = psutil.Process(_hub(linked)).net_connections()
    open_now = sum(one.status == psutil.CONN_ESTABLISHED for one in connections)
    assert open_now == len(linked.regions) + 1, open_now
    return Sample(memory_mb([_hub(linked)]))


def _hub(linked: Linked) -> int:
    assert linked.server.process is not None
    return linked.server.process.pid
