"""Does a command get slower as the log grows? The same commands at the same pace, on two logs.

Both logs lie on the same server, in databases of their own, filled with offers as commands leave
them: event, command result, vault text and projection. The load is moderate and fixed, so that
what is seen is the time of a command, not of a queue.
"""

from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, times_at_most
from tests.bench.filling import fill_offers, fill_participants, person
from tests.bench.leader import leading
from tests.bench.meters import paced
from tests.bench.neighbours import PEOPLE, offer
from tests.bench.servers import Place

PER_SECOND = 400


async def measure(bench: Bench) -> list[Figure]:
    """p50 and p99 of PostOffer with a long log against a short one."""
    long, short = bench.size(1_000_000, 20_000), bench.size(10_000, 2_000)
    places = [await _filled(bench, "long", long), await _filled(bench, "short", short)]
    await bench.servers.settle(*places)
    members = [person(n) for n in range(1, PEOPLE + 1)]
    cpu = bench.cpu()
    async with (
        leading(places[0].region, "exchange") as long_exchange,
        leading(places[1].region, "exchange") as short_exchange,
    ):

        async def to_long(caller: int, made: int) -> None:
            await long_exchange.give(offer(members, caller, made))

        async def to_short(caller: int, made: int) -> None:
            await short_exchange.give(offer(members, caller, made))

        async def on_long() -> Sample:
            return await paced(PER_SECOND, bench.seconds, to_long, cpu)

        async def on_short() -> Sample:
            return await paced(PER_SECOND, bench.seconds, to_short, cpu)

        sides = await bench.in_turns("long log", {f"{long:,}": on_long, f"{short:,}": on_short})
    ours, against = sides.values()
    what = f"with {long:,} events, {PER_SECOND} commands/s; with {short:,}"
    return [
        Figure(
            "long-log-p50",
            f"Command p50 {what}",
            "ms",
            ours.latency("p50_ms"),
            times_at_most(1.2),
            against.latency("p50_ms"),
        ),
        Figure(
            "long-log-p99",
            f"Command p99 {what}",
            "ms",
            ours.latency("p99_ms"),
            times_at_most(1.5),
            against.latency("p99_ms"),
        ),
    ]


async def _filled(bench: Bench, name: str, events: int) -> Place:
    place = await bench.servers.place(name)
    async with bench.servers.admin(place.region.database("exchange")) as admin:
        await fill_participants(admin, PEOPLE)
        await fill_offers(admin, events - PEOPLE, people=PEOPLE)
    return place
