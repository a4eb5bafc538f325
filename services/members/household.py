"""Belonging to a household or organisation: one at a time. It stays when everyone has left it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.households import HouseholdJoined, HouseholdLeft, JoinHousehold, LeaveHousehold
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.members.member import Member, changeable, check_person, taking_part


@dataclass(slots=True)
class Household:
    """Who belongs to a household or organisation now."""

    household_id: UUID
    member_ids: tuple[UUID, ...] = ()
    version: int = 0


def evolve(
    before: Household | None, event: HouseholdJoined | HouseholdLeft, household_id: UUID, at: datetime
) -> Household:
    household = before or Household(household_id)
    others = tuple(one for one in household.member_ids if one != event.member_id)
    joined = isinstance(event, HouseholdJoined)
    return replace(household, member_ids=(*others, event.member_id) if joined else others)


HOUSEHOLD = Kind(
    "households",
    Household,
    {event: lambda e: (e.household_id,) for event in (HouseholdJoined, HouseholdLeft)},
    evolve,
)


def join(command: JoinHousehold, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    check_person(member)
    household = taking_part(state, command.household_id)
    if household.kind == "person":
        raise Rejected(
            "not_a_household",
            f"Deelnemer {household.number} is een persoon. Kies een huishouden of organisatie.",
            f"Participant {household.number} is a person. Please choose a household or organisation.",
        )
    if member.household_id is not None:
        raise Rejected(
            "in_a_household",
            f"Deelnemer {member.number} hoort al bij een huishouden of organisatie. "
            "Haal diegene daar eerst uit.",
            f"Participant {member.number} already belongs to a household or organisation. "
            "Let them leave that first.",
        )
    return [
        HouseholdJoined(
            member_id=member.member_id,
            household_id=household.member_id,
            shares_balance=command.shares_balance,
            may_act=command.may_act,
        )
    ]


def leave(command: LeaveHousehold, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if member.household_id is None:
        return []
    if member.household_id != command.household_id:
        raise Rejected(
            "another_household",
            f"Deelnemer {member.number} hoort bij een ander huishouden. Kijk na welk huishouden u bedoelt.",
            f"Participant {member.number} belongs to another household. Please check which one you mean.",
        )
    return [HouseholdLeft(member_id=member.member_id, household_id=command.household_id)]


def all_left(state: State, member: Member) -> list[Event]:
    """Whoever leaves belongs nowhere any more, and nobody belongs to a household that leaves."""
    events: list[Event] = []
    if member.household_id is not None:
        events.append(HouseholdLeft(member_id=member.member_id, household_id=member.household_id))
    household = state.get(HOUSEHOLD, member.member_id)
    others = household.member_ids if household is not None else ()
    return [*events, *(HouseholdLeft(member_id=one, household_id=member.member_id) for one in others)]
