"""Rights that depend on where something is: coordinators may be bound to areas."""

from services.kernel.errors import Rejected
from services.kernel.service import Context


def check_area(context: Context, pc4: str) -> None:
    """Go on only when the actor's rights hold in this postcode area. Raises Rejected."""
    if not context.actor.may_in(pc4):
        raise Rejected(
            "other_area",
            "Dit is buiten uw gebied. Vraag de coördinator van dat gebied, of laat u als vervanger "
            "aanwijzen.",
            "This is outside your area. Ask the coordinator of that area, or be named as their deputy.",
            pc4=pc4,
        )
