"""Leave: a coordinator is away for some days, and a deputy does their work.

    LeavePlanned ─▶ timers: CheckLeave, a week ahead and on the first day ─▶ DeputyMissed

A deputy who is away in those days too, or has no key any more, is missed as if nobody was named.
Timers go on during leave: reminders are sent, and a term that passes is on everyone's work list.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts.coordinator import (
    CancelLeave,
    CheckLeave,
    DeputyMissed,
    DeputyNamed,
    LeaveCancelled,
    LeavePlanned,
    NameDeputy,
    TakeLeave,
)
from contracts.envelope import Event
from services.kernel.days import begin
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context, Timer

WARNED_AHEAD = timedelta(days=7)
"""How long before the first day someone must have been found."""

LONGEST = timedelta(days=366)


@dataclass(slots=True)
class Leave:
    """Both days are included. `missed_at`: since when everyone is warned that there is no deputy."""

    leave_id: UUID
    coordinator: str
    first_day: date
    last_day: date
    deputy: str | None
    cancelled: bool = False
    missed_at: datetime | None = None
    version: int = 0


def evolve(
    leave: Leave | None,
    event: LeavePlanned | DeputyNamed | DeputyMissed | LeaveCancelled,
    leave_id: UUID,
    at: datetime,
) -> Leave:
    if isinstance(event, LeavePlanned):
        return Leave(**event.model_dump())
    assert leave is not None
    match event:
        case DeputyNamed():
            return replace(leave, deputy=event.deputy, missed_at=None)
        case DeputyMissed():
            return replace(leave, missed_at=leave.missed_at or at)
        case LeaveCancelled():
            return replace(leave, cancelled=True)
        case _:
            assert_never(event)


LEAVE = Kind(
    "leaves",
    Leave,
    {e: lambda e: (e.leave_id,) for e in (LeavePlanned, DeputyNamed, DeputyMissed, LeaveCancelled)},
    evolve,
)


def plan(command: TakeLeave, context: Context, state: State) -> list[Event]:
    if command.last_day < command.first_day:
        raise Rejected(
            "ends_before_it_begins",
            "De laatste dag ligt voor de eerste dag. Kijk de dagen na.",
            "The last day is before the first day. Please check the days.",
        )
    if command.last_day - command.first_day > LONGEST:
        raise Rejected(
            "too_long",
            "Verlof duurt hier hoogstens een jaar. Kijk de dagen na.",
            "Leave lasts a year at most here. Please check the days.",
        )
    if command.last_day < local(context.at).date():
        raise Rejected(
            "in_the_past",
            "Deze dagen zijn al voorbij. Kies dagen die nog komen.",
            "These days have passed. Choose days that are still to come.",
        )
    _check_deputy(command.coordinator, command.deputy, context)
    planned = LeavePlanned(leave_id=context.command_id, **command.model_dump(exclude={"stands_in_for"}))
    return [planned, *_leaves_undone(command, context, state)]


def _leaves_undone(command: TakeLeave, context: Context, state: State) -> list[Event]:
    """Whose deputy is away now too: warned at once where that leave is near, and otherwise in time."""
    missed: list[Event] = []
    for leave_id in command.stands_in_for:
        leave = state.get(LEAVE, leave_id)
        if leave is None or leave.cancelled or leave.deputy != command.coordinator:
            continue
        if leave.missed_at is None and begin(leave.first_day - WARNED_AHEAD) <= context.at:
            missed.append(DeputyMissed(leave_id=leave_id, coordinator=leave.coordinator))
    return missed


def name_deputy(command: NameDeputy, context: Context, state: State) -> list[Event]:
    leave = _to_come(state, command.leave_id, context)
    _check_deputy(leave.coordinator, command.deputy, context)
    if leave.deputy == command.deputy and leave.missed_at is None:
        return []
    return [DeputyNamed(leave_id=leave.leave_id, deputy=command.deputy)]


def cancel(command: CancelLeave, context: Context, state: State) -> list[Event]:
    leave = _to_come(state, command.leave_id, context)
    return [LeaveCancelled(leave_id=leave.leave_id)]


def check(command: CheckLeave, context: Context, state: State) -> list[Event]:
    leave = state.get(LEAVE, command.leave_id)
    if leave is None or leave.cancelled or (leave.deputy is not None and not command.deputy_missing):
        return []
    return [DeputyMissed(leave_id=leave.leave_id, coordinator=leave.coordinator)]


def checks(event: LeavePlanned, at: datetime) -> list[Timer]:
    """A week before the first day (at once when that is nearer), and when that day begins."""
    command = CheckLeave(leave_id=event.leave_id)
    begins_at = begin(event.first_day)
    ahead = begin(event.first_day - WARNED_AHEAD)
    timers = [Timer(max(at, ahead), command, uuid5(event.leave_id, "ahead"))]
    if begins_at > at:
        timers.append(Timer(begins_at, command, uuid5(event.leave_id, "begins")))
    return timers


def _check_deputy(coordinator: str, deputy: str | None, context: Context) -> None:
    if deputy == coordinator:
        raise Rejected(
            "own_deputy",
            "Wie weg is kan het eigen werk niet waarnemen. Kies een collega.",
            "Who is away cannot do their own work. Choose a colleague.",
        )
    if deputy == context.actor.name:
        # Also who works in the whole region: a deputy reads restricted files besides.
        raise Rejected(
            "names_oneself",
            "U kunt uzelf niet als vervanger aanwijzen. Vraag een collega of een beheerder om dat te doen.",
            "You cannot name yourself as a deputy. Ask a colleague or an operator to do it.",
        )


def deputy_away() -> Rejected:
    return Rejected(
        "deputy_away",
        "Deze collega is in die dagen zelf ook weg. Kies iemand anders.",
        "This colleague is away in those days too. Choose someone else.",
    )


def unknown_leave() -> Rejected:
    return Rejected(
        "unknown_leave",
        "Dit verlof kennen wij niet. Kijk in het rooster.",
        "We do not know this leave. Please check the rota.",
    )


def _to_come(state: State, leave_id: UUID, context: Context) -> Leave:
    """The leave, unless it was cancelled or is over. Raises Rejected."""
    leave = state.get(LEAVE, leave_id)
    if leave is None:
        raise unknown_leave()
    if leave.cancelled or leave.last_day < local(context.at).date():
        raise Rejected(
            "leave_over",
            "Dit verlof gaat niet door of is al voorbij. U hoeft niets te doen.",
            "This leave was cancelled or is over already. You need not do anything.",
        )
    return leave
