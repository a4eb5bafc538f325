"""What a volunteer may receive in a year: what this release knows of it, and what an operator entered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.caps import CapsCorrected, CapsEntered, EnterCaps, caps_id
from contracts.envelope import Event
from contracts.policy import CAPS, Caps, CapsOf, caps_in_force
from services.kernel.dutch import local
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context


@dataclass(slots=True)
class EnteredCaps:
    """In euro cents: an hour from age 21 and below it, a month, the calendar year."""

    caps_id: UUID
    of_year: int
    hour_21: int
    hour_young: int
    month: int
    year: int
    version: int = 0

    @property
    def caps(self) -> Caps:
        return Caps(hour_21=self.hour_21, hour_young=self.hour_young, month=self.month, year=self.year)


def evolve(
    _: EnteredCaps | None, event: CapsEntered | CapsCorrected, caps_id: UUID, at: datetime
) -> EnteredCaps:
    return EnteredCaps(caps_id, event.year, **event.caps.model_dump())


ENTERED = Kind(
    "caps_entered", EnteredCaps, {e: lambda e: (e.caps_id,) for e in (CapsEntered, CapsCorrected)}, evolve
)


def caps_at(state: State, year: int) -> CapsOf:
    """The caps that hold in a calendar year: those of an earlier one until it has its own."""
    later = (state.get(ENTERED, caps_id(each)) for each in range(max(CAPS) + 1, year + 1))
    return caps_in_force(year, {found.of_year: found.caps for found in later if found is not None})


def enter(command: EnterCaps, context: Context, state: State) -> list[Event]:
    """What is held and paid already stands; it counts for the new caps."""
    this_year = local(context.at).year
    if not this_year - 1 <= command.year <= this_year + 1:
        raise Rejected(
            "not_this_year",
            "Bedragen kunt u alleen invullen voor vorig jaar, dit jaar en volgend jaar. Kijk het jaar na.",
            "Amounts can only be entered for last year, this year and next year. Please check the year.",
        )
    if command.year in CAPS:
        raise Rejected(
            "caps_known",
            f"De bedragen van {command.year} staan er al in. U hoeft niets te doen.",
            f"The amounts of {command.year} are there already. You need not do anything.",
        )
    caps = Caps(
        hour_21=command.hour_21,
        hour_young=command.hour_young,
        month=command.month,
        year=command.whole_year,
    )
    if not caps.hour_young <= caps.hour_21 <= caps.month <= caps.year <= 12 * caps.month:
        raise Rejected(
            "caps_out_of_order",
            "Deze bedragen passen niet bij elkaar. Het uur onder 21 is het laagst, dan het uur vanaf 21, de "
            "maand en het jaar; een jaar is hoogstens twaalf maanden. Kijk ze na, in centen.",
            "These amounts do not fit each other. The hour below 21 is lowest, then the hour from 21, the "
            "month and the year; a year is twelve months at most. Please check them, in cents.",
        )
    known = state.get(ENTERED, caps_id(command.year))
    if known is not None and known.caps == caps:
        return []
    said = CapsEntered if known is None else CapsCorrected
    return [said(caps_id=caps_id(command.year), year=command.year, caps=caps)]
