"""Followers: the events of another service, each applied once and in order, whatever the bus does.

JetStream brings events; the watermark in this service's own database says which is next.
At or below it: skip. Next: apply. Beyond it: ask the source's log for what is missing.
A heartbeat of the source's head shows a lost tail.
"""

import asyncio
from collections.abc import Sequence
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
from nats.aio.msg import Msg

from contracts import subjects
from contracts.envelope import Actor, Role
from services.kernel.bus import Bus
from services.kernel.commit_loop import CommitLoop
from services.kernel.deciding import Item
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY, Rejected, Transient
from services.kernel.log import Pool, Recorded, parse
from services.kernel.questions import LogStretch, ReadLog
from services.kernel.settings import Region
from services.kernel.streams import consumer_config, ensure_consumer
from services.kernel.telemetry import Metrics, log
from services.kernel.tracing import TRACING, Step

FETCH = 500
PULL_SECONDS = 20.0
PULL_ENDED = ("404", "408")


class Follower:
    """Follows one source while this replica leads."""

    def __init__(
        self,
        region: Region,
        service: str,
        source: str,
        bus: Bus,
        pool: Pool,
        loop: CommitLoop,
        metrics: Metrics,
    ) -> None:
        self._region = region.region
        self._service = service
        self._source = source
        self._bus = bus
        self._pool = pool
        self._loop = loop
        self._lag = metrics.follower_lag.labels(source)
        self._actor = Actor(role=Role.SERVICE, name=service)
        self._next = 0
        self._epoch = 1
        self._head = 0
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()

    async def run(self) -> None:
        """Follow until cancelled."""
        _, self._next, _ = self._loop.marks.get(self._source, (1, 0, ""))
        self._epoch = self._loop.marks.get(self._source, (1, 0, ""))[0]
        client = self._bus.client
        heads = await client.subscribe(subjects.head(self._region, self._source), cb=self._on_head)
        inbox = f"{subjects.inbox(self._service)}.pull.{client.new_inbox().rpartition('.')[2]}"
        pulled = await client.subscribe(inbox, cb=self._arrived.put)
        try:
            while True:
                try:
                    await self._ensure()
                    await self._consume(inbox)
                except (Transient, *NATS_AWAY, *DATABASE_AWAY) as error:
                    log.info("follow_again", source=self._source, error=type(error).__name__)
                    _, self._next, _ = self._loop.marks.get(self._source, (1, 0, ""))
                    await asyncio.sleep(0.3)
        finally:
            if self._bus.connected:
                await heads.unsubscribe()
                await pulled.unsubscribe()

    async def _ensure(self) -> None:
        js = self._bus.client.jetstream(timeout=2)
        await ensure_consumer(js, subjects.stream(self._source), consumer_config(self._service))
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Take from the source's log what is not here yet, in stretches."""
        while True:
            stretch = await self._bus.ask(
                ReadLog(after=self._next), LogStretch, self._actor, to=self._source, seconds=3
            )
            self._head = stretch.head
            if stretch.epoch != self._epoch:
                await self._go_on_after_fork(stretch)
                continue
            if not stretch.events:
                return
            await self._apply([parse(orjson.dumps(event)) for event in stretch.events])

    async def _go_on_after_fork(self, stretch: LogStretch) -> None:
        """The source closed an epoch: effects of what it no longer has are listed for a person."""
        # It may have forked more than once while we were away.
        first = min(position for epoch, position in stretch.epochs.items() if epoch > self._epoch)
        if self._next >= first:
            await self._pool.execute(
                "INSERT INTO forks (source, epoch, first_position, last_position) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT DO NOTHING",
                self._source,
                stretch.epoch,
                first,
                self._next,
            )
            log.error("source_forked", source=self._source, first=first, last=self._next)
        self._epoch = stretch.epoch
        self._next = min(self._next, first - 1)

    async def _consume(self, inbox: str) -> None:
        """Take messages as they come; go back to the source's log where one is missing."""
        asked = 0
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{subjects.stream(self._source)}.{self._service}"
        request = orjson.dumps({"batch": FETCH, "expires": int(PULL_SECONDS * 1e9)})
        while True:
            if asked <= 0:
                await self._bus.client.publish(subject, request, reply=inbox)
                asked = FETCH
            messages = await self._next_messages()
            if not messages:
                # The pull has ended, or the head moved without a message: look at the log itself.
                asked = 0
                await self._ensure()
                continue
            recorded: list[Recorded] = []
            broken = False
            last: Msg | None = None
            for message in messages:
                if message.headers and "Status" in message.headers and not message.data:
                    asked = 0
                    broken = broken or message.headers["Status"] not in PULL_ENDED
                    continue
                asked -= 1
                last = message
                try:
                    recorded.append(parse(message.data))
                except ValueError as wrong:
                    # It is not in this form in the source's log: reading on from there passes it by.
                    log.warning("not_an_event", source=self._source, error=type(wrong).__name__)
            await self._take(recorded)
            if last is not None:
                await self._bus.client.publish(last.reply, b"+ACK")
            elif broken:
                # The consumer or its stream is gone: make it again, without spinning.
                await asyncio.sleep(0.2)
                await self._ensure()

    async def _next_messages(self) -> list[Msg]:
        """What has arrived, waiting for at least one; empty after a lost tail or at the pull's end."""
        until = PULL_SECONDS + 1
        while self._arrived.empty():
            try:
                async with asyncio.timeout(min(until, 1.0)):
                    messages = [await self._arrived.get()]
                    break
            except TimeoutError:
                until -= 1.0
                if self._head > self._next or until <= 0 or not self._bus.connected:
                    return []
        else:
            messages = [self._arrived.get_nowait()]
        while not self._arrived.empty() and len(messages) < FETCH:
            messages.append(self._arrived.get_nowait())
        return messages

    async def _take(self, recorded: Sequence[Recorded]) -> None:
        """Apply those that are next in line; fetch the missing ones before the others."""
        run: list[Recorded] = []
        for event in sorted(recorded, key=lambda e: (e.epoch, e.position)):
            if event.epoch < self._epoch or event.position <= self._next + len(run):
                continue
            if event.epoch > self._epoch or event.position > self._next + len(run) + 1:
                await self._apply(run)
                run = []
                await self._catch_up()
                if event.position != self._next + 1 or event.epoch != self._epoch:
                    continue
            run.append(event)
        await self._apply(run)

    async def _apply(self, run: list[Recorded]) -> None:
        if not run:
            return
        items = [_item(self._service, event) for event in run]
        steps = self._steps(run, items) if TRACING.on else ()
        done = self._loop.submit_followed(items)
        self._next = run[-1].position
        try:
            await done
        except BaseException:
            for step in steps:
                step.name("follow again")
            raise
        finally:
            for step in steps:
                step.end()
        self._lag.set(max(0, self._head - self._next))

    def _steps(self, run: list[Recorded], items: list[Item]) -> list[Step]:
        """Each event of a trace that asks something of this service is a step of that trace."""
        asks = {event.__name__ for event in self._loop.service.follows}
        steps = []
        for event, item in zip(run, items, strict=True):
            if event.traceparent is not None and event.name in asks:
                step = TRACING.begin(f"follow {event.name}", event.traceparent)
                item.traceparent = step.traceparent
                steps.append(step)
        return steps

    async def _on_head(self, message: Msg) -> None:
        head = orjson.loads(message.data)
        self._head = head["position"]
        self._lag.set(max(0, self._head - self._next))
        if head["epoch"] > self._epoch:
            self._head = max(self._head, self._next + 1)


def follow_id(follower: str, event: Recorded) -> UUID:
    """The id of what an event asks of a follower: the same for every delivery."""
    return uuid5(NAMESPACE_OID, f"{event.event_id}/{follower}")


async def retry_parked(loop: CommitLoop, pool: Pool, service: str, lane: UUID | None) -> int:
    """Try parked events again, lane by lane in their order; returns how many were applied.

    Raises Rejected when nothing is parked there.
    """
    applied = 0
    stuck: set[tuple[str, UUID]] = set()
    while rows := [
        row
        for row in await pool.fetch(
            "SELECT source, position, lane, event FROM parked WHERE $1::uuid IS NULL OR lane = $1 "
            "ORDER BY source, position",
            lane,
        )
        if (row["source"], row["lane"]) not in stuck
    ]:
        for row in rows:
            where = (row["source"], row["lane"])
            if where in stuck:
                continue
            event = parse(row["event"].encode())
            await loop.submit_followed([_item(service, event, was_parked=True)])
            if row["position"] in loop.parked.get(where, ()):
                stuck.add(where)
            else:
                applied += 1
    if not applied and not stuck:
        raise Rejected("nothing_parked", "Hier staat niets geparkeerd.", "Nothing is parked there.")
    return applied


def _item(service: str, event: Recorded, *, was_parked: bool = False) -> Item:
    return Item(
        command_id=follow_id(service, event),
        actor=Actor(role=Role.SERVICE, name=service),
        followed=event,
        was_parked=was_parked,
        correlation_id=event.correlation_id,
        causation_id=event.event_id,
        traceparent=event.traceparent,
    )
