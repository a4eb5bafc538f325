"""Where someone lives, as exchange admitted them: for rights that are bound to areas."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.crossings import (
    SETTLED,
)
from contracts.ledger import OPENING, POOL, REGION, SUSPENSE, WRITTEN_OFF
from contracts.participants import ParticipantAdmitted
from services.kernel.entity import Kind, State
from services.kernel.rights import check_area, check_whole_region
from services.kernel.service import Context

_NOWHERE = frozenset({POOL, SUSPENSE, OPENING, REGION, WRITTEN_OFF, SETTLED})


@dataclass(slots=True)
class Place:
    member_id: UUID
    pc4: str
    version: int = 0


def evolve(_: Place | None, event: ParticipantAdmitted, member_id: UUID, at: datetime) -> Place:
    return Place(member_id, event.pc4)


PLACE = Kind("places", Place, {ParticipantAdmitted: lambda e: (e.participant_id,)}, evolve)


def check_place(state: State, context: Context, *member_ids: UUID) -> None:
    """Go on only when this actor's rights hold where the first of these lives. Raises Rejected.

    The region's own accounts live nowhere: then the next one counts. What is about those alone is
    for who works in the whole region.
    """
    if not context.actor.areas:
        return
    places = (state.get(PLACE, member_id) for member_id in member_ids)
    first = next((place for place in places if place is not None), None)
    if first is not None:
        check_area(context, first.pc4)
    elif _NOWHERE.issuperset(member_ids):
        check_whole_region(context)
