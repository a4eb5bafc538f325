"""What a letter needs and nobody here keeps: names, ways of contact, kind words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Actor, Role
from contracts.exchange import GetMatch, GetTexts, Match, Texts
from contracts.initiatives import GetInitiatives, Initiatives
from contracts.members import GetPeople, People, Person
from contracts.proposals import Favours, SuggestReturnFavours
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica
from services.notifications.contact import pair_id
from services.notifications.templates import Around

ITSELF = Actor(role=Role.SERVICE, name="notifications")
MOST_PEOPLE = 500
"""As many as one `GetPeople` may name."""

_ASK_BACK = frozenset({"draft-waits", "balance-owed"})
"""Letters that ask to do something small, and say what it might be."""

_AFTER_HELP = frozenset({"hours-booked-asker", "help-recorded"})
"""To who was helped these do so as far as the initiative asks something in return."""


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

    @property
    def match_id(self) -> UUID | None:
        """The match it is about, where its letter needs to know more of that."""
        return UUID(self.facts["match"]) if "match" in self.facts else None

    @property
    def asks_exchange(self) -> bool:
        """Whether its letter cannot be written while exchange is away."""
        return self.template in _ASK_BACK or self.match_id is not None


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


async def around(replica: Replica, message: Queued, people: Mapping[UUID, Person], at: datetime) -> Around:
    """What this message's letter needs when it is written, at `at`. Raises Unreachable without exchange."""
    other = people.get(message.other_id) if message.other_id and await _may_name(replica, message) else None
    asks_back = await _asks_back(replica, message)
    return Around(
        name=people[message.member_id].name,
        region=replica.region.name,
        at=at,
        phone=replica.region.phone,
        other_name=other.name if other else "",
        other_reach=_reach(other) if other else "",
        asks_back=asks_back,
        favours=await _favours(replica, message) if asks_back else (),
        words=await _words(replica, message),
    )


async def _may_name(replica: Replica, message: Queued) -> bool:
    """Whether something still runs between these two. Who says thanks is named after it."""
    if message.template == "thanks":
        return True
    assert message.other_id is not None
    running = await replica.pool.fetchval(
        "SELECT match_ids <> '{}' FROM contacts WHERE pair_id = $1",
        pair_id(message.member_id, message.other_id),
    )
    return bool(running)


async def _asks_back(replica: Replica, message: Queued) -> bool:
    """Whether this letter may ask something in return: by the rules of the initiative as they are now."""
    if message.template in _ASK_BACK:
        return True
    if message.template not in _AFTER_HELP or message.match_id is None:
        return False
    try:
        match = await replica.bus.ask(GetMatch(match_id=message.match_id), Match, ITSELF)
        known = await replica.bus.ask(GetInitiatives(), Initiatives, ITSELF)
    except Rejected:
        # Rather ask nothing than ask it of who need not give back.
        return False
    return any(
        one.policy.reciprocity != "gift"
        for one in known.initiatives
        if one.initiative_id == match.initiative_id
    )


async def _favours(replica: Replica, message: Queued) -> tuple[str, ...]:
    try:
        suggested = await replica.bus.ask(SuggestReturnFavours(member_id=message.member_id), Favours, ITSELF)
    except Rejected:
        # The letter is whole without them.
        return ()
    return tuple(favour.nl for favour in suggested.favours)


async def _words(replica: Replica, message: Queued) -> str:
    match_id = message.match_id
    if message.template != "thanks" or match_id is None:
        return ""
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
