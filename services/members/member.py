"""A member: registered, then approved or declined by a coordinator."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.members import (
    ApproveMember,
    CapacityChanged,
    ChangeCapacity,
    DeclineMember,
    MemberApproved,
    MemberDeclined,
    MemberRegistered,
    RegisterMember,
)
from services.kernel import geography
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context

FIRST_NUMBER = 1001
THE_NUMBERING = UUID(int=1)


@dataclass(slots=True)
class Member:
    member_id: UUID
    number: int
    status: Literal["registered", "approved", "declined"]
    pc4: str
    capacity_minutes_week: int
    version: int = 0


type MemberEvent = MemberRegistered | MemberApproved | MemberDeclined | CapacityChanged


def evolve(member: Member | None, event: MemberEvent, member_id: UUID, at: datetime) -> Member:
    if isinstance(event, MemberRegistered):
        return Member(member_id, event.number, "registered", event.pc4, event.capacity_minutes_week)
    assert member is not None
    match event:
        case MemberApproved():
            return replace(member, status="approved")
        case MemberDeclined():
            return replace(member, status="declined")
        case CapacityChanged():
            return replace(member, capacity_minutes_week=event.capacity_minutes_week)
        case _:
            assert_never(event)


MEMBER = Kind(
    "members",
    Member,
    {
        event: lambda e: (e.member_id,)
        for event in (MemberRegistered, MemberApproved, MemberDeclined, CapacityChanged)
    },
    evolve,
)


@dataclass(slots=True)
class Numbering:
    """The last member number given out: what people see instead of an id."""

    numbering_id: UUID
    last_number: int
    version: int = 0


def count(
    numbering: Numbering | None, event: MemberRegistered, numbering_id: UUID, at: datetime
) -> Numbering:
    return Numbering(numbering_id, event.number)


NUMBERING = Kind("numbering", Numbering, {MemberRegistered: lambda _: (THE_NUMBERING,)}, count)


def register(command: RegisterMember, context: Context, state: State) -> list[Event]:
    if not geography.known(command.pc4):
        raise Rejected(
            "unknown_postcode",
            "Deze postcode kennen wij niet. Kijk de vier cijfers na.",
            "We do not know this postcode. Please check the four digits.",
        )
    numbering = state.get(NUMBERING, THE_NUMBERING)
    number = numbering.last_number + 1 if numbering else FIRST_NUMBER
    return [
        MemberRegistered(
            member_id=context.command_id,
            number=number,
            pc4=command.pc4,
            capacity_minutes_week=command.capacity_minutes_week,
        )
    ]


def approve(command: ApproveMember, context: Context, state: State) -> list[Event]:
    member = _known(state, command.member_id)
    if member.status != "registered":
        raise Rejected(
            "already_decided",
            f"Over deelnemer {member.number} is al besloten. U hoeft niets te doen.",
            f"Participant {member.number} was already decided on. You need not do anything.",
            status=member.status,
        )
    return [
        MemberApproved(
            member_id=member.member_id,
            number=member.number,
            pc4=member.pc4,
            capacity_minutes_week=member.capacity_minutes_week,
        )
    ]


def decline(command: DeclineMember, context: Context, state: State) -> list[Event]:
    member = _known(state, command.member_id)
    if member.status != "registered":
        raise Rejected(
            "already_decided",
            f"Over deelnemer {member.number} is al besloten. Bespreek het met een collega.",
            f"Participant {member.number} was already decided on. Please discuss it with a colleague.",
            status=member.status,
        )
    return [MemberDeclined(member_id=member.member_id)]


def change_capacity(command: ChangeCapacity, context: Context, state: State) -> list[Event]:
    member = _known(state, command.member_id)
    if member.capacity_minutes_week == command.capacity_minutes_week:
        return []
    return [CapacityChanged(member_id=member.member_id, capacity_minutes_week=command.capacity_minutes_week)]


def _known(state: State, member_id: UUID) -> Member:
    member = state.get(MEMBER, member_id)
    if member is None:
        raise Rejected(
            "unknown_member",
            "Deze deelnemer kennen wij niet. Kijk het nummer na.",
            "We do not know this participant. Please check the number.",
        )
    return member
