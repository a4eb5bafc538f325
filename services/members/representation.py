"""A representation: someone may ask on behalf of a member, who agreed to it, until it is ended."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.households import (
    EndRepresentation,
    GrantRepresentation,
    RepresentationEnded,
    RepresentationGranted,
)
from services.kernel.entity import Kind, State
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
    """Which representation of these two stands now, if any: each time it is granted is a new one."""

    pair_id: UUID
    representation_id: UUID | None
    version: int = 0


def pair_id(member_id: UUID, representative_id: UUID) -> UUID:
    return uuid5(member_id, str(representative_id))


def keep_standing(
    representing: Representing | None, event: RepresentationEvent, pair_id: UUID, at: datetime
) -> Representing:
    granted = isinstance(event, RepresentationGranted)
    return Representing(pair_id, event.representation_id if granted else None)


REPRESENTING = Kind(
    "representing",
    Representing,
    {
        e: lambda e: (pair_id(e.member_id, e.representative_id),)
        for e in (RepresentationGranted, RepresentationEnded)
    },
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
    if standing is None:
        return []
    return [
        RepresentationEnded(
            representation_id=standing,
            member_id=member.member_id,
            representative_id=command.representative_id,
        )
    ]


def _standing(state: State, member_id: UUID, representative_id: UUID) -> UUID | None:
    representing = state.get(REPRESENTING, pair_id(member_id, representative_id))
    return representing.representation_id if representing is not None else None
