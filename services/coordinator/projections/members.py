"""What members says: who takes part, how much they want to help, and who stands behind them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, assert_never
from uuid import UUID, uuid5

from contracts.households import HouseholdJoined, HouseholdLeft, RepresentationEnded, RepresentationGranted
from contracts.members import (
    AgeBandReached,
    CapacityChanged,
    ChannelChosen,
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
from contracts.vetting import VogRecorded
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class MemberSeen:
    """`decided_at`: when a coordinator approved or declined them. Quiet hours are of the region's clock.

    `guardian_agrees` says something of minors only; `paused_until` is empty for a pause without end.
    """

    member_id: UUID
    number: int
    kind: str
    status: Literal["registered", "approved", "declined", "left", "erased"]
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int
    age_band: str | None
    registered_at: datetime
    guardian_agrees: bool = False
    paused: bool = False
    paused_until: datetime | None = None
    channel: str = "email"
    digest: str = "none"
    quiet_from: int | None = None
    quiet_until: int | None = None
    decided_at: datetime | None = None
    left_at: datetime | None = None
    version: int = 0


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
    | ChannelChosen
    | MemberLeft
    | MemberErased
)


def _member(member: MemberSeen | None, event: MemberEvent, member_id: UUID, at: datetime) -> MemberSeen:
    if isinstance(event, MemberRegistered):
        return MemberSeen(**event.model_dump(), status="registered", registered_at=at)
    assert member is not None
    return replace(member, **_changes(event, at))


def _changes(event: MemberEvent, at: datetime) -> dict[str, Any]:
    match event:
        case MemberApproved():
            return {"status": "approved", "decided_at": at}
        case MemberDeclined():
            return {"status": "declined", "decided_at": at}
        case MemberPaused():
            return {"paused": True, "paused_until": event.until}
        case MemberResumed():
            return {"paused": False, "paused_until": None}
        case GuardianConsentGiven():
            return {"guardian_agrees": True}
        case GuardianConsentWithdrawn():
            return {"guardian_agrees": False}
        case CapacityChanged() | AgeBandReached() | ChannelChosen():
            return event.model_dump(exclude={"member_id"})
        case MemberLeft():
            return {"status": "left", "left_at": at}
        case MemberErased():
            return {"status": "erased"}
        case MemberRegistered():
            return {}
        case _:
            assert_never(event)


MEMBERS = Kind(
    "members_seen",
    MemberSeen,
    {
        e: lambda e: (e.member_id,)
        for e in (
            MemberRegistered,
            MemberApproved,
            MemberDeclined,
            CapacityChanged,
            MemberPaused,
            MemberResumed,
            AgeBandReached,
            GuardianConsentGiven,
            GuardianConsentWithdrawn,
            ChannelChosen,
            MemberLeft,
            MemberErased,
        )
    },
    _member,
)


@dataclass(slots=True)
class HouseholdSeen:
    """One member in one household or organisation, for as long as they belong to it."""

    membership_id: UUID
    member_id: UUID
    household_id: UUID
    belongs: bool
    shares_balance: bool
    may_act: bool
    changed_at: datetime
    version: int = 0


def _household(
    found: HouseholdSeen | None, event: HouseholdJoined | HouseholdLeft, membership_id: UUID, at: datetime
) -> HouseholdSeen:
    if isinstance(event, HouseholdJoined):
        return HouseholdSeen(membership_id, **event.model_dump(), belongs=True, changed_at=at)
    return HouseholdSeen(
        membership_id,
        event.member_id,
        event.household_id,
        belongs=False,
        shares_balance=False,
        may_act=False,
        changed_at=at,
    )


HOUSEHOLDS = Kind(
    "households_seen",
    HouseholdSeen,
    {e: lambda e: (uuid5(e.member_id, str(e.household_id)),) for e in (HouseholdJoined, HouseholdLeft)},
    _household,
)


@dataclass(slots=True)
class RepresentationSeen:
    """Who may ask on behalf of whom, while it `stands`."""

    representation_id: UUID
    member_id: UUID
    representative_id: UUID
    how: str
    stands: bool
    changed_at: datetime
    version: int = 0


def _representation(
    found: RepresentationSeen | None,
    event: RepresentationGranted | RepresentationEnded,
    representation_id: UUID,
    at: datetime,
) -> RepresentationSeen:
    if isinstance(event, RepresentationGranted):
        return RepresentationSeen(**event.model_dump(), stands=True, changed_at=at)
    assert found is not None
    return replace(found, stands=False, changed_at=at)


REPRESENTATIONS = Kind(
    "representations_seen",
    RepresentationSeen,
    {e: lambda e: (e.representation_id,) for e in (RepresentationGranted, RepresentationEnded)},
    _representation,
)


@dataclass(slots=True)
class VogSeen:
    """The newest certificate of a member for one category; `valid_until` is its last day.

    Whether it has lapsed follows from the day it is read on.
    """

    certificate_id: UUID
    vog_id: UUID
    member_id: UUID
    category: str
    valid_until: date
    recorded_at: datetime
    version: int = 0


def _vog(_: VogSeen | None, event: VogRecorded, certificate_id: UUID, at: datetime) -> VogSeen:
    return VogSeen(certificate_id, **event.model_dump(), recorded_at=at)


VOGS = Kind("vogs_seen", VogSeen, {VogRecorded: lambda e: (uuid5(e.member_id, e.category),)}, _vog)
