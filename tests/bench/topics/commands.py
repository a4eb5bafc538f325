"""Durable commands in this process: PostOffer through the real commit loop.

Ours decides, checks the command id, and writes event, vault text, offer and command result.
`eventsourcing` saves an aggregate of equal payload with its own recorder; pgbench inserts
one row of equal payload. All commit durably, on the same server, in turns.
"""

from tests.bench.bench import Bench
from tests.bench.figures import Figure, times_at_least
from tests.bench.leader import leading
from tests.bench.meters import closed_loop
from tests.bench.neighbours import admit, offer, people
from tests.bench.peers import Pgbench, eventsourcing, offers_of_eventsourcing

CALLERS = 64
THREADS = 8
CLIENTS = 32


async def measure(bench: Bench) -> list[Figure]:
    """64 callers against eight threads of the library and 32 clients of pgbench; one against one thread."""
    place = await bench.servers.place("bench")
    members = people()
    cpu = bench.cpu()
    pgbench = Pgbench(bench.servers)
    await pgbench.prepare(members[0])
    with (
        offers_of_eventsourcing(bench.servers, THREADS) as library,
        offers_of_eventsourcing(bench.servers, 1) as library_alone,
    ):
        async with leading(place.region, "exchange") as exchange:
            await admit(exchange, members)

            async def post(caller: int, made: int) -> None:
                await exchange.give(offer(members, caller, made))

            many = await bench.in_turns(
                "commands, many callers",
                {
                    "wederdienst": lambda: closed_loop(CALLERS, bench.seconds, post, cpu),
                    "eventsourcing": lambda: eventsourcing(library, THREADS, bench.seconds, cpu),
                    "pgbench": lambda: pgbench.run(CLIENTS, bench.seconds, cpu),
                },
            )
            one = await bench.in_turns(
                "commands, one caller",
                {
                    "wederdienst": lambda: closed_loop(1, bench.seconds, post, cpu),
                    "eventsourcing": lambda: eventsourcing(library_alone, 1, bench.seconds, cpu),
                },
            )
    what = f"Durable commands, {CALLERS} callers"
    return [
        Figure(
            "commands-eventsourcing",
            f"{what}; eventsourcing, {THREADS} threads",
            "/s",
            many["wederdienst"],
            times_at_least(15),
            many["eventsourcing"],
        ),
        Figure(
            "commands-pgbench",
            f"{what}; pgbench, one row, {CLIENTS} clients",
            "/s",
            many["wederdienst"],
            times_at_least(2),
            many["pgbench"],
        ),
        Figure(
            "commands-one-caller",
            "Durable commands, one caller; eventsourcing, one thread",
            "/s",
            one["wederdienst"],
            times_at_least(1),
            one["eventsourcing"],
        ),
    ]
