"""The relay: a log that is in PostgreSQL goes to JetStream, from an empty stream to its last event.

The peer publishes equal messages, made beforehand, with nats-py's `publish_async` and as many
under way; it reads no log and minds no order. Both end when JetStream holds the last message.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import NotFoundError

from contracts import subjects
from services.kernel.bus import Bus
from services.kernel.log import Publisher, stretch
from services.kernel.relay import WINDOW, Relay
from services.kernel.settings import Region
from services.kernel.streams import ensure_stream, stream_config
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, times_at_least
from tests.bench.filling import fill_offers, fill_participants
from tests.bench.leader import Leader, leading
from tests.bench.meters import Cpu

SERVICE = "exchange"
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 60.0


async def measure(bench: Bench) -> list[Figure]:
    """The kernel's Relay against publish_async in a window."""
    place = await bench.servers.place("relay")
    events = bench.size(20_000, 4_000)
    async with bench.servers.admin(place.region.database(SERVICE)) as admin:
        await fill_participants(admin, 1000)
        await fill_offers(admin, events, people=1000, days_ago=0)
    await bench.servers.settle(place)
    with place.nats() as nats:
        cpu = bench.cpu(nats=nats.pid)
        async with (
            leading(place.region, SERVICE) as leader,
            connected(place.region, "operator") as operator,
            connected(place.region, SERVICE) as bus,
        ):
            messages = await _messages(leader, events)
            sides = await bench.in_turns(
                "relay",
                {
                    "relay": lambda: _relay(leader, bus, operator, events, cpu),
                    "publish_async": lambda: _publish(place.region, messages, bus, operator, cpu),
                },
            )
    return [
        Figure(
            "relay",
            f"Relay, PostgreSQL to JetStream; publish_async, {WINDOW} under way",
            "/s",
            sides["relay"],
            times_at_least(0.5),
            sides["publish_async"],
        )
    ]


@asynccontextmanager
async def connected(region: Region, user: str) -> AsyncIterator[Bus]:
    """A bus of this user, inside the block."""
    bus = Bus(region, user)
    await bus.connect()
    try:
        yield bus
    finally:
        await bus.close()


async def _messages(leader: Leader, last: int) -> list[tuple[str, bytes, str]]:
    """Subject, body and id of the last so many events, as the relay publishes them."""
    region = leader.region
    publisher = Publisher(region.region, SERVICE, region.organisation)
    rows = await stretch(leader.pool, leader.loop.position - last, last)
    return [
        (publisher.subject(row["name"]), publisher.cloud_event(row), f"{row['command_id']}.{row['ordinal']}")
        for row in rows
    ]


async def _relay(leader: Leader, bus: Bus, operator: Bus, events: int, cpu: Cpu) -> Sample:
    await _no_stream(operator)
    relay = Relay(leader.region, SERVICE, bus, leader.pool, leader.loop, leader.metrics)
    cpu.start()
    began = time.perf_counter()
    relaying = asyncio.create_task(relay.run())
    try:
        await _until_held(operator, events)
        elapsed = time.perf_counter() - began
        return Sample(events / elapsed, cpu.per_thousand(events))
    finally:
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying


async def _publish(
    region: Region, messages: list[tuple[str, bytes, str]], bus: Bus, operator: Bus, cpu: Cpu
) -> Sample:
    await _no_stream(operator)
    js = bus.client.jetstream(publish_async_max_pending=WINDOW)
    await ensure_stream(js, stream_config(region.region, SERVICE, region.nats.stream_days))
    cpu.start()
    began = time.perf_counter()
    for subject, body, message_id in messages:
        await js.publish_async(subject, body, headers={Header.MSG_ID: message_id})
    await _until_held(operator, len(messages))
    elapsed = time.perf_counter() - began
    return Sample(len(messages) / elapsed, cpu.per_thousand(len(messages)))


def _stream(operator: Bus) -> JetStreamContext:
    return operator.client.jetstream(timeout=5)


async def _no_stream(operator: Bus) -> None:
    with suppress(NotFoundError):
        await _stream(operator).delete_stream(subjects.stream(SERVICE))


async def _until_held(operator: Bus, messages: int) -> None:
    """Wait until JetStream holds so many."""
    js = _stream(operator)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(NotFoundError):
                if (await js.stream_info(subjects.stream(SERVICE))).state.messages >= messages:
                    return
            await asyncio.sleep(LOOK_SECONDS)
