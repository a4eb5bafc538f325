"""After databases were put back to an older copy: take the missing tails back, or close the epoch.

    JetStream holds the tail     the same events at the same positions, with the same ids
    it does not                  the epoch ends at the copy's head and a new one begins;
                                 followers list what they did beyond it for a person

All services that were put back are recovered together: what one did because of another's event is
known only once that event is back too. No service leads meanwhile: the recovery holds the leads itself,
and projections are rebuilt in the transaction that brings the log back, so neither is ever seen without
the other.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

import orjson
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from contracts import subjects
from contracts.catalogue import EVENTS, SERVICES, event_name
from contracts.envelope import CloudEvent
from contracts.upcasting import read
from services.kernel.errors import Misconfigured
from services.kernel.log import Connection, Publisher
from services.kernel.parking import park_again
from services.kernel.rebuild import Rebuild, sources_of
from services.kernel.service import Service
from services.kernel.settings import Region
from services.kernel.telemetry import log as lines

WITH_VAULT = frozenset({"member", "offer", "request", "initiative", "incident", "complaint", "referral"})
"""Entities that begin with something personal in the vault; it is not in events and cannot come back."""

type Logs = Mapping[str, Connection]


@dataclass
class Recovered:
    """What the recovery of one log did.

    `without_text` are entities whose free text or personal data is lost; `without_cause` those that
    were changed because of another service's event that is gone: a person must look at them.
    `parked` is how many followed events wait for a retry, because they may have been parked before.
    """

    service: str
    head_before: int
    head_after: int
    epoch: int
    taken_back: int = 0
    new_epoch: bool = False
    without_text: list[UUID] = field(default_factory=list)
    without_cause: list[UUID] = field(default_factory=list)
    parked: int = 0


async def recover(
    region: Region, services: Sequence[Service], logs: Logs, js: JetStreamContext
) -> list[Recovered]:
    """Bring these services' logs back to what others have seen of them.

    `logs` has a connection to the log of each, of those they follow, and of their followers. Raises
    Misconfigured when a replica still leads. Nothing is written unless all of it can be.
    """
    async with _leading(services, logs):
        done = []
        async with AsyncExitStack() as transactions:
            tails = {}
            for service in services:
                log = logs[service.name]
                await transactions.enter_async_context(log.transaction())
                await log.execute("SET LOCAL statement_timeout = 0")
                await log.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                found, tails[service.name] = await _bring_back(service, logs, js)
                done.append(found)
            for service, found in zip(services, done, strict=True):
                await _move_marks(region, service, found, tails[service.name], logs)
            for service, found in zip(services, done, strict=True):
                wanted = {name: logs[name] for name in sorted(sources_of(service.name, service.kinds))}
                await Rebuild(service.name, service.kinds, logs[service.name], wanted).run()
                found.without_text = await _without_vault(logs[service.name], found.without_text)
        return done


@asynccontextmanager
async def _leading(services: Sequence[Service], logs: Logs) -> AsyncIterator[None]:
    terms = {}
    try:
        for service in services:
            term = await _take_lead(logs[service.name])
            if term is None:
                raise Misconfigured(
                    f"{service.name} still leads. Wait until it says `forked`, or stop it, then again."
                )
            terms[service.name] = term
        yield
    finally:
        for name, term in terms.items():
            await logs[name].execute("UPDATE log_head SET leader_until = '-infinity' WHERE term = $1", term)


async def _bring_back(
    service: Service, logs: Logs, js: JetStreamContext
) -> tuple[Recovered, list[CloudEvent]]:
    """Take back the tail of one log, or begin a new epoch; also returns the tail that came back."""
    log = logs[service.name]
    head = await log.fetchrow("SELECT position, epoch FROM log_head")
    assert head is not None
    done = Recovered(service.name, head["position"], head["position"], head["epoch"])
    tail = await _tail(js, service.name, head["epoch"], head["position"])
    seen = await _seen_by_followers(service.name, logs, head["epoch"])
    complete = await _agrees(log, tail) and (tail[-1].position if tail else 0) >= seen
    tail = [event for event in tail if event.position > head["position"]]
    if complete:
        await _take_back(service, log, tail, done)
    elif seen > head["position"] or tail:
        tail = []
        done.epoch = head["epoch"] + 1
        done.new_epoch = True
        await log.execute(
            "INSERT INTO log_epochs (epoch, first_position) VALUES ($1, $2)", done.epoch, done.head_after + 1
        )
    await log.execute("UPDATE log_head SET position = $1, epoch = $2", done.head_after, done.epoch)
    return done, tail


async def _seen_by_followers(service: str, logs: Logs, epoch: int) -> int:
    """The furthest position of this epoch that a follower has applied."""
    seen = 0
    for follower, contract in SERVICES.items():
        if service in contract.FOLLOWS:
            sql = "SELECT position FROM watermarks WHERE source = $1 AND epoch = $2"
            seen = max(seen, await logs[follower].fetchval(sql, service, epoch) or 0)
    return seen


async def _take_lead(connection: Connection) -> int | None:
    """The lead, however long the recovery takes: one that was killed is taken over by the next.

    A forked replica only looks in now and then.
    """
    for _ in range(50):
        term: int | None = await connection.fetchval(
            "UPDATE log_head SET term = term + 1, leader = 'restore', leader_until = 'infinity' "
            "WHERE leader_until < clock_timestamp() OR leader = 'restore' RETURNING term"
        )
        if term is not None:
            return term
        await asyncio.sleep(0.1)
    return None


async def _tail(js: JetStreamContext, service: str, epoch: int, head: int) -> list[CloudEvent]:
    """What JetStream holds from the event at `head` on, as far as it has no gap."""
    stream = subjects.stream(service)
    try:
        state = (await js.stream_info(stream)).state
        found: list[CloudEvent] = []
        for sequence in range(state.last_seq, max(state.first_seq, 1) - 1, -1):
            message = await js.get_msg(stream, seq=sequence)
            try:
                event = CloudEvent.model_validate_json(message.data or b"")
            except ValueError:
                # As the relay does: what is no event is passed by. A gap would still show.
                lines.warning("not_an_event", sequence=sequence)
                continue
            if event.epoch != epoch or event.position < head:
                break
            found.append(event)
    except JetStreamError:
        return []
    found.reverse()
    contiguous = all(a.position + 1 == b.position for a, b in pairwise(found))
    begins = bool(found) and found[0].position in (head, head + 1)
    return found if contiguous and begins else []


async def _agrees(connection: Connection, tail: list[CloudEvent]) -> bool:
    """Whether the tail hangs on the log's own last event."""
    if not tail:
        return False
    row = await connection.fetchrow(
        "SELECT command_id, ordinal FROM events WHERE position = $1", tail[0].position
    )
    if row is None:
        return tail[0].position == 1
    return bool(f"{row['command_id']}.{row['ordinal']}" == tail[0].id)


async def _take_back(
    service: Service, connection: Connection, tail: list[CloudEvent], done: Recovered
) -> None:
    for event in tail:
        command_id, _, ordinal = event.id.partition(".")
        name = event_name(event.type.split(".")[3])
        kind = EVENTS[name]
        await connection.execute(
            "INSERT INTO events (position, epoch, entity, entity_id, version, name, schema_version, "
            "command_id, ordinal, causation_id, correlation_id, actor, traceparent, occurred_at, data) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            event.position,
            event.epoch,
            kind.ENTITY,
            UUID(event.subject),
            event.entityversion,
            name,
            int(event.type.rpartition(".v")[2]),
            UUID(command_id),
            int(ordinal),
            event.causationid,
            UUID(event.correlationid),
            event.actor,
            event.traceparent,
            event.time,
            orjson.dumps(event.data).decode(),
        )
        if event.causationid is None:
            # A repeat of the command that led to it must still get its first answer.
            await connection.execute(
                "INSERT INTO commands (command_id, position, answered_at) VALUES ($1, $2, $3) "
                "ON CONFLICT (command_id) DO UPDATE SET position = excluded.position",
                UUID(command_id),
                event.position,
                event.time,
            )
        await _set_timers(service, connection, event, name)
        # A visit has no words of its own: those of its series are kept with the series.
        if kind.FIRST and kind.ENTITY in WITH_VAULT and event.data.get("series_id") is None:
            done.without_text.append(UUID(event.subject))
        done.head_after = event.position
        done.taken_back += 1


async def _set_timers(service: Service, connection: Connection, event: CloudEvent, name: str) -> None:
    """What an event had set a timer for is due again. One that had fired is answered as a repeat."""
    if EVENTS[name] not in service.schedules:
        return
    told = read(name, int(event.type.rpartition(".v")[2]), event.data)
    for timer in service.schedules[EVENTS[name]](told, event.time):
        await connection.execute(
            "INSERT INTO timers (timer_id, due_at, command, body) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING",
            timer.timer_id,
            timer.due_at,
            type(timer.command).__name__,
            timer.command.model_dump_json(),
        )


async def _move_marks(
    region: Region, service: Service, done: Recovered, tail: list[CloudEvent], logs: Logs
) -> None:
    """What the tail was caused by has been followed: its effects are in the tail."""
    log = logs[service.name]
    causes = {event.causationid: UUID(event.subject) for event in tail if event.causationid is not None}
    commands = [UUID(cause.partition(".")[0]) for cause in causes]
    marks = {row["source"]: row for row in await log.fetch("SELECT source, epoch, position FROM watermarks")}
    traces = set(causes)
    for source in SERVICES[done.service].FOLLOWS:
        rows = await logs[source].fetch(
            "SELECT epoch, position, command_id || '.' || ordinal AS event_id FROM events "
            "WHERE command_id = ANY($1) AND command_id || '.' || ordinal = ANY($2) ORDER BY position",
            commands,
            list(causes),
        )
        for row in rows:
            causes.pop(row["event_id"], None)
        if not rows:
            continue
        # One that was parked in the copy, and was applied before it was put back.
        await log.execute(
            "DELETE FROM parked WHERE source = $1 AND position = ANY($2)",
            source,
            [row["position"] for row in rows],
        )
        epoch, position, event_id = rows[-1].values()
        before = marks[source]["position"] if source in marks and marks[source]["epoch"] == epoch else 0
        if position <= before:
            continue
        await log.execute(
            "INSERT INTO watermarks (source, epoch, position, event_id) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (source) DO UPDATE SET epoch = excluded.epoch, position = excluded.position, "
            "event_id = excluded.event_id",
            source,
            epoch,
            position,
            event_id,
        )
        publisher = Publisher(region.region, source, region.organisation)
        async with logs[source].transaction():
            done.parked += await park_again(
                service, log, publisher, logs[source], (epoch, before, position), traces
            )
    done.without_cause = sorted(set(causes.values()))


async def _without_vault(connection: Connection, candidates: list[UUID]) -> list[UUID]:
    """Which of these entities have no vault row: what people wrote then must be asked again."""
    rows = await connection.fetch(
        "SELECT entity_id FROM unnest($1::uuid[]) AS c (entity_id) "
        "WHERE NOT EXISTS (SELECT FROM vault v WHERE v.entity_id = c.entity_id)",
        candidates,
    )
    return [row["entity_id"] for row in rows]
