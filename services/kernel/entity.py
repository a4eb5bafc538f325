"""Kinds of entities: what a service knows, folded from events and kept as table rows.

One concept serves as aggregate state and as projection: a `Kind` folds events into rows
of a table of the same columns. Deciders read entities; queries read the table; both are
written in the commit that writes the events. A kind may also fold events of other
services (the coordinator instance's projections do).
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID, uuid5

from contracts.envelope import Event

LINE_SPACE = UUID("8a3f5d5c-8f0c-5c55-9b0e-2f6d1c7e4b90")


class Origin(typing.NamedTuple):
    """Which event it is (`<command id>.<n>`), and who caused it (`<role>:<credential>`)."""

    event_id: str
    actor: str

    @property
    def line_id(self) -> UUID:
        """The id of this event's line in a trail: the same however often it is folded."""
        return uuid5(LINE_SPACE, self.event_id)


NOBODY = Origin("", "")
"""Where no kind is a trail, nobody asks who caused an event; and telling takes time."""


class Entity(Protocol):
    """A dataclass whose fields are the columns of its kind's table, the id first.

    `version` counts the events of its own stream; the kernel keeps it.
    """

    __dataclass_fields__: typing.ClassVar[dict[str, Any]]
    version: int


@cache
def _copier(entity: type[Any]) -> Callable[[Any], Any]:
    """What makes a copy of an entity of this class: an assignment for each field, as `dataclasses` has it."""
    names = [field.name for field in dataclasses.fields(entity)]
    lines = ["def copy(old):", " new = make(entity)", *(f" new.{n} = old.{n}" for n in names), " return new"]
    made: dict[str, Any] = {"entity": entity, "make": object.__new__}
    exec("\n".join(lines), made)  # noqa: S102 (the names are those of our own classes)
    copier: Callable[[Any], Any] = made["copy"]
    return copier


def replace[E: Entity](entity: E, **changes: Any) -> E:
    """The entity with other values in some of its fields, as a new object.

    What `dataclasses.replace` does, in a fifth of its time: nearly every event is folded with it.
    """
    new: E = _copier(type(entity))(entity)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


_SQL_TYPES: dict[object, str] = {
    UUID: "uuid",
    str: "text",
    int: "bigint",
    bool: "boolean",
    float: "double precision",
    datetime: "timestamptz",
    date: "date",
}


def _sql_type(annotation: Any) -> str:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (annotation,) = (arm for arm in typing.get_args(annotation) if arm is not type(None))
    if typing.get_origin(annotation) is typing.Literal:
        annotation = str
    if typing.get_origin(annotation) is tuple:
        return f"{_SQL_TYPES[typing.get_args(annotation)[0]]}[]"
    return _SQL_TYPES[annotation]


class Kind[E: Entity]:
    """One kind of entity.

    `concerns` says for each event class which ids of this kind it touches;
    `evolve(entity or None, event, id, at)` returns the entity after it (a new object);
    `at` is when the event happened (UTC). `values` gives an entity's columns in order.
    """

    trail: typing.ClassVar[bool] = False

    def __init__(
        self,
        table: str,
        entity: type[E],
        concerns: dict[type[Event], Callable[[Any], Iterable[UUID]]],
        evolve: Callable[[E | None, Any, UUID, datetime], E],
    ) -> None:
        self.table = table
        self.entity = entity
        self.concerns = concerns
        self.evolve = evolve
        hints = typing.get_type_hints(entity)
        self.columns = tuple(field.name for field in dataclasses.fields(entity))
        self.sql_types = tuple(_sql_type(hints[name]) for name in self.columns)
        self.key = self.columns[0]
        self.values: Callable[[E], tuple[Any, ...]] = attrgetter(*self.columns)
        self._arrays = tuple(n for n, sql_type in enumerate(self.sql_types) if sql_type.endswith("[]"))

    def __repr__(self) -> str:
        return f"Kind({self.table})"

    @property
    def typed_columns(self) -> dict[str, str]:
        """SQL type by column."""
        return dict(zip(self.columns, self.sql_types, strict=True))

    def insert(self, rows: str, *, into: str | None = None) -> str:
        """SQL that adds `rows`, a FROM and WHERE clause with this kind's columns as `r`."""
        columns = ", ".join(self.columns)
        return f"INSERT INTO {into or self.table} ({columns}) SELECT {columns} FROM {rows}"

    def update(self, rows: str) -> str:
        """SQL that changes what `rows` (as for `insert`, ending in a WHERE clause) names."""
        changes = ", ".join(f"{c} = r.{c}" for c in self.columns[1:])
        return f"UPDATE {self.table} AS t SET {changes} FROM {rows} AND t.{self.key} = r.{self.key}"

    def load(self, row: Sequence[Any]) -> E:
        """The entity of a table row, its columns in order."""
        values = list(row)
        for n in self._arrays:
            values[n] = tuple(values[n])
        return self.entity(*values)

    def select(self, *, table: str | None = None) -> str:
        """SQL that reads all rows, columns in order."""
        return f"SELECT {', '.join(self.columns)} FROM {table or self.table}"


class Trail[E: Entity](Kind[E]):
    """A kind with a line of its own for every single event of some classes.

    `tell(event, line id, at)` returns the line. Its `actor` is who caused the event; the kernel
    fills it in.
    """

    trail = True

    def __init__(
        self,
        table: str,
        line: type[E],
        events: Iterable[type[Event]],
        tell: Callable[[Any, UUID, datetime], E],
    ) -> None:
        def evolve(_: E | None, event: Any, line_id: UUID, at: datetime) -> E:
            return tell(event, line_id, at)

        super().__init__(table, line, dict.fromkeys(events, lambda _: ()), evolve)


ABSENT: Any = object()
"""In no layer: not even known not to exist."""

type Key = tuple[Kind[Any], int]
"""Where an entity is in memory: its kind, and its id as a number (a UUID is slow to look up by)."""


class Missing(Exception):
    """An entity is not in memory: the commit loop loads it and decides again."""

    def __init__(self, kind: Kind[Any], entity_id: UUID) -> None:
        self.kind = kind
        self.entity_id = entity_id


class State:
    """What deciders may look at. Layers: this batch, the one being written, the cache.

    `get` raises Missing for what is not in memory (a decider need not know): the commit
    loop then loads it and runs the pure decider again. None means: there is no such entity.
    """

    __slots__ = ("_layers", "born", "changed")

    def __init__(self, *below: dict[Key, Any]) -> None:
        self.changed: dict[Key, Any] = {}
        self.born: set[Key] = set()
        self._layers = (self.changed, *below)

    def get[E: Entity](self, kind: Kind[E], entity_id: UUID) -> E | None:
        key = (kind, entity_id.int)
        for layer in self._layers:
            found: E | None = layer.get(key, ABSENT)
            if found is not ABSENT:
                return found
        raise Missing(kind, entity_id)

    def layer(self) -> "State":
        """A state on top of this one: what is tried there leaves no trace here."""
        return State(*self._layers)

    def merge(self, tried: "State") -> None:
        """Keep what was tried on a `layer` of this state."""
        self.changed.update(tried.changed)
        self.born |= tried.born


class _Nothing(dict[Key, Any]):
    """The lowest layer of a state: whatever was not given does not exist."""

    def get(self, key: Key, default: Any = None) -> Any:
        return super().get(key)


def nothing_yet() -> State:
    """A state in which no entity exists: `get` answers None and never raises Missing."""
    return State(_Nothing())


class Touch(typing.NamedTuple):
    """A kind that folds events of one class: which ids they touch, and whether it keeps their stream."""

    kind: Kind[Any]
    ids: Callable[[Any], Iterable[UUID]]
    keeps: bool


class Projections:
    """All kinds of one service, by the events that concern them."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        self.kinds = tuple(kinds)
        self._by_event: dict[type[Event], list[Touch]] = {}
        for kind in self.kinds:
            for event, ids in kind.concerns.items():
                keeps = kind.key == event.ENTITY_ID
                self._by_event.setdefault(event, []).append(Touch(kind, ids, keeps))
        self.names = frozenset(event.__name__ for event in self._by_event)
        self.trails = any(kind.trail for kind in self.kinds)
        """Whether any kind asks where an event came from."""

    def interested(self, name: str) -> bool:
        """Whether any kind folds events of this name."""
        return name in self.names

    def looks_up(self, event: Event, origin: Origin) -> list[tuple[Kind[Any], UUID]]:
        """Every entity that must be known before the event can be folded."""
        begins = event.entity_id if event.FIRST else None
        return [
            (kind, touched)
            for kind, ids, keeps in self._by_event.get(type(event), ())
            for touched in ((origin.line_id,) if kind.trail else ids(event))
            if touched != begins or not keeps
        ]

    def apply(self, state: State, event: Event, at: datetime, origin: Origin) -> int:
        """Fold `event` into `state`; returns its version in its own stream (0: nobody keeps it).

        An entity that the event begins is not looked up: its id is new. Raises Missing;
        callers try on a layer.
        """
        version = 0
        entity_id = event.entity_id
        for kind, ids, keeps in self._by_event.get(type(event), ()):
            for touched in (origin.line_id,) if kind.trail else ids(event):
                own = keeps and (touched is entity_id or touched == entity_id)
                before = None if own and event.FIRST else state.get(kind, touched)
                entity = kind.evolve(before, event, touched, at)
                entity.version = (before.version if before is not None else 0) + own
                if own:
                    version = entity.version
                if kind.trail:
                    entity.actor = origin.actor
                key = (kind, touched.int)
                state.changed[key] = entity
                if before is None:
                    state.born.add(key)
        return version
