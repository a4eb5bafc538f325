"""Signing up: a person, household or organisation gets a number."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.members import MemberRegistered, RegisterMember
from contracts.policy import AgeBand
from services.kernel import geography
from services.kernel.dutch import local
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.members.age import band_on, years_on
from services.members.member import MEMBER

FIRST_NUMBER = 1001
THE_NUMBERING = UUID(int=1)
OLDEST_YEARS = 120


@dataclass(slots=True)
class Numbering:
    """The last member number given out: what people see instead of an id."""

    numbering_id: UUID
    last_number: int
    version: int = 0


def count(
    numbering: Numbering | None, event: MemberRegistered, numbering_id: UUID, at: datetime
) -> Numbering:
    return Numbering(numbering_id, event.number)


NUMBERING = Kind("numbering", Numbering, {MemberRegistered: lambda _: (THE_NUMBERING,)}, count)


def register(command: RegisterMember, context: Context, state: State) -> list[Event]:
    if state.get(MEMBER, context.command_id) is not None:
        # The same wish once more, after its first answer was forgotten.
        return []
    if not geography.known(command.pc4):
        raise Rejected(
            "unknown_postcode",
            "Deze postcode kennen wij niet. Kijk de vier cijfers na.",
            "We do not know this postcode. Please check the four digits.",
        )
    if command.kind != "person" and (command.born_on is not None or command.circle):
        raise Rejected(
            "not_a_person",
            "Een huishouden of organisatie heeft geen geboortedatum of eigen kring. Laat die leeg.",
            "A household or organisation has no date of birth or own circle. Leave those empty.",
        )
    numbering = state.get(NUMBERING, THE_NUMBERING)
    return [
        MemberRegistered(
            member_id=context.command_id,
            number=numbering.last_number + 1 if numbering else FIRST_NUMBER,
            pc4=command.pc4,
            capacity_minutes_week=command.capacity_minutes_week,
            carer_minutes_week=command.carer_minutes_week,
            kind=command.kind,
            age_band=_age_band(command.born_on, local(context.at).date()),
        )
    ]


def _age_band(born_on: date | None, day: date) -> AgeBand | None:
    if born_on is None:
        return None
    if born_on > day:
        raise Rejected(
            "born_in_the_future",
            "Deze geboortedatum is nog niet geweest. Kijk het jaar na.",
            "This date of birth has not been yet. Please check the year.",
        )
    if years_on(day, born_on) > OLDEST_YEARS:
        raise Rejected(
            "born_too_long_ago",
            f"Met deze geboortedatum is iemand ouder dan {OLDEST_YEARS} jaar. Kijk het jaar na.",
            f"With this date of birth someone is over {OLDEST_YEARS} years old. Please check the year.",
        )
    return band_on(day, born_on)
