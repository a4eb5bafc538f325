"""Ways a message reaches someone. Each is a class of one shape in a module of its own:

    async with Email(region) as channel:
        outcome = await channel.carry(parcel)

`email` hands it to the mail server, `sms` to a gateway, `paper` to a person.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, Self
from uuid import UUID

from contracts.members import Channel, Person
from services.kernel.settings import Region
from services.notifications.templates import Letter

type Outcome = Literal["sent", "handed_over", "refused", "later"]
"""What became of a parcel. `refused` is final; `later`: not now, but perhaps after a while."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter to one person. The same `message_id` every time it is tried."""

    message_id: UUID
    person: Person
    letter: Letter


class Away(Exception):
    """The server does not answer, or does not know us: no fault of what it was to carry."""


class Carrier(Protocol):
    """What every channel can do. Entering and `carry` raise Away."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *why: object) -> None: ...

    async def carry(self, parcel: Parcel) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Route:
    """By which channel someone is reached, and why not as they chose. `channel` None: in no way."""

    channel: Channel | None
    reason: str | None = None


def route(person: Person, chosen: Channel, region: Region) -> Route:
    """How to reach this person: as they chose where that can be, else through a person."""
    missing = _missing(person, chosen, region)
    if missing is None:
        return Route(chosen)
    if _missing(person, "letter", region) is None:
        return Route("letter", missing)
    if _missing(person, "phone", region) is None:
        return Route("phone", missing)
    return Route(None, "no_address")


def _missing(person: Person, channel: Channel, region: Region) -> str | None:
    """Why this person cannot be reached by a channel; None when they can."""
    match channel:
        case "email":
            return None if person.email else "no_email"
        case "sms" if not region.sms.url:
            return "no_gateway"
        case "sms" | "phone":
            return None if person.phone else "no_phone"
        case "letter":
            return None if person.street else "no_address"
