"""Commands over NATS: request and reply, one service process, the callers in this one.

This is what the coordinator instance does for every request, less its HTTP.
"""

from services.kernel.bus import Bus
from services.kernel.service import new_id
from tests.bench.bench import Bench
from tests.bench.figures import Figure, at_least
from tests.bench.leader import NOOR, SOME_HASH, leading
from tests.bench.meters import closed_loop
from tests.bench.neighbours import admit, offer, people
from tests.bench.topics.commands import CALLERS


async def measure(bench: Bench) -> list[Figure]:
    """PostOffer from 64 callers to one `serve exchange`, with p50 and p99."""
    place = await bench.servers.place("nats")
    members = people()
    async with leading(place.region, "exchange") as exchange:
        await admit(exchange, members)
    with place.nats() as nats:
        async with place.serving("exchange") as (process,):
            bus = Bus(place.region, "operator")
            await bus.connect()
            cpu = bench.cpu(nats=nats.pid, service=process.pid)

            async def post(caller: int, made: int) -> None:
                command = offer(members, caller, made)
                answer = await bus.send(
                    command, NOOR, id=new_id(), content_hash=SOME_HASH, correlation_id=new_id()
                )
                assert answer.outcome == "accepted", answer

            try:
                sides = await bench.in_turns(
                    "commands over NATS",
                    {"wederdienst": lambda: closed_loop(CALLERS, bench.seconds, post, cpu)},
                )
            finally:
                await bus.close()
    return [
        Figure(
            "commands-over-nats",
            f"Commands over NATS, {CALLERS} callers, one service process",
            "/s",
            sides["wederdienst"],
            at_least(4000),
        )
    ]
