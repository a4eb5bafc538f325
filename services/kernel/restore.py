"""After the database was put back to an older copy: take the missing tail back, or close the epoch.

    JetStream holds the tail     the same events at the same positions, with the same ids
    it does not                  the epoch ends at the copy's head and a new one begins;
                                 followers list what they did beyond it for a person

No service leads meanwhile: the restore holds the lead itself.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import orjson
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from contracts import subjects
from contracts.catalogue import EVENTS, event_name
from contracts.envelope import CloudEvent
from services.kernel.errors import Misconfigured
from services.kernel.log import Connection, Pool
from services.kernel.rebuild import Rebuild, sources_of
from services.kernel.service import Service

HOLD_THE_LEAD = timedelta(minutes=10)
WITH_VAULT = frozenset({"member", "offer", "request"})
"""Entities that begin with something personal in the vault; it is not in events and cannot come back."""


@dataclass
class Restored:
    """What a restore did. `without_text` are entities whose free text or personal data is lost."""

    service: str
    head_before: int
    head_after: int
    epoch: int
    taken_back: int = 0
    new_epoch: bool = False
    without_text: list[UUID] = field(default_factory=list)


async def restore(
    service: Service,
    connection: Connection,
    js: JetStreamContext,
    sources: dict[str, Connection | Pool],
    *,
    follower_heads: dict[str, tuple[int, int]],
) -> Restored:
    """Bring one service's log back to what others have seen of it.

    `sources` are the logs this service follows; `follower_heads` how far each follower got
    (epoch, position). Raises Misconfigured when a replica still leads.
    """
    term = await _take_lead(connection)
    if term is None:
        raise Misconfigured(
            f"{service.name} still leads. Wait until it says `forked`, or stop it, then again."
        )
    try:
        head = await connection.fetchrow("SELECT position, epoch FROM log_head")
        assert head is not None
        done = Restored(service.name, head["position"], head["position"], head["epoch"])
        tail = await _tail(js, service.name, head["epoch"], head["position"])
        seen = max((p for e, p in follower_heads.values() if e == head["epoch"]), default=0)
        complete = await _agrees(connection, tail) and (tail[-1].position if tail else 0) >= seen
        tail = [event for event in tail if event.position > head["position"]]
        async with connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = 0")
            if complete:
                await _take_back(connection, tail, done)
                await _move_marks(connection, tail, sources)
            if not complete and (seen > head["position"] or tail):
                done.epoch = head["epoch"] + 1
                done.new_epoch = True
                await connection.execute(
                    "INSERT INTO log_epochs (epoch, first_position) VALUES ($1, $2)",
                    done.epoch,
                    done.head_after + 1,
                )
            await connection.execute(
                "UPDATE log_head SET position = $1, epoch = $2", done.head_after, done.epoch
            )
        logs: dict[str, Connection | Pool] = {service.name: connection, **sources}
        wanted = sources_of(service.name, service.kinds)
        await Rebuild(
            service.name, service.kinds, connection, {name: logs[name] for name in sorted(wanted)}
        ).run()
        done.without_text = await _without_vault(connection, done.without_text)
        return done
    finally:
        await connection.execute("UPDATE log_head SET leader_until = '-infinity' WHERE term = $1", term)


async def _take_lead(connection: Connection) -> int | None:
    """The lead, for as long as the restore may take. A forked replica only looks in now and then."""
    for _ in range(50):
        term: int | None = await connection.fetchval(
            "UPDATE log_head SET term = term + 1, leader = 'restore', "
            "leader_until = clock_timestamp() + $1 "
            "WHERE leader_until < clock_timestamp() OR leader = 'restore' RETURNING term",
            HOLD_THE_LEAD,
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
            event = CloudEvent.model_validate_json(message.data or b"")
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


async def _take_back(connection: Connection, tail: list[CloudEvent], done: Restored) -> None:
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
        if kind.FIRST and kind.ENTITY in WITH_VAULT:
            done.without_text.append(UUID(event.subject))
        done.head_after = event.position
        done.taken_back += 1


async def _move_marks(
    connection: Connection, tail: list[CloudEvent], sources: dict[str, Connection | Pool]
) -> None:
    """What the tail was caused by has been followed: its effects are in the tail."""
    causes = [event.causationid for event in tail if event.causationid is not None]
    commands = [UUID(cause.partition(".")[0]) for cause in causes]
    for source, log in sources.items():
        row = await log.fetchrow(
            "SELECT epoch, position, command_id, ordinal FROM events WHERE command_id = ANY($1) "
            "AND command_id || '.' || ordinal = ANY($2) ORDER BY position DESC LIMIT 1",
            commands,
            causes,
        )
        if row is not None:
            await connection.execute(
                "INSERT INTO watermarks (source, epoch, position, event_id) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (source) DO UPDATE SET epoch = excluded.epoch, position = excluded.position, "
                "event_id = excluded.event_id WHERE watermarks.position < excluded.position",
                source,
                row["epoch"],
                row["position"],
                f"{row['command_id']}.{row['ordinal']}",
            )


async def _without_vault(connection: Connection, candidates: list[UUID]) -> list[UUID]:
    """Which of these entities have no vault row: what people wrote then must be asked again."""
    rows = await connection.fetch(
        "SELECT entity_id FROM unnest($1::uuid[]) AS c (entity_id) "
        "WHERE NOT EXISTS (SELECT FROM vault v WHERE v.entity_id = c.entity_id)",
        candidates,
    )
    return [row["entity_id"] for row in rows]
