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


class NearnessChanged(Event):
    """Who is near this participant may be otherwise now: what runs is looked at again.

    Members said as much (a circle, an address, a household); with whom is said nowhere.
    """

    ENTITY: ClassVar[str] = "participant"
    participant_id: UUID


EVENTS: tuple[type[Event], ...] = (
    ParticipantAdmitted,
    ParticipantCapacityChanged,
    ParticipantLeft,
    NearnessChanged,
)


# Commands, from members; the last from a timer


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


class EndAsking(Command):
    """From members: nobody may come to this member any more; what they asked ends."""

    member_id: UUID


class NoteNearness(Command):
    """From members: who is near someone may be otherwise now."""

    member_id: UUID


class LetGo(Command):
    """From members: someone left or is erased; everything of theirs ends."""

    member_id: UUID
    settle: Settle
    beneficiary_id: UUID | None = None


class EndOffers(Command):
    """From a timer: someone takes part no more, so what they offered does not stand either.

    `offer_ids` are those that stand, looked up when the timer is due.
    """

    member_id: UUID
    offer_ids: tuple[UUID, ...] = ()


class PartTooClose(Command):
    """From a timer: what this participant has before them with someone who is too close by now.

    `match_ids` and `series_ids` are what members said of it, asked when the timer is due.
    """

    member_id: UUID
    match_ids: tuple[UUID, ...] = ()
    series_ids: tuple[UUID, ...] = ()
