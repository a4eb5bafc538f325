"""Who takes part, as exchange knows them. Emitted and decided by exchange."""

from typing import ClassVar
from uuid import UUID

from contracts.common import Pc4, Settle
from contracts.envelope import Command, Event

# Events


class ParticipantAdmitted(Event):
    """An approved member may now post offers and ask for help."""

    ENTITY: ClassVar[str] = "participant"
    FIRST: ClassVar[bool] = True
    participant_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int = 0
    kind: str = "person"


class ParticipantCapacityChanged(Event):
    """How much this participant can care in a week changed; `carer_minutes_week` is for their own."""

    ENTITY: ClassVar[str] = "participant"
    participant_id: UUID
    capacity_minutes_week: int
    carer_minutes_week: int = 0


class ParticipantLeft(Event):
    """This participant takes no part any more; everything of theirs has ended before this."""

    ENTITY: ClassVar[str] = "participant"
    participant_id: UUID
    settle: Settle
    beneficiary_id: UUID | None = None


EVENTS: tuple[type[Event], ...] = (ParticipantAdmitted, ParticipantCapacityChanged, ParticipantLeft)


# Commands, all from members


class AdmitParticipant(Command):
    """From members: someone was approved."""

    participant_id: UUID
    number: int
    pc4: Pc4
    capacity_minutes_week: int
    carer_minutes_week: int = 0
    kind: str = "person"


class NoteCapacity(Command):
    """From members: someone can care more or less in a week."""

    participant_id: UUID
    capacity_minutes_week: int
    carer_minutes_week: int = 0


class LetGo(Command):
    """From members: someone left or is erased; everything of theirs ends."""

    member_id: UUID
    settle: Settle
    beneficiary_id: UUID | None = None
