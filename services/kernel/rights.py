"""Rights that depend on where something is: coordinators may be bound to areas."""

from contracts.envelope import Actor
from services.kernel.errors import Rejected
from services.kernel.service import Context


def check_whole_region(context: Context) -> None:
    """Go on only with who has rights in the whole region, for what holds there. Raises Rejected."""
    if context.actor.areas:
        raise Rejected(
            "whole_region",
            "Dit geldt voor de hele regio. Vraag een coördinator van de hele regio, of een beheerder.",
            "This holds for the whole region. Ask a coordinator of the whole region, or an operator.",
        )


def check_area(context: Context, pc4: str) -> None:
    """Go on only when the actor's rights hold in this postcode area. Raises Rejected."""
    check_actor_area(context.actor, pc4)


def check_actor_area(actor: Actor, pc4: str) -> None:
    """As `check_area`, for who reads. Raises Rejected."""
    if not actor.may_in(pc4):
        raise Rejected(
            "other_area",
            "Dit is buiten uw gebied. Vraag de coördinator van dat gebied, of laat u als vervanger "
            "aanwijzen.",
            "This is outside your area. Ask the coordinator of that area, or be named as their deputy.",
            pc4=pc4,
        )
