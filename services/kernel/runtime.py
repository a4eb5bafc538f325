"""A running replica of a service: stands by, leads, serves, stops.

standby   answers queries, waits for the lease
leading   commit loop, commands, relay, followers, timers, workers
forked    others have seen events that the log does not hold: writes nothing, says so
"""

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

import nats.errors
import orjson
import structlog
from pydantic import ValidationError

from contracts import subjects, wrong
from contracts.access import allowed
from contracts.catalogue import SERVICES
from contracts.envelope import Actor, Answer, Command, Refusal, Request, View
from services.kernel import certificates
from services.kernel.bus import MAX_REQUEST_BYTES, Bus, QueryAnswer, parse_request, unavailable
from services.kernel.commit_loop import CommitLoop
from services.kernel.database import connect, connection_settings, open_pool
from services.kernel.deciding import Item
from services.kernel.erasure import Erasures, place
from services.kernel.errors import (
    DATABASE_AWAY,
    NATS_AWAY,
    NOT_ALLOWED,
    TOO_LARGE,
    Fork,
    Misconfigured,
    NotLeading,
    Rejected,
    TooLate,
    Transient,
    Unreachable,
)
from services.kernel.follower import Follower, retry_parked
from services.kernel.gauges import KERNEL_GAUGES, Gauges
from services.kernel.leadership import take_lead, yield_lead
from services.kernel.log import Connection, Pool, Publisher, stretch
from services.kernel.memory import collect_less
from services.kernel.migrations import migrations, pending
from services.kernel.probes import WebServer, probes
from services.kernel.pulse import keep_beating
from services.kernel.questions import (
    KERNEL_QUERIES,
    MAX_STRETCH_BYTES,
    GetMarks,
    GetState,
    LogStretch,
    Marks,
    ReadLog,
    Retried,
    RetryParked,
    SetLogLevel,
    SourceMark,
)
from services.kernel.relay import Relay
from services.kernel.retention import forget_old_answers
from services.kernel.service import Service
from services.kernel.settings import Region
from services.kernel.state import get_state, set_log_level
from services.kernel.telemetry import LINES, Metrics, deed, log, set_up
from services.kernel.timers import fire_timers
from services.kernel.tracing import TRACING

LOOKS = 3
LOOKING = timedelta(seconds=12)
"""How long a new leader may look around before its first commit sets the ordinary lease."""

UNKNOWN = Refusal(
    code="unknown_message", nl="Dit bericht kennen wij niet.", en="We do not know this message."
)


class Replica:
    """One process of one service."""

    def __init__(self, region: Region, service: Service, *, probe_port: int | None = None) -> None:
        self.region = region
        self.service = service
        self.replica = f"{socket.gethostname()}-{os.getpid()}"
        self.metrics = Metrics()
        self.gauges = Gauges(
            service.name,
            (*KERNEL_GAUGES, *service.gauges),
            self.metrics.registry,
            region.followed_by(service.name),
        )
        self.bus = Bus(region, service.name)
        self.lease = timedelta(seconds=region.lease_seconds)
        self.probe_port = region.probe_port if probe_port is None else probe_port
        self.erasures = Erasures(place(region))
        self.pool: Pool
        self.loop: CommitLoop
        self.forked: str | None = None
        self._settings = connection_settings(region, service.name)
        self._database = False
        self._stopping = asyncio.Event()
        self._retrying = asyncio.Lock()
        self._commands = {kind.__name__: kind for kind in SERVICES[service.name].COMMANDS}
        self._queries = {kind.__name__: kind for kind in SERVICES[service.name].QUERIES}
        self._publisher = Publisher(region.region, service.name, region.organisation)

    # ---- life

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then finish what was begun and leave."""
        set_up(self.service.name, self.region.region, self.replica)
        TRACING.set_up(self.region, self.service.name, self.replica)
        LINES.count = lambda level: self.metrics.log_lines.labels(level).inc()
        collect_less()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        web = WebServer(probes(self.metrics.registry, self.missing), self.region.probe_host, self.probe_port)
        try:
            listening = socket.create_server((self.region.probe_host, self.probe_port))
        except OSError as taken:
            raise Misconfigured(
                f"The port for probes, {self.probe_port}, cannot be opened ({taken.strerror}). "
                "Choose another one with --probe-port."
            ) from None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(web.serve(sockets=[listening]))
            living = tasks.create_task(self._live())
            stopping = tasks.create_task(self._stopping.wait())
            await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
            log.info("stopping")
            web.should_exit = True
            for task in (living, stopping):
                task.cancel()

    async def _live(self) -> None:
        await self._connect()
        try:
            await self.bus.connect()
            queries = self.bus.serve(
                subjects.query(self.region.region, self.service.name, "*"), self._on_query, queue="queries"
            )
            await queries.start()
            async with asyncio.TaskGroup() as tasks:
                for front in self.service.fronts:
                    tasks.create_task(front(self))
                tasks.create_task(self._lead_when_possible())
                tasks.create_task(keep_beating(self))
                tasks.create_task(self.erasures.keep_up(self.pool))
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self.bus.close()
            self.pool.terminate()

    async def _connect(self) -> None:
        while True:
            try:
                self.pool = await open_pool(self._settings, size=8, reset=_keep_session)
                if missing := await pending(self.pool, migrations(self.service.name, self.service.sql)):
                    log.warning("migrations_missing", missing=missing)
                    self.pool.terminate()
                else:
                    await self.erasures.catch_up(self.service, self.pool)
                    break
            except DATABASE_AWAY as error:
                log.warning("database_away", error=type(error).__name__)
            except Misconfigured as wrong:
                log.error("erasures_unknown", what=str(wrong))
                self.pool.terminate()
            await asyncio.sleep(0.5)
        self._database = True
        self.loop = CommitLoop(
            self.service,
            connect=lambda: connect(**self._settings),
            pool=self.pool,
            lease=self.lease,
            metrics=self.metrics,
            on_erased=self._note_erased,
        )

    def _note_erased(self, erased: dict[UUID, datetime]) -> None:
        try:
            self.erasures.add(erased)
        except Misconfigured as wrong:
            # It is in the database: whoever keeps up tries again.
            log.error("erasures_not_noted", what=str(wrong))

    async def _lead_when_possible(self) -> None:
        while True:
            term = None
            try:
                term = await self._take_lead()
                if term is not None:
                    log.info("leading", term=term)
                    try:
                        await self._lead(term)
                    except BaseException:
                        # Whether told to stop or forked: let others (or a restore) have it at once.
                        with suppress(*DATABASE_AWAY):
                            async with asyncio.timeout(2):
                                await yield_lead(self.pool, term)
                        raise
            except* (Transient, *DATABASE_AWAY, *NATS_AWAY) as lost:
                log.warning("lead_lost", errors=[type(e).__name__ for e in lost.exceptions])
            except* Fork as fork:
                self.forked = str(fork.exceptions[0])
                log.error("forked", what=self.forked)
                await asyncio.sleep(5)
            finally:
                self.metrics.leading.set(0)
            await asyncio.sleep(self.lease.total_seconds() / 8)

    async def _take_lead(self) -> int | None:
        try:
            term = await take_lead(self.pool, self.replica, LOOKING)
        except DATABASE_AWAY:
            self._database = False
            raise
        self._database = True
        return term

    async def _lead(self, term: int) -> None:
        """Lead until the lease is lost (raises) or this task is cancelled (yields the lead)."""
        # Again, because the database may have been put back while this replica stood by.
        await self.erasures.catch_up(self.service, self.pool)
        relay = Relay(self.region, self.service.name, self.bus, self.pool, self.loop, self.metrics)
        await self._look_for_fork(relay)
        self.forked = None
        commands = self.bus.take(
            subjects.command(self.region.region, self.service.name, "*"), self._on_command
        )
        started = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                committing = tasks.create_task(self.loop.run(term=term, started=started))
                tasks.create_task(self._renew(committing))
                await _first(started.wait(), committing)
                self.metrics.leading.set(1)
                await commands.start()
                tasks.create_task(relay.run())
                tasks.create_task(relay.beat())
                tasks.create_task(relay.look_around())
                for source in self.region.followed_by(self.service.name):
                    follower = Follower(
                        self.region, self.service.name, source, self.bus, self.pool, self.loop, self.metrics
                    )
                    tasks.create_task(follower.run())
                if self.service.answers_kept is not None:
                    tasks.create_task(forget_old_answers(self.pool, self.service.answers_kept))
                if self.service.schedules:
                    tasks.create_task(fire_timers(self.service, self.pool, self.loop, self._ready))
                tasks.create_task(self.gauges.keep_measuring(self.pool, self.bus))
                tasks.create_task(certificates.keep_looking(self.region, self.gauges))
                for worker in self.service.workers:
                    tasks.create_task(worker(self))
        finally:
            with suppress(nats.errors.Error):
                await commands.stop()

    async def _look_for_fork(self, relay: Relay) -> None:
        """Before the first write: does anyone know more of this log than the log itself? Raises Fork.

        While NATS is away altogether nobody can send commands either, and the relay looks again.
        """
        for attempt in range(LOOKS):
            try:
                await relay.find_place()
                break
            except NATS_AWAY as away:
                log.warning("jetstream_silent", error=type(away).__name__, attempt=attempt + 1)
                if not self.bus.connected:
                    return
        with suppress(*NATS_AWAY):
            await relay.ask_followers()

    async def _renew(self, committing: asyncio.Task[None]) -> None:
        last = time.monotonic()
        while not committing.done():
            try:
                await self.loop.renew()
                last = time.monotonic()
                self._database = True
            except DATABASE_AWAY:
                self._database = False
                # Without the database nobody can take over either; the loop itself notices its return.
                if time.monotonic() - last > 60:
                    raise NotLeading from None
            self.metrics.waiting.set(self.loop.waiting)
            self.metrics.head.set(self.loop.position)
            self.metrics.parked.set(sum(map(len, self.loop.parked.values())))
            await asyncio.sleep(self.lease.total_seconds() / 5)

    def missing(self) -> dict[str, object]:
        """What keeps this replica from being ready; empty when it leads or stands by in good order."""
        missing: dict[str, object] = {}
        if self.forked is not None:
            missing["log"] = self.forked
        if not self._database:
            missing["postgres"] = "not connected, or migrations are missing: run `wederdienst migrate`"
        if not self.bus.connected:
            missing["nats"] = "not connected"
        return missing

    # ---- commands and queries from the bus

    async def _on_command(self, name: str, raw: bytes) -> bytes:
        began = time.perf_counter()
        try:
            answer = await self._command(name, raw)
        except Rejected as no:
            answer = Answer(outcome="refused", refusal=no.refusal)
        except Transient as error:
            answer = unavailable(error)
        except DATABASE_AWAY:
            answer = unavailable(Unreachable())
        known = name if name in self._commands else "unknown"
        took = time.perf_counter() - began
        self.metrics.answered(known, answer.outcome, took)
        if LINES.level == "debug":
            log.debug("command", command=known, outcome=answer.outcome, ms=round(1000 * took, 1))
        return answer.model_dump_json().encode()

    async def _command(self, name: str, raw: bytes) -> Answer:
        kind = self._commands.get(name)
        if kind is None:
            return Answer(outcome="refused", refusal=UNKNOWN)
        if len(raw) > MAX_REQUEST_BYTES:
            return Answer(outcome="refused", refusal=TOO_LARGE)
        try:
            request = parse_request(kind, raw)
        except ValidationError as invalid:
            return Answer(outcome="refused", refusal=wrong.refusal(invalid))
        if not allowed(request.actor, request.body):
            return Answer(outcome="refused", id=request.id, refusal=NOT_ALLOWED)
        structlog.contextvars.bind_contextvars(
            correlation=str(request.correlation_id or request.id), traceparent=request.traceparent
        )
        with TRACING.begin(name, request.traceparent) as step:
            answer = await self.loop.submit(
                Item(
                    command_id=request.id,
                    actor=request.actor,
                    command=await self._ready(request.body, request.actor),
                    correlation_id=request.correlation_id,
                    causation_id=request.causation_id,
                    content_hash=request.content_hash,
                    traceparent=step.traceparent,
                    expires=time.monotonic() + _seconds_left(request),
                )
            )
            step.name(name, outcome=answer.outcome)
        return answer

    async def _ready(self, command: Command, actor: Actor) -> Command:
        """The command with what is looked up for it before its turn. Raises Rejected or Transient."""
        prepare = self.service.prepares.get(type(command))
        return await prepare(self, command, actor) if prepare else command

    async def decide(self, command: Command, actor: Actor, command_id: Any) -> Answer:
        """Give this service a command of its own (from a worker). Raises Transient."""
        return await self.loop.submit(Item(command_id=command_id, actor=actor, command=command))

    async def _on_query(self, name: str, raw: bytes) -> bytes:
        began = time.perf_counter()
        try:
            answer = await self._query(name, raw)
        except Rejected as no:
            answer = QueryAnswer(refusal=no.refusal)
        except (Transient, *DATABASE_AWAY) as away:
            log.info("query_unanswered", query=name, error=type(away).__name__)
            answer = QueryAnswer(unavailable=True)
        except Exception:
            log.exception("query_failed", query=name)
            answer = QueryAnswer(unavailable=True)
        outcome = "refused" if answer.refusal else "unavailable" if answer.unavailable else "answered"
        known = name if name in self._queries or name in KERNEL_QUERIES else "unknown"
        self.metrics.query_seconds.labels(known, outcome).observe(time.perf_counter() - began)
        return orjson.dumps(answer.model_dump(mode="json"))

    async def _query(self, name: str, raw: bytes) -> QueryAnswer:
        kind = self._queries.get(name) or KERNEL_QUERIES.get(name)
        if kind is None or len(raw) > MAX_REQUEST_BYTES:
            return QueryAnswer(refusal=UNKNOWN if kind is None else TOO_LARGE)
        try:
            request = parse_request(kind, raw)
        except ValidationError as invalid:
            return QueryAnswer(refusal=wrong.refusal(invalid))
        if not allowed(request.actor, request.body):
            return QueryAnswer(refusal=NOT_ALLOWED)
        structlog.contextvars.bind_contextvars(correlation=str(request.correlation_id or request.id))
        left = _seconds_left(request)
        if left <= 0:
            raise TooLate
        body = request.body
        view: View
        match body:
            case ReadLog():
                view = await self._read_log(body)
            case GetMarks():
                view = await self._get_marks()
            case RetryParked():
                async with self._retrying:
                    applied = await retry_parked(self.loop, self.pool, self.service.name, body.lane)
                view = Retried(applied=applied)
                said = str(body.lane) if body.lane else "all"
                deed(name, actor=request.actor, object=said, result=f"{applied} applied", origin="bus")
            case GetState():
                view = await get_state(self)
            case SetLogLevel():
                view = await set_log_level(self, body)
                deed(name, actor=request.actor, object=self.service.name, result=body.level, origin="bus")
            case _:
                # No longer than someone waits: what takes long keeps a connection from others.
                async with asyncio.timeout(left):
                    view = await self.service.answers[kind](self, body, request.actor)
        return QueryAnswer(view=view.model_dump(mode="json"))

    async def _get_marks(self) -> Marks:
        rows = await self.pool.fetch("SELECT source, epoch, position, event_id FROM watermarks")
        return Marks(marks={row["source"]: SourceMark(**dict(row)) for row in rows})

    async def _read_log(self, query: ReadLog) -> LogStretch:
        rows = await stretch(self.pool, query.after, query.limit)
        events: list[dict[str, Any]] = []
        size = 0
        for row in rows:
            raw = self._publisher.cloud_event(row)
            size += len(raw)
            if events and size > MAX_STRETCH_BYTES:
                break
            events.append(orjson.loads(raw))
        head = await self.pool.fetchrow("SELECT position, epoch FROM log_head")
        assert head is not None
        epochs = await self.pool.fetch("SELECT epoch, first_position FROM log_epochs")
        return LogStretch(
            epoch=head["epoch"],
            head=head["position"],
            epochs={row["epoch"]: row["first_position"] for row in epochs},
            events=tuple(events),
        )


def _seconds_left(request: Request[Any]) -> float:
    """How long whoever asks still waits; for ever, where they do not say."""
    return inf if request.deadline is None else request.deadline.timestamp() - time.time()


async def _keep_session(_: Connection) -> None:
    """Nothing here leaves anything in a session, so nothing is reset between two users of one."""


async def _first(wanted: Any, other: asyncio.Task[None]) -> None:
    """Wait for `wanted`, or raise what `other` ended with."""
    waiting = asyncio.ensure_future(wanted)
    await asyncio.wait({waiting, other}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        other.result()
        raise NotLeading
