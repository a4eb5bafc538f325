"""What a letter needs and nobody here keeps: names, ways of contact, kind words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.envelope import Actor, Role
from contracts.exchange import GetTexts, Texts
from contracts.members import GetPeople, People, Person
from contracts.proposals import Favours, SuggestReturnFavours
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica
from services.notifications.templates import Around

ITSELF = Actor(role=Role.SERVICE, name="notifications")
MOST_PEOPLE = 500
"""As many as one `GetPeople` may name."""

_WITH_FAVOURS = frozenset({"hours-booked-asker", "draft-waits", "balance-owed"})
"""Letters that say which small things one might do."""


def asks_exchange(template: str) -> bool:
    """Whether a letter cannot be written while exchange is away."""
    return template in _WITH_FAVOURS or template == "thanks"


@dataclass(frozen=True, slots=True)
class Queued:
    """One message as it waits."""

    message_id: UUID
    member_id: UUID
    template: str
    facts: Mapping[str, Any]

    @property
    def other_id(self) -> UUID | None:
        """Whom it is about, beside its reader."""
        return UUID(self.facts["other"]) if "other" in self.facts else None


async def people_of(replica: Replica, messages: Iterable[Queued]) -> dict[UUID, Person]:
    """Who these messages are to and about, as members knows them now. Raises Unreachable."""
    wanted = {member_id for m in messages for member_id in (m.member_id, m.other_id) if member_id is not None}
    ids = sorted(wanted)
    people: dict[UUID, Person] = {}
    for first in range(0, len(ids), MOST_PEOPLE):
        query = GetPeople(member_ids=tuple(ids[first : first + MOST_PEOPLE]))
        found = await replica.bus.ask(query, People, ITSELF)
        people |= {person.member_id: person for person in found.people}
    return people


async def around(replica: Replica, message: Queued, people: Mapping[UUID, Person]) -> Around:
    """What this message's letter needs. Raises Unreachable while exchange is away."""
    other = people.get(message.other_id) if message.other_id is not None else None
    return Around(
        name=people[message.member_id].name,
        region=replica.region.name,
        other_name=other.name if other else "",
        other_reach=_reach(other) if other else "",
        favours=await _favours(replica, message),
        words=await _words(replica, message),
    )


async def _favours(replica: Replica, message: Queued) -> tuple[str, ...]:
    if message.template not in _WITH_FAVOURS:
        return ()
    try:
        suggested = await replica.bus.ask(SuggestReturnFavours(member_id=message.member_id), Favours, ITSELF)
    except Rejected:
        # The letter is whole without them.
        return ()
    return tuple(favour.nl for favour in suggested.favours)


async def _words(replica: Replica, message: Queued) -> str:
    if message.template != "thanks":
        return ""
    match_id = UUID(message.facts["match"])
    try:
        found = await replica.bus.ask(GetTexts(ids=(match_id,)), Texts, ITSELF)
    except Rejected:
        return ""
    return found.texts.get(match_id, "").strip()


def _reach(person: Person) -> str:
    ways = [way for way in (person.phone, person.email) if way] if person.shares_contact else []
    if not ways:
        return f"Wilt u {person.name} spreken? Dat kan via uw buurtcoördinator."
    return f"U bereikt {person.name} zo: {' of '.join(ways)}."
