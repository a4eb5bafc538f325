"""What a service is: one object that says what it knows, decides, answers and follows."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import uuid_utils

from contracts.envelope import Actor, Command, Event, Query, View
from services.kernel.entity import Kind, State
from services.kernel.gauges import Gauge

if TYPE_CHECKING:
    from services.kernel.runtime import Replica

TIMER_SPACE = UUID("3d0a3f0e-6f5b-5a53-8c0b-1f2f5c9a7e11")


def new_id() -> UUID:
    """A new UUID version 7: in order of time, which keeps indexes narrow and fast."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of a command: deciders have no clock and no randomness."""

    command_id: UUID
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Timer:
    """`command` is due at `due_at` (UTC), once."""

    due_at: datetime
    command: Command
    timer_id: UUID

    @property
    def command_id(self) -> UUID:
        return uuid5(TIMER_SPACE, str(self.timer_id))


type Decide = Callable[[Any, Context, State], list[Event]]
type Follow = Callable[[Any], list[Command]]
type Prepare = Callable[["Replica", Any, Actor], Awaitable[Command]]
type Answer = Callable[["Replica", Any, Actor], Awaitable[View]]
type Schedule = Callable[[Any, datetime], Iterable[Timer]]
type Erase = Callable[[Any], UUID]
type Worker = Callable[["Replica"], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Service:
    """A service, put together in its `app.py`.

    `decides`: commands, from the bus, from followers and from timers. `prepares`: what is
    slow to work out for a command (from the bus or a timer), before its turn in the commit
    loop. `follows`: what an event of another service asks of this one. `answers`: queries.
    `schedules`: timers that an own event starts. `erases`: whose vault rows go when an event
    (own or followed) says so. `at_once`: followed events that hold whatever waits before them in their
    lane, such as that someone no longer agrees. `workers` run beside the commit loop in the leading replica;
    `fronts` in every replica (the web). `gauges`: what its tables say, as numbers for Prometheus.
    `answers_kept`: how long a repeated command gets
    its first answer (design, section 5: 30 days; None: for ever).
    """

    name: str
    sql: Path
    kinds: tuple[Kind[Any], ...] = ()
    decides: Mapping[type[Command], Decide] = field(default_factory=dict)
    prepares: Mapping[type[Command], Prepare] = field(default_factory=dict)
    follows: Mapping[type[Event], Follow] = field(default_factory=dict)
    answers: Mapping[type[Query], Answer] = field(default_factory=dict)
    schedules: Mapping[type[Event], Schedule] = field(default_factory=dict)
    erases: Mapping[type[Event], Erase] = field(default_factory=dict)
    at_once: frozenset[type[Event]] = frozenset()
    workers: tuple[Worker, ...] = ()
    answers_kept: timedelta | None = timedelta(days=30)
    fronts: tuple[Worker, ...] = ()
    gauges: tuple[Gauge, ...] = ()
