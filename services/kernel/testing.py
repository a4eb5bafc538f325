"""The words in which deciders are tested, and whole services without Postgres or NATS.

    given = Specification(service).given
    given(MemberRegistered(...)).when(ApproveMember(...)).then(MemberApproved(...))
    given().when(ApproveMember(...)).refused("unknown_member")

`InMemory` runs a service's deciders on a log in a list, and follows other such services
event by event, so that a test may choose every interleaving.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.envelope import Actor, Command, Event, Refusal, Role
from services.kernel.entity import Entity, Key, Kind, Origin, Projections, State, nothing_yet
from services.kernel.errors import Rejected
from services.kernel.service import Context, Service, Timer

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
COORDINATOR = Actor(role=Role.COORDINATOR, name="coordinator-1")
COMMAND_ID = UUID("0198c5f0-0000-7000-8000-000000000001")


def fold(projections: Projections, state: State, event: Event, at: datetime, origin: Origin) -> int:
    """Fold one event as the commit loop does; returns its version in its stream.

    Fails when no kind folds the event, or when folding changes what was there: a state that
    others still look at must stay as it is.
    """
    assert projections.interested(type(event).__name__), f"no kind folds {type(event).__name__}"
    before = {key: state.get(*key) for key in projections.looks_up(event, origin)}
    copies = {key: copy(entity) for key, entity in before.items()}
    version = projections.apply(state, event, at, origin)
    assert before == copies, f"folding {type(event).__name__} changed an entity in place"
    return version


def fold_own(projections: Projections, state: State, event: Event, at: datetime, origin: Origin) -> int:
    """As `fold`, for an event of the service itself: one of its kinds keeps the event's stream."""
    version = fold(projections, state, event, at, origin)
    assert version > 0, f"no kind keeps the stream of {type(event).__name__}"
    return version


@dataclass(frozen=True)
class Outcome:
    """What a decider said to a command."""

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None

    def then(self, *expected: Event) -> None:
        """Exactly these events happen, in this order."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert self.events == expected

    def then_nothing(self) -> None:
        """It is accepted, and nothing needs to happen."""
        self.then()

    def refused(self, code: str) -> Refusal:
        """It is refused with `code` and a sentence in both languages; returns the refusal."""
        assert self.refusal is not None, f"not refused: {self.events}"
        assert self.refusal.code == code
        for sentence in (self.refusal.nl, self.refusal.en):
            assert sentence[:1].isupper()
            assert sentence.endswith("."), sentence
        assert self.refusal.nl != self.refusal.en
        return self.refusal


@dataclass(frozen=True)
class Given:
    """A service in which some things have happened."""

    service: Service
    projections: Projections
    state: State

    def when(
        self, command: Command, *, id: UUID = COMMAND_ID, by: Actor = COORDINATOR, at: datetime = NOW
    ) -> Outcome:
        """Decide `command`, twice: a pure decider says the same, and leaves no trace."""
        first = self._decide(command, Context(id, by, at))
        assert self._decide(command, Context(id, by, at)) == first, "a decider must be pure"
        state = self.state.layer()
        for n, event in enumerate(first.events):
            fold_own(self.projections, state, event, at, Origin(f"{id}.{n}", str(by)))
        return first

    def _decide(self, command: Command, context: Context) -> Outcome:
        state = self.state.layer()
        try:
            outcome = Outcome(tuple(self.service.decides[type(command)](command, context, state)))
        except Rejected as no:
            outcome = Outcome(refusal=no.refusal)
        assert not state.changed, "a decider must not change the state"
        return outcome

    def now[E: Entity](self, kind: Kind[E], entity_id: UUID) -> E:
        """The entity as it is after what happened. Fails when there is none."""
        found = self.state.get(kind, entity_id)
        assert found is not None
        return found


class Specification:
    """One service's deciders, ready to be told what happened before."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.projections = Projections(service.kinds)

    def given(self, *events: Event, at: datetime = EARLIER) -> Given:
        """A service in which `events` happened, own or followed, in this order, at `at` (UTC)."""
        state = nothing_yet()
        for n, event in enumerate(events):
            fold(self.projections, state, event, at, Origin(f"given.{n}", "service:test"))
        return Given(self.service, self.projections, state)


@dataclass
class InMemory:
    """A whole service on a log in a list: the same deciders, kinds, followers and timers."""

    service: Service
    log: list[tuple[Event, datetime]] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    versions: list[tuple[str, UUID, int]] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    state: State = field(default_factory=nothing_yet)
    marks: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.projections = Projections(self.service.kinds)
        self._itself = Actor(role=Role.SERVICE, name=self.service.name)

    def decide(
        self, command: Command, *, id: UUID, by: Actor | None = None, at: datetime = NOW
    ) -> list[Event]:
        """Carry out one command, whole or not at all; returns its events. Raises Rejected."""
        trial = self.state.layer()
        events = self._carry_out(command, id, by or self._itself, at, trial)
        self._keep(trial, events, at)
        return [event for event, _, _ in events]

    def follow(self, source: "InMemory", at: datetime = NOW) -> bool:
        """Apply the next event of `source`; returns whether there was one.

        Fails when what it asks is refused: commands between services never end in a no.
        """
        position = self.marks.get(source.service.name, 0)
        if position == len(source.log):
            return False
        event, happened_at = source.log[position]
        trial = self.state.layer()
        self.projections.apply(trial, event, happened_at, source.origins[position])
        follow = self.service.follows.get(type(event))
        event_id = uuid5(event.entity_id, f"{source.service.name}/{position}")
        events: list[tuple[Event, int, Origin]] = []
        for n, command in enumerate(follow(event) if follow is not None else ()):
            try:
                events += self._carry_out(command, uuid5(event_id, str(n)), self._itself, at, trial)
            except Rejected as no:
                raise AssertionError(f"{self.service.name} refuses {command}: {no.refusal}") from no
        self._keep(trial, events, at)
        self.marks[source.service.name] = position + 1
        return True

    def fire(self, timer: Timer) -> list[Event]:
        """A timer is due; returns what happens. It fires once."""
        self.timers.remove(timer)
        return self.decide(timer.command, id=timer.command_id, at=timer.due_at)

    def _carry_out(
        self, command: Command, id: UUID, by: Actor, at: datetime, trial: State
    ) -> list[tuple[Event, int, Origin]]:
        decided = self.service.decides[type(command)](command, Context(id, by, at), trial)
        told = ((event, Origin(f"{id}.{n}", str(by))) for n, event in enumerate(decided))
        return [
            (event, fold_own(self.projections, trial, event, at, origin), origin) for event, origin in told
        ]

    def _keep(self, trial: State, events: Iterable[tuple[Event, int, Origin]], at: datetime) -> None:
        self.state.merge(trial)
        for event, version, origin in events:
            self.log.append((event, at))
            self.origins.append(origin)
            self.versions.append((event.ENTITY, event.entity_id, version))
            schedule = self.service.schedules.get(type(event))
            if schedule is not None:
                self.timers += schedule(event, at)

    def all[E: Entity](self, kind: Kind[E]) -> list[E]:
        """Every entity of a kind, as it is now."""
        return [entity for (of, _), entity in self.state.changed.items() if of is kind]

    def happened[T: Event](self, event: type[T]) -> list[T]:
        """Every event of a class, in order."""
        return [one for one, _ in self.log if isinstance(one, event)]

    def replayed(self) -> dict[Key, Any]:
        """The state that the log alone gives, from nothing."""
        state = nothing_yet()
        for (event, at), origin in zip(self.log, self.origins, strict=True):
            fold(self.projections, state, event, at, origin)
        return state.changed
