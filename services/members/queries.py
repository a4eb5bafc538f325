"""What members answers about people, to those who may know them."""

from typing import Any
from uuid import UUID

import orjson

from contracts.envelope import Actor, Role
from contracts.members import (
    Contacts,
    GetContacts,
    GetPeople,
    People,
    Person,
)
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed

PEOPLE = (
    "SELECT m.member_id, m.number, m.pc4, v.data FROM members m "
    "JOIN vault v ON v.entity_id = m.member_id AND v.entity = 'member' "
    # Without a name: what a restore could not bring back, and is not asked again yet.
    "WHERE m.status <> 'erased' AND v.data ->> 'name' IS NOT NULL"
)
"""Everyone who is somebody; a row is read by `person`."""


async def _people(replica: Replica, ids: tuple[UUID, ...]) -> tuple[Person, ...]:
    rows = await replica.pool.fetch(f"{PEOPLE} AND m.member_id = ANY($1)", list(ids))
    return tuple(person(row) for row in rows)


def person(row: Any) -> Person:
    """A row of PEOPLE."""
    data = orjson.loads(row["data"])
    return Person(member_id=row["member_id"], number=row["number"], pc4=row["pc4"], **data)


async def get_people(replica: Replica, query: GetPeople, actor: Actor) -> People:
    deed("people_read", actor=actor, object=[str(i) for i in query.member_ids], origin="bus")
    return People(people=await _people(replica, query.member_ids))


async def get_contacts(replica: Replica, query: GetContacts, actor: Actor) -> Contacts:
    """The other party of a confirmed match. A coordinator sees both."""
    row = await replica.pool.fetchrow(
        "SELECT helper_id, asker_id FROM contacts WHERE contact_id = $1 AND is_open", query.contact_id
    )
    parties = (row["helper_id"], row["asker_id"]) if row is not None else ()
    if not parties or (actor.role is Role.MEMBER and actor.member_id not in parties):
        raise Rejected(
            "no_contact",
            "Er is nu geen koppeling waarbij u deze gegevens mag zien. Bel uw buurtcoördinator.",
            "There is no match now for which you may see these details. Call your coordinator.",
        )
    others = tuple(i for i in parties if i != actor.member_id)
    deed("contact_read", actor=actor, object=str(query.contact_id), origin="bus")
    people = await _people(replica, others)
    if actor.role is Role.MEMBER:
        people = tuple(person if person.shares_contact else _through_coordinator(person) for person in people)
    return Contacts(others=people)


def _through_coordinator(person: Person) -> Person:
    hidden = {"email": None, "phone": None, "street": None, "house_number": None}
    return person.model_copy(update=hidden)
