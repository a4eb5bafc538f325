"""What members says: who takes part, and how much they want to help."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.members import CapacityChanged, MemberApproved, MemberDeclined, MemberRegistered
from services.kernel.entity import Kind


@dataclass(slots=True)
class MemberSeen:
    """`decided_at`: when a coordinator approved or declined them."""

    member_id: UUID
    number: int
    status: Literal["registered", "approved", "declined"]
    pc4: str
    capacity_minutes_week: int
    registered_at: datetime
    decided_at: datetime | None = None
    version: int = 0


def _member(
    member: MemberSeen | None,
    event: MemberRegistered | MemberApproved | MemberDeclined | CapacityChanged,
    member_id: UUID,
    at: datetime,
) -> MemberSeen:
    if isinstance(event, MemberRegistered):
        return MemberSeen(member_id, event.number, "registered", event.pc4, event.capacity_minutes_week, at)
    assert member is not None
    match event:
        case MemberApproved():
            return replace(member, status="approved", decided_at=at)
        case MemberDeclined():
            return replace(member, status="declined", decided_at=at)
        case CapacityChanged():
            return replace(member, capacity_minutes_week=event.capacity_minutes_week)
        case _:
            assert_never(event)


MEMBERS = Kind(
    "members_seen",
    MemberSeen,
    {
        e: lambda e: (e.member_id,)
        for e in (MemberRegistered, MemberApproved, MemberDeclined, CapacityChanged)
    },
    _member,
)
