"""The bus may double, shuffle and lose: effects happen once and in order all the same."""

import asyncio
import random
from pathlib import Path

import nats

from contracts import subjects
from services.region.databases import connect
from tests.faults.conftest import Shared
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.proxies import LosePublishes, pass_on, proxy
from tests.harness.regions import RunningRegion, real_region


async def _publish_again(region: RunningRegion, service: str, dice: random.Random) -> int:
    """Publish every event of a service's stream again, shuffled, twice, as the service's own user."""
    config = region.region
    client = await nats.connect(
        f"nats://{config.nats.host}:{config.nats.port}",
        user=service,
        password=config.nats_password(service),
        inbox_prefix=subjects.inbox(service).encode(),
    )
    try:
        stream = subjects.stream(service)
        state = (await client.jetstream().stream_info(stream)).state
        messages = [
            await client.jetstream().get_msg(stream, seq=sequence)
            for sequence in range(max(1, state.first_seq), state.last_seq + 1)
        ]
        doubled = messages * 2
        dice.shuffle(doubled)
        for message in doubled:
            await client.publish(str(message.subject), message.data or b"")
        await client.flush()
        return len(doubled)
    finally:
        await client.close()


async def test_every_event_delivered_twice_and_shuffled_has_its_effect_once(
    shared: Shared, seed: int
) -> None:
    dice = random.Random(seed)
    async with Neighbourhood(shared.region.region, seed) as place:
        await place.settle_in()
        living = asyncio.create_task(place.live(seconds=3.0))
        again = 0
        for service in shared.region.region.services:
            await asyncio.sleep(0.3)
            again += await _publish_again(shared.region, service, dice)
        await living
    assert again > 50
    await shared.holds(place)


async def test_publishes_lost_in_the_middle_of_the_relays_window_are_noticed_and_repeated(
    tmp_path: Path, seed: int
) -> None:
    async with real_region(tmp_path) as (region, mailbox):
        losing = LosePublishes(every=7)
        async with proxy(region.region.nats.port, there=losing.there, back=pass_on) as port:
            exchange = region.of("exchange")[0]
            await asyncio.to_thread(exchange.stop)
            exchange.environment["WD_NATS__PORT"] = str(port)
            exchange.start()
            await asyncio.to_thread(region.wait_ready)
            async with Neighbourhood(region.region, seed) as place:
                await place.settle_in()
                losing.active = True
                living = asyncio.create_task(place.live(seconds=4.0))
                await place.until(lambda: _lost(losing), 20)
                losing.active = False
                await living
            assert losing.lost > 0
            await assert_all_holds(region.region, place.answered, folder=tmp_path, mailbox=mailbox)
            await _stream_is_whole(region)
            await asyncio.to_thread(exchange.stop)


async def _lost(losing: LosePublishes) -> bool:
    return losing.lost >= 3


async def _stream_is_whole(region: RunningRegion) -> None:
    """JetStream holds every position of the exchange's log."""
    config = region.region
    database = await connect(config, "exchange")
    head = await database.fetchval("SELECT position FROM log_head")
    await database.close()
    client = await nats.connect(
        f"nats://{config.nats.host}:{config.nats.port}",
        user="operator",
        password=config.nats_password("operator"),
        inbox_prefix=subjects.inbox("operator").encode(),
    )
    try:
        js = client.jetstream()
        stream = subjects.stream("exchange")
        state = (await js.stream_info(stream)).state
        held = set()
        for sequence in range(max(1, state.first_seq), state.last_seq + 1):
            message = await js.get_msg(stream, seq=sequence)
            held.add(int((message.data or b"").partition(b'"position":')[2].partition(b",")[0]))
        assert held == set(range(1, head + 1))
    finally:
        await client.close()
