"""A contact: two people who may know each other's name and number, for as long as a match of them runs.

As members has it (services/members/contact.py). A letter that is written later, or printed a second
time, then names nobody any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.exchange import MatchCompleted, MatchConfirmed, MatchFellThrough, PeopleParted
from services.kernel.entity import Kind


@dataclass(slots=True)
class Contact:
    """`match_ids`: what runs between the two, whichever of them helps."""

    pair_id: UUID
    match_ids: tuple[UUID, ...]
    version: int = 0


def pair_id(one_id: UUID, other_id: UUID) -> UUID:
    """The same for two people whichever is named first."""
    low, high = sorted((one_id, other_id))
    return uuid5(low, str(high))


type ContactEvent = MatchConfirmed | MatchCompleted | MatchFellThrough | PeopleParted


def evolve(contact: Contact | None, event: ContactEvent, key: UUID, at: datetime) -> Contact:
    running = contact.match_ids if contact is not None else ()
    match event:
        case MatchConfirmed():
            return Contact(key, (*running, event.match_id))
        case MatchCompleted() | MatchFellThrough() | PeopleParted():
            return Contact(key, tuple(one for one in running if one != event.match_id))
        case _:
            assert_never(event)


CONTACT = Kind(
    "contacts",
    Contact,
    {
        event: lambda e: (pair_id(e.helper_id, e.asker_id),)
        for event in (MatchConfirmed, MatchCompleted, MatchFellThrough, PeopleParted)
    },
    evolve,
)
