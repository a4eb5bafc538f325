"""What a network costs on this machine: regions on one hub, each writing to every other at once.

    python -m tests.bench.network [regions] [letters to each]

Real PostgreSQL, NATS and hub; the links lead in this one process, so what is measured is the least that
as many processes on as many machines would do. Prints letters a second, the time that one letter takes on
a quiet link, and what the hub holds.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from itertools import permutations, zip_longest
from pathlib import Path

import psutil

from tests.harness.links import Linked, linked_regions
from tests.harness.waiting import until

NAMES = ("oost", "west", "zuid", "noord", "midden", "kust", "duin", "veen", "bos", "hei")
QUIET = 50


async def main(regions: int, letters: int) -> None:
    with tempfile.TemporaryDirectory(prefix="wederdienst-network-") as folder:
        async with linked_regions(Path(folder), NAMES[:regions]) as linked:
            pairs = list(permutations(NAMES[:regions], 2))
            await until(lambda: _all_up(linked, regions), "every region knowing the others", seconds=60)
            quiet = [await _one_letter(linked) for _ in range(QUIET)]
            began = time.perf_counter()
            await asyncio.gather(*(linked[one].write(other, letters) for one, other in pairs))
            written = time.perf_counter() - began
            await linked.drained(600)
            seconds = time.perf_counter() - began
            assert linked.server.process is not None
            hub = psutil.Process(linked.server.process.pid)
            print(f"{regions} regions, {len(pairs)} directions, {letters} letters in each")
            print(f"  all taken after {seconds:.1f} s: {len(pairs) * letters / seconds:,.0f} letters/s")
            print(f"  (written after {written:.1f} s)")
            print(f"  a letter on a quiet link: median {1000 * statistics.median(quiet):.0f} ms")
            print(f"  hub: {hub.memory_info().rss / 2**20:.0f} MB, {_connections(hub)} connections")


async def _all_up(linked: Linked, regions: int) -> bool:
    up = [await one.count("SELECT count(*) FROM peers WHERE up") for one in linked.regions.values()]
    return up == [regions - 1] * regions


async def _one_letter(linked: Linked) -> float:
    """Seconds from its being queued to its being known as taken."""
    oost = linked["oost"]
    began = time.perf_counter()
    await oost.write("west")
    await until(lambda: _taken(linked), "one letter being taken")
    return time.perf_counter() - began


async def _taken(linked: Linked) -> bool:
    return await linked["oost"].waiting("west") == 0


def _connections(process: psutil.Process) -> int:
    return sum(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections())


if __name__ == "__main__":
    regions, letters = (int(given or usual) for given, usual in zip_longest(sys.argv[1:], (3, 5000)))
    asyncio.run(main(regions, letters))
