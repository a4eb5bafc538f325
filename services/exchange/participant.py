"""A participant: an approved member as exchange sees them, with how full their week is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import (
    AdmitParticipant,
    MatchCompleted,
    MatchFellThrough,
    MatchReserved,
    NoteCapacity,
    ParticipantAdmitted,
    ParticipantCapacityChanged,
)
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context


@dataclass(slots=True)
class Participant:
    """`reserved_minutes` of running matches count against what they want to help in a week."""

    participant_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    reserved_minutes: int = 0
    helped_minutes: int = 0
    version: int = 0

    @property
    def free_minutes(self) -> int:
        return self.capacity_minutes_week - self.reserved_minutes


type ParticipantEvent = (
    ParticipantAdmitted | ParticipantCapacityChanged | MatchReserved | MatchFellThrough | MatchCompleted
)


def evolve(
    participant: Participant | None, event: ParticipantEvent, participant_id: UUID, at: datetime
) -> Participant:
    if isinstance(event, ParticipantAdmitted):
        return Participant(participant_id, event.number, event.pc4, event.capacity_minutes_week)
    assert participant is not None
    match event:
        case ParticipantCapacityChanged():
            return replace(participant, capacity_minutes_week=event.capacity_minutes_week)
        case MatchReserved():
            return replace(participant, reserved_minutes=participant.reserved_minutes + event.minutes)
        case MatchFellThrough():
            return replace(participant, reserved_minutes=participant.reserved_minutes - event.minutes)
        case MatchCompleted():
            return replace(
                participant,
                reserved_minutes=participant.reserved_minutes - event.reserved_minutes,
                helped_minutes=participant.helped_minutes + event.minutes,
            )
        case _:
            assert_never(event)


PARTICIPANT = Kind(
    "participants",
    Participant,
    {
        ParticipantAdmitted: lambda e: (e.participant_id,),
        ParticipantCapacityChanged: lambda e: (e.participant_id,),
        MatchReserved: lambda e: (e.helper_id,),
        MatchFellThrough: lambda e: (e.helper_id,),
        MatchCompleted: lambda e: (e.helper_id,),
    },
    evolve,
)


def admit(command: AdmitParticipant, context: Context, state: State) -> list[Event]:
    return [ParticipantAdmitted(**command.model_dump())]


def note_capacity(command: NoteCapacity, context: Context, state: State) -> list[Event]:
    # Someone who is not approved yet is admitted later, with the capacity of that moment.
    if state.get(PARTICIPANT, command.participant_id) is None:
        return []
    return [ParticipantCapacityChanged(**command.model_dump())]


def taking_part(state: State, member_id: UUID) -> Participant:
    """The participant, or a kind no."""
    participant = state.get(PARTICIPANT, member_id)
    if participant is None:
        raise Rejected(
            "not_approved",
            "Deze deelnemer is nog niet goedgekeurd. Een buurtcoördinator kijkt ernaar; daarna kan het.",
            "This participant is not approved yet. A coordinator will look at it; after that it is possible.",
        )
    return participant
