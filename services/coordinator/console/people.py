"""Names, asked for at the moment of showing and kept nowhere; and how a request is referred to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import Actor
from contracts.members import Channel, GetPeople, People, Person
from services.coordinator.desk import Desk
from services.kernel import geography
from services.kernel.errors import Rejected, Transient
from services.kernel.reach import route
from services.kernel.settings import Region

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Names:
    """People by id, for one page. While members is away everyone is 'deelnemer 1042'."""

    people: dict[UUID, Person]
    numbers: dict[UUID, int]
    ways: dict[UUID, Channel | None]
    """How a message reaches each of the people; None: in no way."""

    def of(self, member_id: UUID) -> str:
        """As in the middle of a sentence."""
        person = self.people.get(member_id)
        return person.name if person else number_label(self.numbers.get(member_id)).lower()

    def first(self, member_id: UUID) -> str:
        """As the first word of a sentence."""
        name = self.of(member_id)
        return name[:1].upper() + name[1:]

    def way(self, member_id: UUID) -> Channel | None:
        """How a message to them goes; by e-mail, as to most, while members is away."""
        return self.ways.get(member_id, "email")


async def names(desk: Desk, actor: Actor, member_ids: Iterable[UUID]) -> Names:
    """Who these people are, as far as this coordinator may know and members answers."""
    wanted = tuple(dict.fromkeys(member_ids))[:_AT_ONCE]
    if not wanted:
        return Names({}, {}, {})
    rows = await desk.fetch(
        "SELECT member_id, number, channel FROM members_seen WHERE member_id = ANY($1)", wanted
    )
    try:
        found = (await desk.ask(GetPeople(member_ids=wanted), People, actor)).people
    except (Transient, Rejected):
        found = ()
    chosen = {row["member_id"]: row["channel"] for row in rows}
    return Names(
        {p.member_id: p for p in found},
        {row["member_id"]: row["number"] for row in rows},
        {p.member_id: route(p, chosen.get(p.member_id, "email"), desk.region).channel for p in found},
    )


def coordinators(region: Region) -> tuple[tuple[str, str], ...]:
    """The coordinators of the region, as a choice: the id of their key, and what they are called."""
    return tuple((key.id, key.label or key.id) for key in region.keys if key.role == "coordinator")


def coordinator_label(region: Region, name: str) -> str:
    """What a coordinator is called."""
    return dict(coordinators(region)).get(name, name)


def number_label(number: int | None) -> str:
    """How people refer to a member."""
    return f"Deelnemer {number}" if number is not None else "Een deelnemer"


def request_label(request_id: UUID) -> str:
    """How people refer to a request: six digits of its id, to say on the telephone."""
    return f"Hulpvraag {request_id.int % 1_000_000:06}"


def match_label(match_id: UUID) -> str:
    """How people refer to a match."""
    return f"Koppeling {match_id.int % 1_000_000:06}"


def place(pc4: str) -> str:
    """Where someone lives, as near as it is shown."""
    return f"{geography.place(pc4)}, {pc4}" if geography.known(pc4) else pc4


def region_label(peer: str) -> str:
    """What another region is called, as the first word of a sentence.

    >>> region_label("bergen-op-zoom")
    'Bergen op Zoom'
    """
    small = {"op", "aan", "de", "den", "het", "en", "bij", "in"}
    words = [word if n and word in small else word.capitalize() for n, word in enumerate(peer.split("-"))]
    return " ".join(words)
