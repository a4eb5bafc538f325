"""Deciding a batch in memory: commands and followed events, one after another, on layers of state.

Nothing here waits or touches a database. What a decider looks at and is not in memory
raises Missing; the commit loop loads it and decides again.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson

from contracts.envelope import MAX_EVENT_BYTES, Actor, Answer, Command, Event, Refusal, VaultEntry
from contracts.upcasting import UnknownEvent
from services.kernel.entity import NOBODY, Kind, Missing, Origin, Projections, State
from services.kernel.errors import Rejected
from services.kernel.log import Batch, Recorded
from services.kernel.service import Context, Service, Timer
from services.kernel.telemetry import log

BROKEN = Refusal(
    code="internal",
    nl="Er ging bij ons iets mis. Er is niets veranderd. Meld het aan de beheerder.",
    en="Something went wrong on our side. Nothing has changed. Please tell the operator.",
)


BEHIND = "waits behind a parked event of the same lane"
"""Why an event is parked that could have been applied by itself."""


@dataclass(slots=True, eq=False)
class Item:
    """One thing to commit: a command, or a followed event (then `followed` is set).

    Followed events come in a `run`: it ends with the last of them, or where it breaks off.
    """

    command_id: UUID
    actor: Actor
    command: Command | None = None
    followed: Recorded | None = None
    was_parked: bool = False
    unstorable: bool = False
    correlation_id: UUID | None = None
    causation_id: str | None = None
    content_hash: int | None = None
    traceparent: str | None = None
    expires: float = float("inf")
    timer_id: UUID | None = None
    future: asyncio.Future[Answer] | None = None
    run: asyncio.Future[Answer] | None = None

    @property
    def broken_off(self) -> bool:
        """Whether one before it could not be followed: then neither can this one."""
        run = self.run
        return run is not None and run.done() and not run.cancelled() and run.exception() is not None

    def late(self, now: float) -> bool:
        """Whether nobody waits for it any more, at this time (monotonic). A followed event never is."""
        return self.expires < now and self.followed is None

    def answer(self, answer: Answer) -> None:
        if self.future is not None and not self.future.done():
            self.future.set_result(answer)

    def fail(self, error: Exception) -> None:
        if self.future is not None and not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True)
class Trial:
    """One item being decided on a layer of its own: kept whole or not at all.

    `at` is the moment it happens: a batch stays open for a while, and nothing may happen before
    it was asked for.
    """

    state: State
    at: datetime = field(default_factory=partial(datetime.now, UTC))
    events: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)


type Mark = tuple[int, int, str]
"""How far a source was followed: epoch, position, id of the last event."""


type Lane = tuple[str, UUID]
"""What waits together when one event cannot be applied: the source, and the match, account or referral."""


@dataclass(slots=True)
class Decided:
    """A batch that is ready to be written, and what to tell whom when it is."""

    state: State
    rows: Batch
    marks_before: dict[str, Mark]
    parked_before: dict[Lane, set[int]]
    known: dict[UUID, asyncpg.Record | None] | None
    """First answers by command id, None for new ones; None where they were not looked up."""
    items: list[Item] = field(default_factory=list)
    by_id: dict[UUID, Item] = field(default_factory=dict)
    refusals: dict[Item, Refusal] = field(default_factory=dict)
    positions: dict[Item, int] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    lanes_parked: set[Lane] = field(default_factory=set)
    unparked: list[tuple[Lane, int]] = field(default_factory=list)
    vault: dict[tuple[str, UUID], VaultEntry] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """Position of the last event so far."""
        return self.rows.position + len(self.rows.events)

    def keep(self, trial: Trial) -> None:
        self.state.merge(trial.state)
        for row in trial.events:
            row["position"] = self.head + 1
            self.rows.events.append(row)
        self.rows.timers += trial.timers
        for person_id in trial.erased:
            self.rows.erased.append({"person_id": person_id})
            self.vault = {
                key: entry
                for key, entry in self.vault.items()
                if person_id not in (entry.person_id, entry.other_id)
            }

    def put_away(self, entry: VaultEntry) -> None:
        """Keep a row for the vault; a second one about the same thing in this batch joins the first.

        None about who was erased earlier in this batch; the statement itself (log.py) sees to those
        who were erased before it.
        """
        if any(row["person_id"] in (entry.person_id, entry.other_id) for row in self.rows.erased):
            return
        key = (entry.entity, entry.entity_id)
        before = self.vault.get(key)
        self.vault[key] = entry if before is None else entry._replace(data={**before.data, **entry.data})

    def still_parked(self, lane: Lane, position: int) -> bool:
        """Whether this event waits: a retry may come twice."""
        return position in self.parked_before.get(lane, ()) and (lane, position) not in self.unparked

    def parked_after(self) -> dict[Lane, set[int]]:
        """What is parked once this batch is written."""
        if not self.rows.parked and not self.unparked:
            return self.parked_before
        parked = {lane: set(positions) for lane, positions in self.parked_before.items()}
        for row in self.rows.parked:
            parked.setdefault((row["source"], row["lane"]), set()).add(row["position"])
        for lane, position in self.unparked:
            parked[lane].discard(position)
        return {lane: positions for lane, positions in parked.items() if positions}

    def mark(self, source: str) -> Mark:
        return self.marks.get(source) or self.marks_before.get(source) or (1, 0, "")

    def marks_after(self, committed: dict[str, Mark]) -> dict[str, Mark]:
        return {**committed, **self.marks_before, **self.marks}

    def fill_rows(self) -> None:
        """Make the rows that depend on the whole batch: answers, watermarks, entities."""
        rows = self.rows
        for item in self.items:
            if item.command is not None and item in self.positions:
                refusal = self.refusals.get(item)
                if refusal is BROKEN:
                    continue
                rows.commands.append(
                    {
                        "command_id": item.command_id,
                        "content_hash": item.content_hash,
                        "position": self.positions[item],
                        "refusal": refusal.model_dump() if refusal is not None else None,
                    }
                )
                if item.timer_id is not None:
                    rows.timers_done.append({"timer_id": item.timer_id})
        rows.vault = [entry._asdict() for entry in self.vault.values()]
        for source, (epoch, position, event_id) in self.marks.items():
            rows.marks.append({"source": source, "epoch": epoch, "position": position, "event_id": event_id})
        born = self.state.born
        for key, entity in self.state.changed.items():
            (rows.born if key in born else rows.changed).setdefault(key[0], []).append(entity)


class Deciding:
    """The deciders of one service, applied to items."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._projections = Projections(service.kinds)
        self._follows = {event.__name__: follow for event, follow in service.follows.items()}
        self._erasing = {event.__name__ for event in service.erases}
        self._folded = self._erasing | self._projections.names
        self._at_once = {event.__name__ for event in service.at_once}

    def command(self, item: Item, command: Command, decided: Decided) -> None:
        """Decide one command; its events, vault rows or refusal are part of the batch. Raises Missing."""
        trial = Trial(decided.state.layer())
        try:
            self._carry_out(command, item.command_id, item, trial)
        except Missing:
            raise
        except Rejected as no:
            decided.refusals[item] = no.refusal
        except Exception:
            # A broken decider fails this command alone.
            log.exception("decide_failed", command=type(command).__name__, command_id=str(item.command_id))
            decided.refusals[item] = BROKEN
        else:
            decided.keep(trial)
            for entry in command.vault(item.command_id):
                decided.put_away(entry)
        decided.positions[item] = decided.head

    def _carry_out(self, command: Command, command_id: UUID, item: Item, trial: Trial) -> None:
        """Decide one command and fold its events, on a trial layer."""
        context = Context(command_id, item.actor, trial.at)
        actor = str(item.actor)
        for event in self._service.decides[type(command)](command, context, trial.state):
            trails = self._projections.trails
            origin = Origin(f"{item.command_id}.{len(trial.events)}", actor) if trails else NOBODY
            version = self._projections.apply(trial.state, event, trial.at, origin)
            if version == 0:
                raise TypeError(f"no kind keeps the stream of {type(event).__name__}")
            data = event.model_dump_json()
            if len(data) > MAX_EVENT_BYTES:
                raise ValueError(f"{type(event).__name__} is larger than what may travel")
            trial.events.append(
                {
                    "entity": event.ENTITY,
                    "entity_id": event.entity_id,
                    "version": version,
                    "name": type(event).__name__,
                    "schema_version": event.VERSION,
                    "command_id": item.command_id,
                    "ordinal": len(trial.events),
                    "causation_id": item.causation_id,
                    "correlation_id": item.correlation_id or item.command_id,
                    "actor": actor,
                    "traceparent": item.traceparent,
                    "occurred_at": trial.at,
                    "data": orjson.Fragment(data),
                }
            )
            schedule = self._service.schedules.get(type(event))
            if schedule is not None:
                trial.timers += map(_timer_row, schedule(event, trial.at))
            self._erase(event, trial)

    def _erase(self, event: Event, trial: Trial) -> None:
        erase = self._service.erases.get(type(event))
        if erase is not None:
            trial.erased.append(erase(event))

    def followed(self, item: Item, decided: Decided) -> None:
        """Decide what a followed event asks, once; or park it. Raises Missing."""
        followed = item.followed
        assert followed is not None
        if not item.was_parked and (followed.epoch, followed.position) <= decided.mark(followed.source)[:2]:
            return
        lane = (followed.source, followed.entity_id)
        if item.was_parked and not decided.still_parked(lane, followed.position):
            return
        waits = lane in decided.parked_before or lane in decided.lanes_parked
        if item.unstorable:
            reason: str | None = "cannot be stored"
        elif waits and not item.was_parked and followed.name not in self._at_once:
            reason = BEHIND
        else:
            reason = self._apply_followed(item, followed, decided)
        if reason is not None:
            self._erase_at_once(followed, decided)
            decided.lanes_parked.add(lane)
            decided.rows.parked.append(
                {
                    "source": followed.source,
                    "position": followed.position,
                    "lane": followed.entity_id,
                    "reason": reason,
                    "event": orjson.Fragment(followed.raw),
                }
            )
        elif item.was_parked:
            decided.rows.unparked.append({"source": followed.source, "position": followed.position})
            decided.unparked.append((lane, followed.position))
        if not item.was_parked:
            decided.marks[followed.source] = (followed.epoch, followed.position, followed.event_id)

    def _erase_at_once(self, followed: Recorded, decided: Decided) -> None:
        """Whoever is to be forgotten is, also where the rest of what the event asks has to wait."""
        if followed.name not in self._erasing:
            return
        trial = Trial(decided.state.layer())
        with suppress(UnknownEvent, ValueError):
            self._erase(followed.event(), trial)
        decided.keep(trial)

    def _apply_followed(self, item: Item, followed: Recorded, decided: Decided) -> str | None:
        """Carry out what a followed event asks; returns why not, when it cannot be."""
        trial = Trial(decided.state.layer())
        try:
            self._follow(item, followed, trial)
        except Missing:
            raise
        except UnknownEvent as unknown:
            return f"unknown event {unknown}: upgrade this service, then retry"
        except Rejected as no:
            return f"refused: {no.refusal.code}"
        except Exception as broken:
            log.exception("follow_failed", source=followed.source, position=followed.position)
            return f"{type(broken).__name__}: see the log of {self._service.name}"
        decided.keep(trial)
        return None

    def _follow(self, item: Item, followed: Recorded, trial: Trial) -> None:
        follow = self._follows.get(followed.name)
        if follow is None and followed.name not in self._folded:
            return
        event = followed.event()
        self._erase(event, trial)
        self._projections.apply(trial.state, event, followed.at, Origin(followed.event_id, followed.actor))
        for n, command in enumerate(follow(event) if follow is not None else ()):
            self._carry_out(command, uuid5(item.command_id, str(n)), item, trial)

    def looks_at(self, items: Iterable[Item], state: State) -> set[tuple[Kind[Any], UUID]]:
        """What these items look at and is not in memory: deciders are run, nothing is kept."""
        wanted: set[tuple[Kind[Any], UUID]] = set()
        for item in items:
            probe = Trial(state.layer())
            try:
                if item.command is not None:
                    self._carry_out(item.command, item.command_id, item, probe)
                elif item.followed is not None:
                    self._follow(item, item.followed, probe)
            except Missing as missing:
                wanted.add((missing.kind, missing.entity_id))
            except Exception:
                # Deciding itself will meet it again, and answers it.
                continue
        return wanted


def _timer_row(timer: Timer) -> dict[str, Any]:
    return {
        "timer_id": timer.timer_id,
        "due_at": timer.due_at,
        "command": type(timer.command).__name__,
        "body": orjson.Fragment(timer.command.model_dump_json()),
    }
