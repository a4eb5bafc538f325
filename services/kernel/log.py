"""The log in Postgres: one statement writes a batch, one reads a stretch.

A batch is a single SQL statement of several CTEs, so begin, lock, check, write and commit
are one round trip and the head row is locked for as long as the server needs, never for
as long as a client takes (or sleeps). The guard is the head row itself: it moves only when
position and term are those the batch was decided on; otherwise nothing is written.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from contracts import subjects
from contracts.catalogue import kebab
from contracts.envelope import Event
from contracts.upcasting import read
from services.kernel.entity import Kind

type Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
type Pool = asyncpg.Pool[asyncpg.Record]

_GUARD = " WHERE EXISTS (SELECT FROM head)"

_EVENT_ARRAYS = (
    ("entity", "text"),
    ("entity_id", "uuid"),
    ("version", "integer"),
    ("name", "text"),
    ("schema_version", "smallint"),
    ("command_id", "uuid"),
    ("ordinal", "smallint"),
    ("causation_id", "text"),
    ("correlation_id", "uuid"),
    ("actor", "text"),
    ("traceparent", "text"),
    ("data", "json"),
)
_COMMAND_ARRAYS = (
    ("command_id", "uuid"),
    ("content_hash", "bigint"),
    ("position", "bigint"),
    ("refusal", "json"),
)
_VAULT_ARRAYS = (("entity", "text"), ("entity_id", "uuid"), ("person_id", "uuid"), ("data", "jsonb"))
_TIMER_ARRAYS = (("timer_id", "uuid"), ("due_at", "timestamptz"), ("command", "text"), ("body", "json"))
_PARKED_ARRAYS = (
    ("source", "text"),
    ("position", "bigint"),
    ("lane", "uuid"),
    ("reason", "text"),
    ("event", "json"),
)
_MARK_ARRAYS = (("source", "text"), ("epoch", "integer"), ("position", "bigint"), ("event_id", "text"))
_UNPARK_ARRAYS = (("source", "text"), ("position", "bigint"))


@dataclass(slots=True)
class Batch:
    """Everything one commit writes, as rows. Empty parts cost nothing."""

    position: int
    term: int
    epoch: int
    at: datetime
    events: list[tuple[Any, ...]] = field(default_factory=list)
    commands: list[tuple[Any, ...]] = field(default_factory=list)
    vault: list[tuple[Any, ...]] = field(default_factory=list)
    timers: list[tuple[Any, ...]] = field(default_factory=list)
    timers_done: list[UUID] = field(default_factory=list)
    parked: list[tuple[Any, ...]] = field(default_factory=list)
    unparked: list[tuple[Any, ...]] = field(default_factory=list)
    marks: list[tuple[Any, ...]] = field(default_factory=list)
    entities: dict[Kind[Any], list[tuple[Any, ...]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(getattr(self, part) for part in _PARTS)


def _arrays(columns: Iterable[tuple[str, str]], first: int) -> str:
    return ", ".join(f"${first + i}::{sql_type}[]" for i, (_, sql_type) in enumerate(columns))


def _names(columns: Iterable[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)


@lru_cache(maxsize=512)
def _statement(parts: tuple[str, ...], kinds: tuple[Kind[Any], ...]) -> str:
    """The commit statement for a batch that has these parts and touches these kinds."""
    ctes = [
        "head AS (UPDATE log_head SET position = position + $3, leader_until = clock_timestamp() + $4 "
        "WHERE position = $1 AND term = $2 RETURNING position)"
    ]
    at = 7
    simple = {
        "vault": (
            _VAULT_ARRAYS,
            "INSERT INTO vault ({names}) SELECT * FROM unnest({arrays}){guard} "
            "ON CONFLICT (entity_id, entity) DO UPDATE SET data = excluded.data",
        ),
        "timers": (
            _TIMER_ARRAYS,
            "INSERT INTO timers ({names}) SELECT * FROM unnest({arrays}){guard} ON CONFLICT DO NOTHING",
        ),
        "timers_done": (
            (("timer_id", "uuid"),),
            "DELETE FROM timers WHERE timer_id = ANY({arrays}) AND EXISTS (SELECT FROM head)",
        ),
        "parked": (
            _PARKED_ARRAYS,
            "INSERT INTO parked ({names}) SELECT * FROM unnest({arrays}){guard} "
            "ON CONFLICT (source, position) DO UPDATE SET reason = excluded.reason",
        ),
        "unparked": (
            _UNPARK_ARRAYS,
            "DELETE FROM parked WHERE (source, position) IN (SELECT * FROM unnest({arrays})) "
            "AND EXISTS (SELECT FROM head)",
        ),
        "marks": (
            _MARK_ARRAYS,
            "INSERT INTO watermarks ({names}) SELECT * FROM unnest({arrays}){guard} ON CONFLICT (source) "
            "DO UPDATE SET epoch = excluded.epoch, position = excluded.position, event_id = excluded.event_id",
        ),
        "commands": (
            _COMMAND_ARRAYS,
            "INSERT INTO commands ({names}, answered_at) SELECT *, $6 FROM unnest({arrays}){guard}",
        ),
    }
    for part in parts:
        if part == "events":
            ctes.append(
                f"events_ AS (INSERT INTO events (position, epoch, occurred_at, {_names(_EVENT_ARRAYS)}) "
                "SELECT $1 + n, $5, $6, "
                + ", ".join(f"e{i}" for i in range(len(_EVENT_ARRAYS)))
                + f" FROM unnest({_arrays(_EVENT_ARRAYS, at)}) WITH ORDINALITY AS u("
                + ", ".join(f"e{i}" for i in range(len(_EVENT_ARRAYS)))
                + f", n){_GUARD})"
            )
            at += len(_EVENT_ARRAYS)
            continue
        columns, text = simple[part]
        filled = text.format(names=_names(columns), arrays=_arrays(columns, at), guard=_GUARD)
        ctes.append(f"{part}_ AS ({filled})")
        at += len(columns)
    for n, kind in enumerate(kinds):
        ctes.append(f"kind{n} AS ({kind.upsert(at).format(guard=_GUARD)})")
        at += len(kind.columns)
    # Every parameter must be used: the server cannot guess the type of one that is not.
    return (
        "WITH "
        + ", ".join(ctes)
        + " SELECT (SELECT position FROM head) WHERE $5::integer IS NOT NULL AND $6::timestamptz IS NOT NULL"
    )


_PARTS = ("events", "commands", "vault", "timers", "timers_done", "parked", "unparked", "marks")


async def write(connection: Connection, batch: Batch, lease: Any) -> int | None:
    """Write `batch` durably; returns the new head position, or None when the head is not as expected.

    `lease` (timedelta) prolongs the lead. Raises asyncpg's errors; after a connection error
    the outcome is unknown.
    """
    parts = tuple(part for part in _PARTS if getattr(batch, part))
    kinds = tuple(batch.entities)
    arguments: list[Any] = [batch.position, batch.term, len(batch.events), lease, batch.epoch, batch.at]
    for part in parts:
        rows = getattr(batch, part)
        arguments += [rows] if part == "timers_done" else map(list, zip(*rows, strict=True))
    for rows in batch.entities.values():
        arguments += map(list, zip(*rows, strict=True))
    position: int | None = await connection.fetchval(_statement(parts, kinds), *arguments)
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

    def event(self) -> Event:
        """Today's class of it. Raises UnknownEvent or ValidationError."""
        return read(self.name, self.schema_version, self.data)


class Publisher:
    """Turns log rows into CloudEvents of one region and service (NL GOV profile)."""

    def __init__(self, region: str, service: str, organisation: str) -> None:
        self.region = region
        self.service = service
        self._source = f"urn:nld:{organisation}:{service}"

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


_EVENT_NAMES: dict[str, str] = {}


def parse(raw: bytes) -> Recorded:
    """A CloudEvent from the bus. Raises ValueError when it is not one of ours."""
    found = orjson.loads(raw)
    try:
        _, _, service, kebab_name, version = found["type"].split(".")
        name = _EVENT_NAMES.get(kebab_name)
        if name is None:
            name = "".join(word.capitalize() for word in kebab_name.split("-"))
            _EVENT_NAMES[kebab_name] = name
        correlation = found.get("correlationid")
        return Recorded(
            source=service,
            epoch=found["epoch"],
            position=found["position"],
            event_id=found["id"],
            name=name,
            schema_version=int(version[1:]),
            entity_id=UUID(found["subject"]),
            correlation_id=UUID(correlation) if correlation else None,
            traceparent=found.get("traceparent"),
            at=datetime.fromisoformat(found["time"]),
            data=found["data"],
            raw=raw,
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
