"""Who belongs to which household or organisation, as members tells it; and who counts as one of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.households import HouseholdJoined, HouseholdLeft
from services.exchange.participant import PARTICIPANT
from services.kernel.entity import Kind, State, replace


@dataclass(slots=True)
class Home:
    """Of a person: the household or organisation they belong to. Of such an account: its `people`."""

    member_id: UUID
    household_id: UUID | None = None
    people: tuple[UUID, ...] = ()
    version: int = 0


def evolve(home: Home | None, event: HouseholdJoined | HouseholdLeft, key: UUID, at: datetime) -> Home:
    before = home or Home(key)
    joined = isinstance(event, HouseholdJoined)
    if key == event.member_id:
        return replace(before, household_id=event.household_id if joined else None)
    others = tuple(one for one in before.people if one != event.member_id)
    return replace(before, people=(*others, event.member_id) if joined else others)


HOME = Kind(
    "homes",
    Home,
    dict.fromkeys((HouseholdJoined, HouseholdLeft), lambda e: (e.household_id, e.member_id)),
    evolve,
)


def together(state: State, member_id: UUID) -> tuple[UUID, ...]:
    """Everyone who counts as one where people are kept apart: themselves first, then in order of ids.

    An account and its people; and all who live in one household, for who helps one of them meets the
    others. An organisation is no home: its people have nothing to do with each other.
    """
    home = state.get(HOME, member_id)
    if home is None:
        return (member_id,)
    found = set(home.people)
    if home.household_id is not None:
        found.add(home.household_id)
        account = state.get(PARTICIPANT, home.household_id)
        if account is not None and account.kind == "household":
            shared = state.get(HOME, home.household_id)
            found.update(shared.people if shared is not None else ())
    return (member_id, *sorted(found - {member_id}))


TOGETHER = """
SELECT id FROM unnest($1::uuid[]) AS id
UNION SELECT unnest(people) FROM homes WHERE member_id = ANY($1)
UNION SELECT household_id FROM homes WHERE member_id = ANY($1) AND household_id IS NOT NULL
UNION SELECT unnest(h.people) FROM homes mine
  JOIN participants a ON a.participant_id = mine.household_id AND a.kind = 'household'
  JOIN homes h ON h.member_id = mine.household_id
 WHERE mine.member_id = ANY($1)
"""
"""`together` of each of some people, in SQL."""
