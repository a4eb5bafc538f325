"""Rebuilding projections from the log, swapped in without an empty moment. Sends nothing.

Each kind is folded into a table beside the real one, in chunks; then, under the head row's
lock, the last events are folded and the tables change places. Kinds of other services'
events are folded from those services' logs, as far as this service's watermarks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from contracts.catalogue import EMITTED_BY
from contracts.envelope import Event
from contracts.upcasting import read_json
from services.kernel.entity import Key, Kind, Origin, Projections, State
from services.kernel.log import Connection, Pool, record_set

CHUNK = 5000
_EVENTS = (
    "SELECT position, name, schema_version, occurred_at, command_id, ordinal, actor, data FROM events WHERE"
)
_READ = f"{_EVENTS} position > $1 AND position <= $2 ORDER BY position LIMIT $3"

type Told = tuple[Event, datetime, Origin]


def shadow(kind: Kind[Any]) -> str:
    """Name of the table a kind is rebuilt in."""
    return f"{kind.table}_rebuilt"


class Rebuild:
    """One rebuild of one service's projections.

    `sources` gives, for each source whose events are folded, a connection to its log:
    the service's own, or (for the coordinator instance) those it follows.
    """

    def __init__(
        self,
        service: str,
        kinds: tuple[Kind[Any], ...],
        connection: Connection,
        sources: Mapping[str, Connection | Pool],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._service = service
        self._projections = Projections(kinds)
        self._connection = connection
        self._sources = sources
        self._progress = progress
        self._reached: dict[str, int] = dict.fromkeys(sources, 0)
        self._parked: dict[str, set[int]] = {}
        self._writing: asyncio.Future[None] | None = None
        self.events = 0

    async def run(self) -> int:
        """Rebuild and swap; returns how many events were read."""
        await self.prepare()
        await self.fold()
        await self._add_indexes()
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL lock_timeout = '10s'")
            await self._connection.execute("SET LOCAL statement_timeout = 0")
            # The whole table, and first: a commit locks it first too, so it waits here while it
            # holds nothing. With the row's lock alone, it would hold the tables we must drop.
            await self._connection.execute("LOCK TABLE log_head IN EXCLUSIVE MODE")
            # A commit that the leader does not know of: its next write finds out, and drops the
            # entities of the old tables that it holds in memory.
            await self._connection.execute("UPDATE log_head SET commits = commits + 1")
            await self.fold()
            for kind in self._projections.kinds:
                await self._connection.execute(f"DROP TABLE {kind.table}")
                await self._connection.execute(f"ALTER TABLE {shadow(kind)} RENAME TO {kind.table}")
        return self.events

    async def prepare(self) -> None:
        """Make empty tables beside the real ones."""
        for kind in self._projections.kinds:
            await self._connection.execute(f"DROP TABLE IF EXISTS {shadow(kind)}")
            await self._connection.execute(
                f"CREATE TABLE {shadow(kind)} (LIKE {kind.table} INCLUDING ALL EXCLUDING INDEXES)"
            )
            await self._connection.execute(f"ALTER TABLE {shadow(kind)} ADD PRIMARY KEY ({kind.key})")

    async def _add_indexes(self) -> None:
        """The other indexes, once the rows are there: sorting them is quicker than adding row by row."""
        for kind in self._projections.kinds:
            for row in await self._connection.fetch(
                "SELECT pg_get_indexdef(indexrelid) AS sql FROM pg_index "
                "WHERE indrelid = $1::regclass AND NOT indisprimary",
                kind.table,
            ):
                begin, _, rest = row["sql"].partition(" INDEX ")
                how = rest.partition(" USING ")[2]
                await self._connection.execute(f"{begin} INDEX ON {shadow(kind)} USING {how}")

    async def fold(self) -> None:
        """Fold every source as far as it goes now."""
        for source, log in self._sources.items():
            parked_before = self._parked.get(source, set())
            goal = await self._goal(source)
            await self._fold_retried(log, parked_before - self._parked.get(source, set()))
            await self._fold_source(source, log, goal)

    async def _goal(self, source: str) -> int:
        """How far to fold: the own log's head, or the watermark of a source."""
        if source == self._service:
            sql = "SELECT position FROM log_head"
            return int(await self._connection.fetchval(sql) or 0)
        rows = await self._connection.fetch("SELECT position FROM parked WHERE source = $1", source)
        self._parked[source] = {row["position"] for row in rows}
        sql = "SELECT position FROM watermarks WHERE source = $1"
        return int(await self._connection.fetchval(sql, source) or 0)

    async def _fold_retried(self, log: Connection | Pool, positions: set[int]) -> None:
        """Events that were parked when we passed them, and have been applied since."""
        if not positions:
            return
        rows = await log.fetch(f"{_EVENTS} position = ANY($1) ORDER BY position", sorted(positions))
        await self._fold_chunk([_event_of(row) for row in rows])
        await self._written()

    async def _fold_source(self, source: str, log: Connection | Pool, goal: int) -> None:
        """Fold one source up to `goal`: while a chunk is folded the next is read and the last is written."""
        skipped = self._parked.get(source, set())
        reading = self._read(log, self._reached[source], goal)
        while rows := await reading:
            self._reached[source] = rows[-1]["position"]
            reading = self._read(log, self._reached[source], goal)
            # Asked for before we begin to fold: the server reads meanwhile.
            await asyncio.sleep(0)
            await self._fold_chunk(
                [
                    _event_of(row)
                    for row in rows
                    if row["position"] not in skipped and self._projections.interested(row["name"])
                ]
            )
            self.events += len(rows)
            self._progress(self.events)
        await self._written()

    def _read(self, log: Connection | Pool, after: int, goal: int) -> Awaitable[list[asyncpg.Record]]:
        """The next chunk. A log on a connection of its own is read ahead; on ours, when it is its turn."""
        if log is self._connection:
            return self._read_after_writing(after, goal)
        return asyncio.ensure_future(log.fetch(_READ, after, goal, CHUNK))

    async def _read_after_writing(self, after: int, goal: int) -> list[asyncpg.Record]:
        await self._written()
        return await self._connection.fetch(_READ, after, goal, CHUNK)

    async def _fold_chunk(self, events: list[Told]) -> None:
        known = await self._known(events)
        state = State(known)
        for event, at, origin in events:
            self._projections.apply(state, event, at, origin)
        await self._written()
        self._writing = asyncio.ensure_future(self._write(state))
        await asyncio.sleep(0)

    async def _known(self, events: list[Told]) -> dict[Key, Any]:
        """Everything these events look up and do not begin themselves, in one query a kind."""
        wanted: dict[Kind[Any], set[UUID]] = {}
        for event, _, origin in events:
            for kind, entity_id in self._projections.looks_up(event, origin):
                wanted.setdefault(kind, set()).add(entity_id)
        known: dict[Key, Any] = {}
        if wanted:
            await self._written()
        for kind, ids in wanted.items():
            rows = await self._connection.fetch(
                f"{kind.select(table=shadow(kind))} WHERE {kind.key} = ANY($1)", list(ids)
            )
            known.update(dict.fromkeys(((kind, entity_id) for entity_id in ids), None))
            known.update({(kind, row[0]): kind.load(row) for row in rows})
        return known

    async def _write(self, state: State) -> None:
        """Replace what changed: entities that were there before go, then all are added."""
        entities: dict[Kind[Any], list[Any]] = {}
        replaced: dict[Kind[Any], list[UUID]] = {}
        for key, entity in state.changed.items():
            entities.setdefault(key[0], []).append(entity)
            if key not in state.born:
                replaced.setdefault(key[0], []).append(key[1])
        for kind, ids in replaced.items():
            await self._connection.execute(f"DELETE FROM {shadow(kind)} WHERE {kind.key} = ANY($1)", ids)
        for kind, rows in entities.items():
            await self._connection.execute(
                kind.insert(f"{record_set(kind.typed_columns, 1)} WHERE true", into=shadow(kind)),
                orjson.dumps(rows, default=str).decode(),
            )

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None


def _event_of(row: Any) -> Told:
    event = read_json(row["name"], row["schema_version"], row["data"])
    return event, row["occurred_at"], Origin(f"{row['command_id']}.{row['ordinal']}", row["actor"])


def sources_of(service: str, kinds: tuple[Kind[Any], ...]) -> set[str]:
    """Whose events these kinds fold."""
    return {EMITTED_BY[event.__name__] for kind in kinds for event in kind.concerns} or {service}
