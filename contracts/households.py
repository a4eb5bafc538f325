"""Who belongs together and who may act for whom. Emitted and decided by members."""

from typing import ClassVar
from uuid import UUID

from contracts.common import HowGiven
from contracts.envelope import Command, Event

# Events


class HouseholdJoined(Event):
    """A member belongs to a household or organisation.

    `shares_balance`: they use its account. `may_act`: they ask for it, and arrange what was asked.
    """

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    household_id: UUID
    shares_balance: bool
    may_act: bool


class HouseholdLeft(Event):
    """A member no longer belongs to a household or organisation. Its balance stays with it."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    household_id: UUID


class RepresentationGranted(Event):
    """Someone may ask on behalf of a member, and arrange what was asked; that member agreed to it."""

    ENTITY: ClassVar[str] = "representation"
    FIRST: ClassVar[bool] = True
    representation_id: UUID
    member_id: UUID
    representative_id: UUID
    how: HowGiven


class RepresentationEnded(Event):
    """Someone may no longer ask or arrange anything on behalf of a member."""

    ENTITY: ClassVar[str] = "representation"
    representation_id: UUID
    member_id: UUID
    representative_id: UUID


EVENTS: tuple[type[Event], ...] = (HouseholdJoined, HouseholdLeft, RepresentationGranted, RepresentationEnded)


# Commands


class JoinHousehold(Command):
    member_id: UUID
    household_id: UUID
    shares_balance: bool = True
    may_act: bool = False


class LeaveHousehold(Command):
    member_id: UUID
    household_id: UUID


class GrantRepresentation(Command):
    """Let someone ask on behalf of a member, and arrange what was asked; `how` that member agreed to it."""

    member_id: UUID
    representative_id: UUID
    how: HowGiven


class EndRepresentation(Command):
    member_id: UUID
    representative_id: UUID


COMMANDS: tuple[type[Command], ...] = (
    JoinHousehold,
    LeaveHousehold,
    GrantRepresentation,
    EndRepresentation,
)
