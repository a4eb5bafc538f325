"""A duty: a coordinator is there for some areas, or for the whole region, in a period."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.coordinator import CancelDuty, DutyCancelled, DutyPlanned, PlanDuty
from contracts.envelope import Event
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context


@dataclass(slots=True)
class Duty:
    """`areas`: none is the whole region. Times are UTC."""

    duty_id: UUID
    coordinator: str
    areas: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    cancelled: bool = False
    version: int = 0


def evolve(duty: Duty | None, event: DutyPlanned | DutyCancelled, duty_id: UUID, at: datetime) -> Duty:
    if isinstance(event, DutyPlanned):
        return Duty(**event.model_dump())
    assert duty is not None
    return replace(duty, cancelled=True)


DUTY = Kind("duties", Duty, {e: lambda e: (e.duty_id,) for e in (DutyPlanned, DutyCancelled)}, evolve)


def plan(command: PlanDuty, context: Context, state: State) -> list[Event]:
    if command.ends_at <= command.begins_at:
        raise Rejected(
            "ends_before_it_begins",
            "Deze dienst eindigt voor hij begint. Kijk de tijden na.",
            "This duty ends before it begins. Please check the times.",
        )
    if command.ends_at <= context.at:
        raise Rejected(
            "in_the_past",
            "Deze dienst is al voorbij. Kies tijden die nog komen.",
            "This duty is over already. Choose times that are still to come.",
        )
    areas = tuple(sorted(set(command.areas)))
    return [DutyPlanned(duty_id=context.command_id, **command.model_dump(exclude={"areas"}), areas=areas)]


def cancel(command: CancelDuty, context: Context, state: State) -> list[Event]:
    duty = state.get(DUTY, command.duty_id)
    if duty is None:
        raise Rejected(
            "unknown_duty",
            "Deze dienst kennen wij niet. Kijk in het rooster.",
            "We do not know this duty. Please check the rota.",
        )
    if duty.cancelled:
        return []
    if duty.ends_at <= context.at:
        raise Rejected(
            "duty_over",
            "Deze dienst is al voorbij. U hoeft niets te doen.",
            "This duty is over already. You need not do anything.",
        )
    return [DutyCancelled(duty_id=duty.duty_id)]
