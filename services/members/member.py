"""A member: who takes part, and in which circumstances."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.members import (
    AgeBandReached,
    ApproveMember,
    CapacityChanged,
    ChangeCapacity,
    ChannelChosen,
    CircleChanged,
    ContactDetailsChanged,
    DeclineMember,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberApproved,
    MemberDeclined,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberRegistered,
    MemberResumed,
)
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved
from services.kernel.rights import check_area
from services.kernel.service import Context


@dataclass(slots=True)
class Member:
    """`guardian_agrees` counts for minors only; `paused_until` is None for a pause without an end.

    `birth_date_known`: the age band follows from a date of birth in the vault.
    """

    member_id: UUID
    number: int
    status: Literal["registered", "approved", "declined", "left", "erased"]
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int
    kind: str
    age_band: str | None
    guardian_agrees: bool = False
    is_paused: bool = False
    paused_until: datetime | None = None
    household_id: UUID | None = None
    birth_date_known: bool = False
    version: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether this member has left; the erased have left too."""
        return self.status in ("left", "erased")


type MemberEvent = (
    MemberRegistered
    | MemberApproved
    | MemberDeclined
    | CapacityChanged
    | MemberPaused
    | MemberResumed
    | AgeBandReached
    | GuardianConsentGiven
    | GuardianConsentWithdrawn
    | ContactDetailsChanged
    | CircleChanged
    | ChannelChosen
    | HouseholdJoined
    | HouseholdLeft
    | MemberLeft
    | MemberErased
)


def evolve(member: Member | None, event: MemberEvent, member_id: UUID, at: datetime) -> Member:
    if isinstance(event, MemberRegistered):
        return _registered(event)
    assert member is not None
    match event:
        case MemberApproved():
            return replace(member, status="approved")
        case MemberDeclined():
            return replace(member, status="declined")
        case CapacityChanged():
            return replace(
                member,
                capacity_minutes_week=event.capacity_minutes_week,
                carer_minutes_week=event.carer_minutes_week,
            )
        case MemberPaused():
            return replace(member, is_paused=True, paused_until=event.until)
        case MemberResumed():
            return replace(member, is_paused=False, paused_until=None)
        case AgeBandReached():
            return replace(member, age_band=event.age_band)
        case GuardianConsentGiven():
            return replace(member, guardian_agrees=True)
        case GuardianConsentWithdrawn():
            return replace(member, guardian_agrees=False)
        case HouseholdJoined():
            return replace(member, household_id=event.household_id)
        case HouseholdLeft():
            return replace(member, household_id=None)
        case MemberLeft():
            return replace(member, status="left")
        case MemberErased():
            return replace(member, status="erased")
        case ContactDetailsChanged() | CircleChanged() | ChannelChosen():
            # What changed is in the vault, or for others to keep.
            return replace(member)
        case _:
            assert_never(event)


def _registered(event: MemberRegistered) -> Member:
    return Member(
        member_id=event.member_id,
        number=event.number,
        status="registered",
        pc4=event.pc4,
        capacity_minutes_week=event.capacity_minutes_week,
        carer_minutes_week=event.carer_minutes_week,
        kind=event.kind,
        age_band=event.age_band,
        birth_date_known=event.age_band is not None,
    )


MEMBER = Kind(
    "members",
    Member,
    {
        event: lambda e: (e.member_id,)
        for event in (
            MemberRegistered,
            MemberApproved,
            MemberDeclined,
            CapacityChanged,
            MemberPaused,
            MemberResumed,
            AgeBandReached,
            GuardianConsentGiven,
            GuardianConsentWithdrawn,
            ContactDetailsChanged,
            CircleChanged,
            ChannelChosen,
            HouseholdJoined,
            HouseholdLeft,
            MemberLeft,
            MemberErased,
        )
    },
    evolve,
)


def known(state: State, member_id: UUID) -> Member:
    """Someone who registered here, once. Raises Rejected."""
    member = state.get(MEMBER, member_id)
    if member is None:
        raise Rejected(
            "unknown_member",
            "Deze deelnemer kennen wij niet. Kijk het nummer na.",
            "We do not know this participant. Please check the number.",
        )
    return member


def taking_part(state: State, member_id: UUID) -> Member:
    """Someone who registered here and has not left. Raises Rejected."""
    member = known(state, member_id)
    if member.is_gone:
        raise Rejected(
            "left",
            f"Deelnemer {member.number} doet niet meer mee. Laat diegene zich opnieuw aanmelden.",
            f"Participant {member.number} no longer takes part. Let them register again.",
        )
    return member


def changeable(state: State, member_id: UUID, context: Context) -> Member:
    """Someone whom this actor may change: in their area, and not gone. Raises Rejected."""
    check_area(context, known(state, member_id).pc4)
    return taking_part(state, member_id)


def check_person(member: Member) -> None:
    """Go on only with a person: households have no age, certificate or ties. Raises Rejected."""
    if member.kind != "person":
        raise Rejected(
            "not_a_person",
            f"Deelnemer {member.number} is een huishouden of organisatie. Kies een persoon.",
            f"Participant {member.number} is a household or organisation. Please choose a person.",
        )


def approve(command: ApproveMember, context: Context, state: State) -> list[Event]:
    check_uninvolved(context.actor, (command.member_id,))
    member = changeable(state, command.member_id, context)
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
            carer_minutes_week=member.carer_minutes_week,
            kind=member.kind,
        )
    ]


def decline(command: DeclineMember, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if member.status != "registered":
        raise Rejected(
            "already_decided",
            f"Over deelnemer {member.number} is al besloten. Bespreek het met een collega.",
            f"Participant {member.number} was already decided on. Please discuss it with a colleague.",
            status=member.status,
        )
    return [MemberDeclined(member_id=member.member_id)]


def change_capacity(command: ChangeCapacity, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if command.capacity_minutes_week is None and command.carer_minutes_week is None:
        raise Rejected(
            "nothing_to_change",
            "U heeft niets ingevuld. Vul in hoeveel tijd deze deelnemer heeft.",
            "You filled in nothing. Please fill in how much time this participant has.",
        )
    capacity, carer = command.capacity_minutes_week, command.carer_minutes_week
    wanted = (
        member.capacity_minutes_week if capacity is None else capacity,
        member.carer_minutes_week if carer is None else carer,
    )
    if wanted == (member.capacity_minutes_week, member.carer_minutes_week):
        return []
    return [
        CapacityChanged(
            member_id=member.member_id, capacity_minutes_week=wanted[0], carer_minutes_week=wanted[1]
        )
    ]
