"""How a message reaches someone: as they chose, where that can be. Who sends it and who tells so agree."""

from dataclasses import dataclass

from contracts.members import Channel, Person
from services.kernel.settings import Region


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
