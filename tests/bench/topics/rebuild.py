"""Rebuilding a projection: exchange's tables from its log, into tables beside them, and swapped in.

The peer is a bare asyncpg cursor over the same rows, which does nothing with them.
"""

import time
from typing import Any

from services.kernel.rebuild import Rebuild
from services.region.databases import connect, service_of
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, times_at_least
from tests.bench.filling import fill_offers, fill_participants
from tests.bench.meters import Cpu

_SAME_ROWS = "SELECT position, name, schema_version, occurred_at, data FROM events ORDER BY position"


async def measure(bench: Bench) -> list[Figure]:
    """`wederdienst rebuild exchange` against reading its log."""
    place = await bench.servers.place("rebuild")
    events = bench.size(50_000, 5_000)
    async with bench.servers.admin(place.region.database("exchange")) as admin:
        await fill_participants(admin, 1000)
        await fill_offers(admin, events, people=1000)
    await bench.servers.settle(place)
    connection: Any = await connect(place.region, "exchange")
    log: Any = await connect(place.region, "exchange")
    service = service_of("exchange", place.region)
    cpu = bench.cpu()

    async def ours() -> Sample:
        cpu.start()
        began = time.perf_counter()
        read = await Rebuild("exchange", service.kinds, connection, {"exchange": log}).run()
        return Sample(read / (time.perf_counter() - began), cpu.per_thousand(read))

    try:
        sides = await bench.in_turns("rebuild", {"rebuild": ours, "cursor": lambda: _read(connection, cpu)})
    finally:
        await connection.close()
        await log.close()
    return [
        Figure(
            "rebuild",
            f"Rebuild of a projection, {events:,} events; bare cursor over the same rows",
            "/s",
            sides["rebuild"],
            times_at_least(0.5),
            sides["cursor"],
        )
    ]


async def _read(connection: Any, cpu: Cpu) -> Sample:
    cpu.start()
    began = time.perf_counter()
    read = 0
    async with connection.transaction(readonly=True):
        async for _ in connection.cursor(_SAME_ROWS):
            read += 1
    return Sample(read / (time.perf_counter() - began), cpu.per_thousand(read))
