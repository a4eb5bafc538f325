"""Who may act for a household: they hear what its shared balance asks of someone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.households import HouseholdJoined, HouseholdLeft
from services.kernel.entity import Kind


@dataclass(slots=True)
class Household:
    household_id: UUID
    acting: tuple[UUID, ...] = ()
    version: int = 0


def evolve(
    household: Household | None, event: HouseholdJoined | HouseholdLeft, household_id: UUID, at: datetime
) -> Household:
    others = tuple(one for one in household.acting if one != event.member_id) if household else ()
    acts = isinstance(event, HouseholdJoined) and event.may_act
    return Household(household_id, (*others, event.member_id) if acts else others)


HOUSEHOLD = Kind(
    "households",
    Household,
    {event: lambda e: (e.household_id,) for event in (HouseholdJoined, HouseholdLeft)},
    evolve,
)
