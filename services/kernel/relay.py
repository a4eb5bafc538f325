"""The relay: publishes the log to JetStream, in order, many in flight, from the leading replica.

Where it is, JetStream itself knows: the last message of the service's stream carries the
position. Every publish says which stream sequence it expects before it, so a lost one
stops those behind it instead of leaving a hole. On any doubt the relay asks again where
it is and goes on from there.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import nats.errors
import orjson
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import Header, StreamState
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.catalogue import SERVICES
from contracts.envelope import Actor, Role
from services.kernel.bus import Bus
from services.kernel.commit_loop import CommitLoop
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY, Fork, Unreachable
from services.kernel.log import Pool, Publisher, Recorded, parse, stretch
from services.kernel.questions import GetMarks, Marks
from services.kernel.settings import Region
from services.kernel.streams import ensure_stream, stream_config
from services.kernel.telemetry import Metrics, log
from services.kernel.tracing import TRACING

WINDOW = 512
ACK_SECONDS = 3.0
ASK_SECONDS = 0.3
LOOK_SECONDS = 10.0
HEARTBEAT_SECONDS = 1.0


class Lost(Exception):
    """An acknowledgement did not come, or said no: ask JetStream where we are."""


class Relay:
    """Publishes one service's log while this replica leads."""

    def __init__(
        self, region: Region, service: str, bus: Bus, pool: Pool, loop: CommitLoop, metrics: Metrics
    ) -> None:
        self._region = region
        self._service = service
        self._bus = bus
        self._pool = pool
        self._loop = loop
        self._metrics = metrics
        self._publisher = Publisher(region.region, service, region.organisation)
        self._stream = subjects.stream(service)
        self._sequence = 0
        self._acknowledged = 0
        self._failed = False
        self._progress = asyncio.Event()
        self.position = 0

    async def run(self) -> None:
        """Publish until cancelled. Raises Fork when JetStream holds what the log does not."""
        inbox = f"{subjects.inbox(self._service)}.relay.{self._bus.client.new_inbox().rpartition('.')[2]}"
        acks = await self._bus.client.subscribe(f"{inbox}.*", cb=self._on_ack)
        try:
            while True:
                try:
                    await self.find_place()
                    await self._publish_on(inbox)
                except (Lost, *NATS_AWAY, *DATABASE_AWAY) as error:
                    log.info("relay_again", error=type(error).__name__)
                    await asyncio.sleep(0.2)
        finally:
            if self._bus.connected:
                await acks.unsubscribe()

    async def find_place(self) -> None:
        """Ask JetStream which event it has last, and compare it with the log."""
        js = self._bus.client.jetstream(timeout=2)
        nats = self._region.nats
        await ensure_stream(
            js, stream_config(self._region.region, self._service, nats.stream_days, nats.copies)
        )
        info = await js.stream_info(self._stream)
        self._sequence = info.state.last_seq
        seen = await self._last_event(js, info.state)
        if seen is None:
            self.position = await self._first_wanted()
            return
        self.position = await self._compare("JetStream", seen.epoch, seen.position, seen.event_id)

    async def _last_event(self, js: JetStreamContext, state: StreamState) -> Recorded | None:
        """The last event in the stream, passing by what is none; None in an empty one."""
        for sequence in range(state.last_seq, max(state.first_seq, 1) - 1, -1):
            try:
                message = await js.get_msg(self._stream, seq=sequence)
                return parse(message.data or b"")
            except NotFoundError:
                continue
            except ValueError:
                log.warning("not_an_event", sequence=sequence)
        return None

    async def ask_followers(self) -> None:
        """Compare the log with what its followers have applied. Raises Fork."""
        for follower in self._region.services:
            if self._service not in SERVICES[follower].FOLLOWS:
                continue
            try:
                known = await self._bus.ask(
                    GetMarks(),
                    Marks,
                    Actor(role=Role.SERVICE, name=self._service),
                    to=follower,
                    seconds=ASK_SECONDS,
                )
            except Unreachable:
                continue
            mark = known.marks.get(self._service)
            if mark is not None and mark.event_id:
                await self._compare(follower, mark.epoch, mark.position, mark.event_id)

    async def _compare(self, who: str, epoch: int, position: int, event_id: str) -> int:
        """Where `who` agrees with the log: `position`, or less when that is from a closed epoch."""
        closed = await self._pool.fetchval(
            "SELECT min(first_position) FROM log_epochs WHERE epoch > $1", epoch
        )
        if closed is not None and position >= closed:
            return int(closed) - 1
        row = await self._pool.fetchrow(
            "SELECT command_id, ordinal FROM events WHERE position = $1", position
        )
        if row is None or f"{row['command_id']}.{row['ordinal']}" != event_id:
            raise Fork(
                f"{self._service}: {who} has event {event_id} at position {position}, the log does not. "
                f"The database was put back to an older copy: run `wederdienst recover`."
            )
        return position

    async def _first_wanted(self) -> int:
        """Where to begin in an empty stream: what it would have kept."""
        before = datetime.now(UTC) - timedelta(days=self._region.nats.stream_days)
        last: int | None = await self._pool.fetchval(
            "SELECT position FROM events WHERE occurred_at < $1 ORDER BY position DESC LIMIT 1", before
        )
        return last or 0

    async def _publish_on(self, inbox: str) -> None:
        self._acknowledged = self._sequence
        self._failed = False
        client = self._bus.client
        while True:
            if self._loop.position > self.position:
                rows = await stretch(self._pool, self.position, WINDOW)
                for row in rows:
                    while self._sequence - self._acknowledged >= WINDOW:
                        await self._await_ack()
                    await client.publish(
                        self._publisher.subject(row["name"]),
                        self._publisher.cloud_event(row),
                        reply=f"{inbox}.{self._sequence + 1}",
                        headers={
                            Header.MSG_ID: f"{row['command_id']}.{row['ordinal']}",
                            Header.EXPECTED_LAST_SEQUENCE: str(self._sequence),
                        },
                    )
                    self._sequence += 1
                    self.position = row["position"]
                    if TRACING.on:
                        TRACING.passed(f"relay {row['name']}", row["traceparent"], row["occurred_at"])
            while self._sequence > self._acknowledged and self._loop.position <= self.position:
                await self._await_ack()
            if self._failed:
                raise Lost
            await self._until_committed()

    async def _await_ack(self) -> None:
        self._progress.clear()
        if self._failed:
            raise Lost
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await self._progress.wait()
        except TimeoutError:
            raise Lost from None
        if self._failed:
            raise Lost

    async def _on_ack(self, message: Msg) -> None:
        expected = int(message.subject.rpartition(".")[2])
        ack = orjson.loads(message.data) if message.data else {"error": "no responders"}
        # A duplicate means that our count is wrong; an error that something before it is missing.
        if "error" in ack or ack.get("duplicate") or ack.get("seq") != expected:
            self._failed = True
        else:
            self._acknowledged = max(self._acknowledged, expected)
        self._progress.set()

    async def look_around(self) -> None:
        """Every few seconds: does anyone know more of this log than the log? Raises Fork."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.ask_followers()
            except (*NATS_AWAY, *DATABASE_AWAY) as away:
                log.info("look_around_missed", error=type(away).__name__)

    async def beat(self) -> None:
        """Tell followers where the head is, so that they notice a lost tail on a quiet night."""
        subject = subjects.head(self._region.region, self._service)
        while True:
            under_way = self._sequence - self._acknowledged
            self._metrics.relay_lag.set(self._loop.position - self.position + under_way)
            head = {"epoch": self._loop.epoch, "position": self._loop.position}
            try:
                await self._bus.client.publish(subject, orjson.dumps(head))
            except (nats.errors.Error, OSError) as away:
                log.info("heartbeat_missed", error=type(away).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _until_committed(self) -> None:
        """Wait for the next commit, at most until the next heartbeat."""
        if self._loop.position > self.position:
            return
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS), self._loop.committed:
                await self._loop.committed.wait_for(lambda: self._loop.position > self.position)
        except TimeoutError:
            return
