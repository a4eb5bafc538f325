"""A representation: someone may ask on behalf of a member who agreed, until it ends or one of them leaves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.households import (
    EndRepresentation,
    GrantRepresentation,
    RepresentationEnded,
    RepresentationGranted,
)
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.members.member import changeable, taking_part

type RepresentationEvent = RepresentationGranted | RepresentationEnded


@dataclass(slots=True)
class Representation:
    representation_id: UUID
    member_id: UUID
    representative_id: UUID
    is_standing: bool
    version: int = 0


def evolve(
    representation: Representation | None, event: RepresentationEvent, representation_id: UUID, at: datetime
) -> Representation:
    if isinstance(event, RepresentationGranted):
        return Representation(representation_id, event.member_id, event.representative_id, is_standing=True)
    assert representation is not None
    return replace(representation, is_standing=False)


REPRESENTATION = Kind(
    "representations",
    Representation,
    {e: lambda e: (e.representation_id,) for e in (RepresentationGranted, RepresentationEnded)},
    evolve,
)


@dataclass(slots=True)
class Representing:
    """What stands now in which this member has a part: as who is asked for, or as who asks."""

    member_id: UUID
    representation_ids: tuple[UUID, ...] = ()
    version: int = 0


def keep_standing(
    before: Representing | None, event: RepresentationEvent, member_id: UUID, at: datetime
) -> Representing:
    representing = before or Representing(member_id)
    others = tuple(one for one in representing.representation_ids if one != event.representation_id)
    granted = isinstance(event, RepresentationGranted)
    return replace(representing, representation_ids=(*others, event.representation_id) if granted else others)


REPRESENTING = Kind(
    "representing",
    Representing,
    {e: lambda e: (e.member_id, e.representative_id) for e in (RepresentationGranted, RepresentationEnded)},
    keep_standing,
)


def grant(command: GrantRepresentation, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if command.representative_id == command.member_id:
        raise Rejected(
            "represents_oneself",
            "Iemand kan niet namens zichzelf vragen. Kies een andere deelnemer.",
            "Nobody can ask on behalf of themselves. Please choose another participant.",
        )
    representative = taking_part(state, command.representative_id)
    if _standing(state, member.member_id, representative.member_id) is not None:
        return []
    return [
        RepresentationGranted(
            representation_id=context.command_id,
            member_id=member.member_id,
            representative_id=representative.member_id,
            how=command.how,
        )
    ]


def end(command: EndRepresentation, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    standing = _standing(state, member.member_id, command.representative_id)
    return [_ended(standing)] if standing is not None else []


def all_ended(state: State, member_id: UUID) -> list[Event]:
    """Whoever leaves asks for nobody any more, and nobody asks for them."""
    return [_ended(representation) for representation in _parts(state, member_id)]


def _ended(representation: Representation) -> RepresentationEnded:
    return RepresentationEnded(
        representation_id=representation.representation_id,
        member_id=representation.member_id,
        representative_id=representation.representative_id,
    )


def _standing(state: State, member_id: UUID, representative_id: UUID) -> Representation | None:
    """The one that stands between these two, if any: each time it is granted is a new one."""
    parts = _parts(state, member_id)
    pair = (member_id, representative_id)
    return next((one for one in parts if (one.member_id, one.representative_id) == pair), None)


def _parts(state: State, member_id: UUID) -> list[Representation]:
    """What stands now in which this member has a part."""
    representing = state.get(REPRESENTING, member_id)
    found = []
    for representation_id in representing.representation_ids if representing is not None else ():
        representation = state.get(REPRESENTATION, representation_id)
        assert representation is not None
        found.append(representation)
    return found
