"""Rebuilding projections from the log, swapped in without an empty moment. Sends nothing.

Each kind is folded in memory and written to a table beside the real one, an entity once where
memory allows; then, while commits wait, the last events are folded and the tables change places.
Kinds of other services' events are folded from those services' logs, as far as this service's
watermarks.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.catalogue import EMITTED_BY
from contracts.envelope import Event
from contracts.upcasting import read_json
from services.kernel.entity import NOBODY, Key, Kind, Origin, Projections, State, nothing_yet
from services.kernel.errors import Misconfigured
from services.kernel.log import Connection, Pool
from services.kernel.looking_up import entities

CHUNK = 2000
"""So many events fit in the buffers between the server and us: it reads on while we fold."""

MAX_HELD = 100_000
"""Entities in memory before they are written."""

LOCK_MILLISECONDS = 200
"""So long commits wait for who reads the tables, at most: their own patience is a second."""

LOCK_TRIES = 60
PAUSE_SECONDS = 0.8

_EVENTS = (
    "SELECT position, name, schema_version, occurred_at, data{origin} FROM events WHERE name = ANY($1) AND"
)
_ORIGIN = ", command_id, ordinal, actor"

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
        self._names = sorted(self._projections.names)
        self._events = _EVENTS.format(origin=_ORIGIN if self._projections.trails else "")
        self._state = nothing_yet()
        self._below: dict[Key, Any] = {}
        self._began_writing = False
        self._writing: asyncio.Future[None] | None = None
        self.events = 0

    async def run(self) -> int:
        """Rebuild and swap; returns how many events were folded.

        Raises Misconfigured when others keep reading the tables: a backup does, or `verify`.
        """
        await self.prepare()
        await self.fold()
        await self._add_indexes()
        for _ in range(LOCK_TRIES):
            try:
                await self._swap()
                return self.events
            except asyncpg.QueryCanceledError:
                await asyncio.sleep(PAUSE_SECONDS)
            # Outside the lock: so that little is left for the next try.
            await self.fold()
        raise Misconfigured(
            f"The tables of {self._service} stay in use (does a backup or verify run?). Nothing was changed. "
            "Rebuild again when that is done."
        )

    async def _swap(self) -> None:
        """Raises QueryCanceledError, with nothing folded or changed, where others read for long."""
        kinds = self._projections.kinds
        async with self._connection.transaction():
            await self._connection.execute(f"SET LOCAL statement_timeout = {LOCK_MILLISECONDS}")
            # The whole table, and first: a commit locks it first too, so it waits here while it
            # holds nothing. With the row's lock alone, it would hold the tables we must drop.
            await self._connection.execute("LOCK TABLE log_head IN EXCLUSIVE MODE")
            # In one statement, so that the time-out is for all of them together.
            tables = ", ".join(f"{kind.table}, {shadow(kind)}" for kind in kinds)
            await self._connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
            await self._connection.execute("SET LOCAL statement_timeout = 0")
            # A commit that the leader does not know of: its next write finds out, and drops the
            # entities of the old tables that it holds in memory.
            await self._connection.execute("UPDATE log_head SET commits = commits + 1")
            await self.fold()
            for kind in kinds:
                await self._connection.execute(f"DROP TABLE {kind.table}")
                await self._connection.execute(f"ALTER TABLE {shadow(kind)} RENAME TO {kind.table}")

    async def prepare(self, *, temporary: bool = False) -> None:
        """Make empty tables beside the real ones; `temporary`: for this connection alone, to compare with."""
        async with self._not_yet_durable():
            for kind in self._projections.kinds:
                if not temporary:
                    await self._connection.execute(f"DROP TABLE IF EXISTS {shadow(kind)}")
                await self._connection.execute(
                    f"CREATE {'TEMPORARY' if temporary else ''} TABLE {shadow(kind)} "
                    f"(LIKE {kind.table} INCLUDING ALL EXCLUDING INDEXES)"
                )

    @asynccontextmanager
    async def _not_yet_durable(self) -> AsyncIterator[None]:
        """A transaction that does not wait for the disk: the swap does, for all before it."""
        if self._connection.is_in_transaction():
            yield
            return
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL synchronous_commit = off")
            yield

    async def _add_indexes(self) -> None:
        """The other indexes, once the rows are there: sorting them is quicker than adding row by row."""
        async with self._not_yet_durable():
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
        """Fold every source as far as it goes now, and write what came of it."""
        for source, log in self._sources.items():
            parked_before = self._parked.get(source, set())
            goal = await self._goal(source)
            await self._fold_retried(log, parked_before - self._parked.get(source, set()))
            await self._fold_source(source, log, goal)
        await self._put_down()
        await self._written()

    async def _goal(self, source: str) -> int:
        """How far to fold: the own log's head, or the watermark of a source."""
        await self._written()
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
        await self._written()
        sql = f"{self._events} position = ANY($2) ORDER BY position"
        await self._fold_rows(await log.fetch(sql, self._names, sorted(positions)))

    async def _fold_source(self, source: str, log: Connection | Pool, goal: int) -> None:
        """Fold one source up to `goal`: while a chunk is folded, the next is read and others are written."""
        skipped = self._parked.get(source, set())
        reading = self._read(log, self._reached[source], goal)
        while rows := await reading:
            self._reached[source] = rows[-1]["position"]
            reading = self._read(log, self._reached[source], goal)
            # Asked for before we begin to fold: the server reads meanwhile.
            await asyncio.sleep(0)
            await self._fold_rows(
                [row for row in rows if row["position"] not in skipped] if skipped else rows
            )
            self.events += len(rows)
            self._progress(self.events)
        self._reached[source] = max(self._reached[source], goal)

    def _read(self, log: Connection | Pool, after: int, goal: int) -> Awaitable[list[asyncpg.Record]]:
        """The next chunk. A log on a connection of its own is read ahead; on ours, when it is its turn."""
        if log is self._connection:
            return self._read_after_writing(after, goal)
        return asyncio.ensure_future(self._read_now(log, after, goal))

    async def _read_after_writing(self, after: int, goal: int) -> list[asyncpg.Record]:
        await self._written()
        return await self._read_now(self._connection, after, goal)

    async def _read_now(self, log: Connection | Pool, after: int, goal: int) -> list[asyncpg.Record]:
        sql = f"{self._events} position > $2 AND position <= $3 ORDER BY position LIMIT $4"
        return await log.fetch(sql, self._names, after, goal, CHUNK)

    async def _fold_rows(self, rows: list[asyncpg.Record]) -> None:
        events = list(map(self._told, rows))
        if self._began_writing:
            await self._bring_back(events)
        for event, at, origin in events:
            self._projections.apply(self._state, event, at, origin)
        if len(self._state.changed) > MAX_HELD:
            await self._put_down()

    def _told(self, row: asyncpg.Record) -> Told:
        # Not by name: a rebuild does this for every event there is.
        _, name, version, at, data, *caused = row
        return read_json(name, version, data), at, _origin(*caused) if caused else NOBODY

    async def _bring_back(self, events: list[Told]) -> None:
        """What these events look up and was written before, in one query a kind."""
        wanted: set[tuple[Kind[Any], UUID]] = set()
        for event, _, origin in events:
            for kind, entity_id in self._projections.looks_up(event, origin):
                key = (kind, entity_id.int)
                if key not in self._state.changed and key not in self._below:
                    wanted.add((kind, entity_id))
        if wanted:
            await self._written()
            self._below.update(await entities(self._connection, wanted, table=shadow))

    async def _put_down(self) -> None:
        """Begin to write what is in memory, and go on without it."""
        await self._written()
        self._writing = asyncio.ensure_future(self._write(self._state, first=not self._began_writing))
        self._began_writing = True
        self._below = {}
        self._state = State(self._below)
        await asyncio.sleep(0)

    async def _write(self, state: State, *, first: bool) -> None:
        """Replace what changed: entities that were there before go, then all are added."""
        entities: dict[Kind[Any], list[Any]] = {}
        replaced: dict[Kind[Any], list[UUID]] = {}
        for (kind, number), entity in state.changed.items():
            entities.setdefault(kind, []).append(entity)
            if (kind, number) not in state.born:
                replaced.setdefault(kind, []).append(UUID(int=number))
        async with self._not_yet_durable():
            for kind, ids in replaced.items():
                await self._connection.execute(f"DELETE FROM {shadow(kind)} WHERE {kind.key} = ANY($1)", ids)
            for kind, rows in entities.items():
                await self._connection.copy_records_to_table(
                    shadow(kind), columns=kind.columns, records=map(kind.values, rows)
                )
            if first:
                # Sorting what is there is quicker than adding it row by row.
                for kind in self._projections.kinds:
                    await self._connection.execute(f"ALTER TABLE {shadow(kind)} ADD PRIMARY KEY ({kind.key})")

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None


def _origin(command_id: UUID, ordinal: int, actor: str) -> Origin:
    return Origin(f"{command_id}.{ordinal}", actor)


def sources_of(service: str, kinds: tuple[Kind[Any], ...]) -> set[str]:
    """Whose events these kinds fold."""
    return {EMITTED_BY[event.__name__] for kind in kinds for event in kind.concerns} or {service}
