"""The log in Postgres: one statement writes a batch, one reads a stretch.

A batch is a single SQL statement of several CTEs, so begin, lock, check, write and commit
are one round trip and the head row is locked for as long as the server needs, never for
as long as a client takes (or sleeps). The guard is the head row itself: it moves only when
position and term are those the batch was decided on; otherwise nothing is written.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from contracts import subjects
from contracts.catalogue import event_name, kebab
from contracts.envelope import Event, source_of
from contracts.upcasting import read
from services.kernel.entity import Kind

type Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
type Pool = asyncpg.Pool[asyncpg.Record]

# The columns of each part of a batch. A part travels as one JSON array of rows, which the server
# turns into a record set: cheaper on this side than an array per column, and one shape for all.
_COLUMNS = {
    "events": {
        "position": "bigint",
        "entity": "text",
        "entity_id": "uuid",
        "version": "integer",
        "name": "text",
        "schema_version": "smallint",
        "command_id": "uuid",
        "ordinal": "smallint",
        "causation_id": "text",
        "correlation_id": "uuid",
        "actor": "text",
        "traceparent": "text",
        "occurred_at": "timestamptz",
        "data": "json",
    },
    "commands": {
        "command_id": "uuid",
        "content_hash": "bigint",
        "position": "bigint",
        "refusal": "json",
    },
    "vault": {
        "entity": "text",
        "entity_id": "uuid",
        "person_id": "uuid",
        "data": "jsonb",
        "other_id": "uuid",
    },
    "erased": {"person_id": "uuid"},
    "wiped": {"person_id": "uuid"},
    "timers": {"timer_id": "uuid", "due_at": "timestamptz", "command": "text", "body": "json"},
    "timers_done": {"timer_id": "uuid"},
    "marks": {"source": "text", "epoch": "integer", "position": "bigint", "event_id": "text"},
    "parked": {"source": "text", "position": "bigint", "lane": "uuid", "reason": "text", "event": "json"},
    "unparked": {"source": "text", "position": "bigint"},
}

_WRITES = {
    "events": "INSERT INTO events ({names}, epoch) SELECT {names}, $5 FROM {rows}",
    "commands": "INSERT INTO commands ({names}, answered_at) SELECT {names}, $6 FROM {rows}",
    # What is said again about the same thing replaces what was said of it: a new address, a new number.
    # Words about someone who was erased are not kept, whatever they come with: what was done (an
    # incident closed, a transfer undone) may be needed after someone is gone, the words may not stay.
    "vault": "INSERT INTO vault ({names}) SELECT {names} FROM {rows} "
    "AND NOT EXISTS (SELECT FROM erased e WHERE e.person_id = r.person_id) "
    "AND NOT EXISTS (SELECT FROM erased e WHERE e.person_id = r.other_id) "
    "ON CONFLICT (entity_id, entity) DO UPDATE SET data = vault.data || excluded.data",
    "erased": "INSERT INTO erased ({names}, erased_at) SELECT {names}, $6 FROM {rows} ON CONFLICT DO NOTHING",
    "wiped": "DELETE FROM vault v USING (SELECT person_id AS gone FROM {rows}) e "
    "WHERE v.person_id = e.gone OR v.other_id = e.gone",
    "timers": "INSERT INTO timers ({names}) SELECT {names} FROM {rows} ON CONFLICT DO NOTHING",
    "timers_done": "DELETE FROM timers WHERE timer_id IN (SELECT timer_id FROM {rows})",
    "marks": "INSERT INTO watermarks ({names}) SELECT {names} FROM {rows} ON CONFLICT (source) DO UPDATE "
    "SET epoch = excluded.epoch, position = excluded.position, event_id = excluded.event_id",
    "parked": "INSERT INTO parked ({names}) SELECT {names} FROM {rows} "
    "ON CONFLICT (source, position) DO UPDATE "
    "SET reason = excluded.reason, event = excluded.event, lane = excluded.lane",
    "unparked": "DELETE FROM parked WHERE (source, position) IN (SELECT source, position FROM {rows})",
}


@dataclass(slots=True)
class Batch:
    """Everything one commit writes, as rows (dicts by column). Empty parts cost nothing."""

    position: int
    term: int
    epoch: int
    at: datetime
    events: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    vault: list[dict[str, Any]] = field(default_factory=list)
    erased: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    timers_done: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    unparked: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    born: dict[Kind[Any], list[Any]] = field(default_factory=dict)
    changed: dict[Kind[Any], list[Any]] = field(default_factory=dict)

    @property
    def wiped(self) -> list[dict[str, Any]]:
        """Whose rows leave the vault: those of everyone who is erased."""
        return self.erased

    def __bool__(self) -> bool:
        return any(getattr(self, part) for part in _WRITES)


def record_set(columns: dict[str, str], parameter: int) -> str:
    """The rows of a JSON parameter as `r`, with SQL type by column."""
    typed = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
    return f"json_to_recordset(${parameter}::json) AS r ({typed})"


def _guarded(columns: dict[str, str], parameter: int) -> str:
    """The rows of a JSON parameter, and none when the head was not as expected."""
    return f"{record_set(columns, parameter)} WHERE EXISTS (SELECT FROM head)"


@lru_cache(maxsize=512)
def _statement(parts: tuple[str, ...], born: tuple[Kind[Any], ...], changed: tuple[Kind[Any], ...]) -> str:
    """The commit statement for a batch that has these parts, new and changed entities of these kinds."""
    ctes = [
        "head AS (UPDATE log_head SET position = position + $3, commits = commits + 1, "
        "leader_until = clock_timestamp() + $4 "
        "WHERE position = $1 AND term = $2 AND commits = $7 RETURNING position)"
    ]
    for parameter, part in enumerate(parts, 8):
        columns = _COLUMNS[part]
        write_part = _WRITES[part].format(names=", ".join(columns), rows=_guarded(columns, parameter))
        ctes.append(f"{part}_ AS ({write_part})")
    parameter = 8 + len(parts)
    for kind in born:
        ctes.append(f"{kind.table}_born AS ({kind.insert(_guarded(kind.typed_columns, parameter))})")
        parameter += 1
    for kind in changed:
        ctes.append(f"{kind.table}_changed AS ({kind.update(_guarded(kind.typed_columns, parameter))})")
        parameter += 1
    # $5 and $6 must be used in every form: the server cannot guess the type of one that is not.
    return (
        "WITH "
        + ", ".join(ctes)
        + " SELECT (SELECT position FROM head) WHERE $5::integer IS NOT NULL AND $6::timestamptz IS NOT NULL"
    )


async def write(connection: Connection, batch: Batch, commits: int, lease: timedelta) -> int | None:
    """Write `batch` durably; returns the new head position, or None when the head is not as expected.

    `commits` is how many the writer knows of: it moves with every batch, also one without
    events, so a statement that was thought lost cannot land behind its repeat. `lease`
    prolongs the lead. Raises asyncpg's errors; after a connection error the outcome is unknown.
    """
    parts = tuple(part for part in _WRITES if getattr(batch, part))
    rows = [getattr(batch, part) for part in parts]
    rows += [*batch.born.values(), *batch.changed.values()]
    position: int | None = await connection.fetchval(
        _statement(parts, tuple(batch.born), tuple(batch.changed)),
        batch.position,
        batch.term,
        len(batch.events),
        lease,
        batch.epoch,
        batch.at,
        commits,
        # Ids read from the database come as asyncpg's own UUID.
        *(orjson.dumps(part, default=str).decode() for part in rows),
    )
    return position


READ = (
    "SELECT position, epoch, entity, entity_id, version, name, schema_version, command_id, ordinal, "
    "causation_id, correlation_id, actor, traceparent, occurred_at, data FROM events"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event with its place in a log, as read from Postgres or from the bus."""

    source: str
    epoch: int
    position: int
    event_id: str
    name: str
    schema_version: int
    entity_id: UUID
    correlation_id: UUID | None
    traceparent: str | None
    at: datetime
    data: dict[str, Any]
    raw: bytes = b""
    actor: str = ""

    def event(self) -> Event:
        """Today's class of it. Raises UnknownEvent or ValidationError."""
        return read(self.name, self.schema_version, self.data)


class Publisher:
    """Turns log rows into CloudEvents of one region and service (NL GOV profile)."""

    def __init__(self, region: str, service: str, organisation: str) -> None:
        self.region = region
        self.service = service
        self._source = source_of(organisation, f"wederdienst-{service}")

    def cloud_event(self, row: asyncpg.Record) -> bytes:
        """One event of the log as the JSON that travels."""
        name = row["name"]
        version = row["schema_version"]
        event = {
            "specversion": "1.0",
            "id": f"{row['command_id']}.{row['ordinal']}",
            "source": self._source,
            "type": _type_of(self.service, name, version),
            "time": row["occurred_at"],
            "subject": str(row["entity_id"]),
            "dataschema": f"urn:wederdienst:schema:{self.service}.{kebab_cached(name)}.v{version}",
            "datacontenttype": "application/json",
            "region": self.region,
            "epoch": row["epoch"],
            "position": row["position"],
            "entityversion": row["version"],
            "correlationid": str(row["correlation_id"]),
            "actor": row["actor"],
            "data": orjson.Fragment(row["data"]),
        }
        if row["causation_id"] is not None:
            event["causationid"] = row["causation_id"]
        if row["traceparent"] is not None:
            event["traceparent"] = row["traceparent"]
        return orjson.dumps(event)

    def subject(self, name: str) -> str:
        return subjects.event(self.region, self.service, name)


kebab_cached = lru_cache(maxsize=256)(kebab)


@lru_cache(maxsize=256)
def _type_of(service: str, name: str, version: int) -> str:
    return f"nl.wederdienst.{service}.{kebab(name)}.v{version}"


_EVENT_ID = re.compile(r"[0-9a-f-]{36}\.[0-9]{1,5}")


def parse(raw: bytes) -> Recorded:
    """A CloudEvent from the bus. Raises ValueError when it is not one of ours.

    What a watermark is made of is looked at closely: one that cannot be stored would stand in the
    way for ever.
    """
    found = orjson.loads(raw)
    try:
        if not (type(found["epoch"]) is type(found["position"]) is int and _EVENT_ID.fullmatch(found["id"])):
            raise ValueError("not a place in a log of this network")
        _, _, service, kebab_name, version = found["type"].split(".")
        correlation = found.get("correlationid")
        return Recorded(
            source=service,
            epoch=found["epoch"],
            position=found["position"],
            event_id=found["id"],
            name=event_name(kebab_name),
            schema_version=int(version[1:]),
            entity_id=UUID(found["subject"]),
            correlation_id=UUID(correlation) if correlation else None,
            traceparent=found.get("traceparent"),
            at=datetime.fromisoformat(found["time"]),
            data=found["data"],
            raw=raw,
            actor=found["actor"],
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a CloudEvent of this network: {wrong!r}") from wrong


async def stretch(connection: Connection | Pool, after: int, limit: int) -> list[asyncpg.Record]:
    """Up to `limit` events after position `after`, in order."""
    return await connection.fetch(f"{READ} WHERE position > $1 ORDER BY position LIMIT $2", after, limit)


async def follow(
    connection: Connection | Pool, after: int, *, chunk: int = 2000
) -> AsyncIterator[asyncpg.Record]:
    """The whole log after a position, in order, read in chunks so that it takes little memory."""
    while rows := await stretch(connection, after, chunk):
        for row in rows:
            yield row
        after = rows[-1]["position"]
