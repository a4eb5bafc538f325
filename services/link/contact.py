"""How to reach someone of the other region: asked live, sealed, never stored on either side.

Exchange says whether this peer may know, and about whom: only when both people have agreed.
"""

from uuid import UUID

from contracts.envelope import Actor, Role
from contracts.link import AskContact, PeerContact
from contracts.loans import GetLoanPerson, LoanPerson
from contracts.members import GetPeople, People
from contracts.network import Contact, GetContact
from services.kernel.errors import NotLeading, Rejected, Unreachable
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed
from services.link.office import Office
from services.link.seal import Refused

SELF = Actor(role=Role.SERVICE, name="link")


async def contact_of(replica: Replica, peer: str, thread_id: UUID) -> Contact:
    """What this peer may know of our person in this matter; every look is logged."""
    deed("contact_asked", actor=f"region:{peer}", object=str(thread_id), origin="network")
    try:
        allowed = await replica.bus.ask(GetLoanPerson(peer=peer, thread_id=thread_id), LoanPerson, SELF)
    except Rejected as no:
        return Contact(refused=no.refusal.code)
    found = await replica.bus.ask(GetPeople(member_ids=(allowed.member_id,)), People, SELF)
    for person in found.people:
        # Who keeps what they have to themselves is called by their coordinator.
        phone, email = (person.phone, person.email) if person.shares_contact else (None, None)
        return Contact(name=person.name, phone=phone, email=email)
    return Contact(refused="gone")


async def ask_contact(office: Office | None, query: AskContact, actor: Actor) -> PeerContact:
    """Ask the other region. Raises Rejected for a no, and Unreachable while it is away."""
    if office is None:
        raise NotLeading
    try:
        answer = await office.ask(query.peer, GetContact(thread_id=query.thread_id), Contact)
    except Refused:
        raise Unreachable(query.peer) from None
    if answer.refused is not None:
        raise Rejected(
            "contact_not_given",
            "De andere regio geeft deze gegevens niet. Vraag of beide mensen al ja hebben gezegd.",
            "The other region does not give these details. Ask whether both people have agreed yet.",
        )
    return PeerContact(name=answer.name, phone=answer.phone, email=answer.email)
