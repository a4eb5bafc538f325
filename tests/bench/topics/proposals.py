"""Ranked proposals: who can help with this request, asked over NATS of real processes.

All offers stand in one municipality. The help asked for is of high intimacy and the asker has a
circle and a street, so exchange asks members whom to leave out, within the measured time. It needs
a VOG, which three of four helpers have, and everyone's week holds something already.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import UUID

from contracts.exchange import RequestHelp
from contracts.proposals import RankedHelpers, RankHelpers
from services.kernel.bus import Bus
from services.kernel.service import new_id
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Round, Side, at_most, times_at_most
from tests.bench.filling import (
    approve_members,
    fill_members,
    fill_offers,
    fill_participants,
    follow_up_to,
    person,
)
from tests.bench.leader import NOOR
from tests.bench.meters import closed_loop
from tests.bench.servers import Place
from tests.bench.topics.relay import connected

CATEGORY = "finances"
ASKERS = 40
MANY = 100_000
PEOPLE_WITH_FIVE_OFFERS = 5
AT_LEAST_IN_CATEGORY = 5_000
SECONDS_A_ROUND = 6.0
"""So that a 99th percentile is more than the second slowest of a hundred."""


async def measure(bench: Bench) -> list[Figure]:
    """p99 with 100,000 open offers against 1,000."""
    many, few = bench.size(MANY, 5_000), 1_000
    sides = await _in_turns(bench, many, few)
    ours, against = (sides[f"{offers:,}"].latency("p99_ms") for offers in (many, few))
    what = f"Ranked proposals p99, {many:,} open offers in one municipality"
    return [
        Figure("proposals", f"{what}; {few:,}", "ms", ours, times_at_most(3), against),
        Figure("proposals-ms", what, "ms", ours, at_most(20)),
    ]


async def _in_turns(bench: Bench, many: int, few: int) -> dict[str, Side]:
    async with _neighbourhood(bench, "many", many) as of_many, _neighbourhood(bench, "few", few) as of_few:
        return await bench.in_turns("ranked proposals", {f"{many:,}": of_many, f"{few:,}": of_few})


@asynccontextmanager
async def _neighbourhood(bench: Bench, name: str, offers: int) -> AsyncIterator[Round]:
    """A region with so many open offers, and a round of asking who can help."""
    place = await _filled(bench, name, offers)
    with place.nats() as nats:
        async with (
            place.serving("members", "exchange") as (members, exchange),
            connected(place.region, "operator") as bus,
        ):
            requests = [await _ask(bus, person(n)) for n in range(1, ASKERS + 1)]
            turn = count()
            cpu = bench.cpu(nats=nats.pid, members=members.pid, exchange=exchange.pid)

            async def rank(caller: int, made: int) -> None:
                query = RankHelpers(request_id=requests[next(turn) % ASKERS])
                found = await bus.ask(query, RankedHelpers, NOOR)
                assert found.helpers, found
                assert found.excluded.get("distance"), "members was not asked, or left nobody out"

            yield lambda: closed_loop(1, bench.seconds if bench.quick else SECONDS_A_ROUND, rank, cpu)


async def _filled(bench: Bench, name: str, offers: int) -> Place:
    place = await bench.servers.place(name)
    people = offers // PEOPLE_WITH_FIVE_OFFERS
    async with (
        bench.servers.admin(place.region.database("members")) as members,
        bench.servers.admin(place.region.database("exchange")) as exchange,
    ):
        await fill_members(members, people)
        await approve_members(members, 1, people)
        await fill_participants(exchange, people)
        await fill_offers(exchange, offers, people=people)
        await follow_up_to(exchange, "members", members)
        in_category = await exchange.fetchval("SELECT count(*) FROM offers WHERE category = $1", CATEGORY)
    if offers == MANY:
        assert in_category >= AT_LEAST_IN_CATEGORY, in_category
    await bench.servers.settle(place, service="members")
    await bench.servers.settle(place, service="exchange")
    return place


async def _ask(bus: Bus, asker: UUID) -> UUID:
    """A request for help that is too near for the own circle and street."""
    asked = RequestHelp(
        member_id=asker, category=CATEGORY, minutes=60, text="Wie neemt het even over?", consent="phone"
    )
    answer = await bus.send(asked, NOOR, id=new_id())
    assert answer.id is not None, answer
    return answer.id
