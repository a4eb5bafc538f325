"""Rebuilding projections from the log, swapped in without an empty moment. Sends nothing.

Each kind is folded into a table beside the real one, in chunks; then, under the head row's
lock, the last events are folded and the tables change places. Kinds of other services'
events are folded from those services' logs, as far as this service's watermarks.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from contracts.catalogue import EMITTED_BY
from contracts.envelope import Event
from contracts.upcasting import read
from services.kernel.entity import Key, Kind, Missing, Projections, State
from services.kernel.log import Connection, Pool

CHUNK = 5000
_READ = (
    "SELECT position, name, schema_version, occurred_at, data FROM events "
    "WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3"
)


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
        self.events = 0

    async def run(self) -> int:
        """Rebuild and swap; returns how many events were read."""
        await self.prepare()
        await self.fold()
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL lock_timeout = '10s'")
            await self._connection.execute("SET LOCAL statement_timeout = 0")
            await self._connection.execute("SELECT FROM log_head FOR UPDATE")
            await self.fold()
            for kind in self._projections.kinds:
                await self._connection.execute(f"DROP TABLE {kind.table}")
                await self._connection.execute(f"ALTER TABLE {shadow(kind)} RENAME TO {kind.table}")
        return self.events

    async def prepare(self) -> None:
        """Make empty tables beside the real ones."""
        for kind in self._projections.kinds:
            await self._connection.execute(f"DROP TABLE IF EXISTS {shadow(kind)}")
            await self._connection.execute(f"CREATE TABLE {shadow(kind)} (LIKE {kind.table} INCLUDING ALL)")

    async def fold(self) -> None:
        """Fold every source as far as it goes now."""
        for source, log in self._sources.items():
            await self._fold_source(source, log, await self._goal(source))

    async def _goal(self, source: str) -> int:
        """How far to fold: the own log's head, or the watermark of a source."""
        if source == self._service:
            sql = "SELECT position FROM log_head"
            return int(await self._connection.fetchval(sql) or 0)
        rows = await self._connection.fetch("SELECT position FROM parked WHERE source = $1", source)
        self._parked[source] = {row["position"] for row in rows}
        sql = "SELECT position FROM watermarks WHERE source = $1"
        return int(await self._connection.fetchval(sql, source) or 0)

    async def _fold_source(self, source: str, log: Connection | Pool, goal: int) -> None:
        skipped = self._parked.get(source, set())
        while self._reached[source] < goal:
            rows = await log.fetch(_READ, self._reached[source], goal, CHUNK)
            if not rows:
                return
            events: list[tuple[Event, datetime]] = []
            for row in rows:
                if row["position"] in skipped or not self._projections.interested(row["name"]):
                    continue
                event = read(row["name"], row["schema_version"], orjson.loads(row["data"]))
                events.append((event, row["occurred_at"]))
            await self._fold_chunk(events)
            self._reached[source] = rows[-1]["position"]
            self.events += len(rows)
            self._progress(self.events)

    async def _fold_chunk(self, events: list[tuple[Event, datetime]]) -> None:
        before: dict[Key, Any] = {}
        state = State(before)
        for event, at in events:
            while True:
                tried = state.layer()
                try:
                    self._projections.apply(tried, event, at)
                except Missing:
                    await self._load(events, before)
                    continue
                state.merge(tried)
                break
        born: dict[Kind[Any], list[Any]] = {}
        changed: dict[Kind[Any], list[Any]] = {}
        for key, entity in state.changed.items():
            (born if key in state.born else changed).setdefault(key[0], []).append(entity)
        for kind, entities in changed.items():
            await self._connection.execute(
                f"DELETE FROM {shadow(kind)} WHERE {kind.key} = ANY($1)",
                [getattr(entity, kind.key) for entity in entities],
            )
        for kind in {*born, *changed}:
            await self._connection.copy_records_to_table(
                shadow(kind),
                columns=kind.columns,
                records=[
                    tuple([getattr(entity, column) for column in kind.columns])
                    for entity in (*born.get(kind, ()), *changed.get(kind, ()))
                ],
            )

    async def _load(self, events: list[tuple[Event, datetime]], into: dict[Key, Any]) -> None:
        """Everything this chunk touches and does not begin itself, in one query a kind."""
        wanted: dict[Kind[Any], set[UUID]] = {}
        for event, _ in events:
            for kind, entity_id in self._projections.keys(event):
                if (kind, entity_id) not in into:
                    wanted.setdefault(kind, set()).add(entity_id)
        for kind, ids in wanted.items():
            rows = await self._connection.fetch(
                f"{kind.select(table=shadow(kind))} WHERE {kind.key} = ANY($1)", list(ids)
            )
            into.update({(kind, row[0]): kind.entity(*row) for row in rows})
            for entity_id in ids:
                into.setdefault((kind, entity_id), None)


def sources_of(service: str, kinds: tuple[Kind[Any], ...]) -> set[str]:
    """Whose events these kinds fold."""
    return {EMITTED_BY[event.__name__] for kind in kinds for event in kind.concerns} or {service}
