"""How to reach the other person of help between regions: asked of their region now, and kept nowhere."""

from uuid import UUID

from contracts.envelope import Actor
from contracts.link import AskContact, PeerContact
from services.coordinator.api.reading import unknown
from services.coordinator.desk import Desk
from services.coordinator.projections.regions import OWN_PLACE
from services.kernel.errors import Rejected
from services.kernel.rights import check_actor_area
from services.kernel.telemetry import deed

_LOAN = f"SELECT peer, thread_id, {OWN_PLACE} AS place FROM loans_seen WHERE loan_id = $1"


async def ask_contact(desk: Desk, actor: Actor, loan_id: UUID, *, origin: str) -> PeerContact:
    """Ask it for a coordinator of the area of the own person; every look is logged.

    Whether both people agreed is for the other region's exchange to say. Raises Rejected, also of what
    they refuse, and Unreachable while that region is away.
    """
    row = await desk.row(_LOAN, loan_id)
    if row is None:
        raise unknown("unknown_loan", "Deze hulp tussen regio's", "help between regions")
    if row["place"] is not None:
        check_actor_area(actor, row["place"])
    try:
        found = await desk.ask(AskContact(peer=row["peer"], thread_id=row["thread_id"]), PeerContact, actor)
    except Rejected as no:
        deed("contact_read", actor=actor, object=str(loan_id), result=no.refusal.code, origin=origin)
        raise
    deed("contact_read", actor=actor, object=str(loan_id), origin=origin)
    return found
