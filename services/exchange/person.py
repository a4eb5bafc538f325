"""A person as members tells it: folded from its events, never decided here."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.households import HouseholdJoined, HouseholdLeft, RepresentationEnded, RepresentationGranted
from contracts.members import (
    AgeBandReached,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberRegistered,
    MemberResumed,
)
from contracts.policy import AgeBand
from contracts.vetting import VogLapsed, VogRecorded
from services.kernel.entity import Kind, State, replace


@dataclass(slots=True)
class Person:
    """`age_band` is empty where no date of birth was given: then nobody asks for one.

    `paused_until` (UTC) is the end of a pause that has one.
    """

    member_id: UUID
    kind: str
    age_band: str | None
    guardian_agrees: bool = False
    paused: bool = False
    gone: bool = False
    paused_until: datetime | None = None
    version: int = 0

    def pauses_at(self, moment: datetime) -> bool:
        """Whether their pause, as they planned it, covers a moment."""
        return self.paused and (self.paused_until is None or moment <= self.paused_until)

    @property
    def band(self) -> AgeBand | None:
        return AgeBand(self.age_band) if self.age_band is not None else None


type PersonEvent = (
    MemberRegistered
    | AgeBandReached
    | GuardianConsentGiven
    | GuardianConsentWithdrawn
    | MemberPaused
    | MemberResumed
    | MemberLeft
    | MemberErased
)


def evolve(person: Person | None, event: PersonEvent, member_id: UUID, at: datetime) -> Person:
    if isinstance(event, MemberRegistered):
        return Person(member_id, event.kind, event.age_band)
    assert person is not None
    match event:
        case AgeBandReached():
            return replace(person, age_band=event.age_band)
        case GuardianConsentGiven():
            return replace(person, guardian_agrees=True)
        case GuardianConsentWithdrawn():
            return replace(person, guardian_agrees=False)
        case MemberPaused():
            return replace(person, paused=True, paused_until=event.until)
        case MemberResumed():
            return replace(person, paused=False, paused_until=None)
        case MemberLeft() | MemberErased():
            return replace(person, gone=True)
        case _:
            assert_never(event)


PERSON = Kind(
    "persons",
    Person,
    {
        event: lambda e: (e.member_id,)
        for event in (
            MemberRegistered,
            AgeBandReached,
            GuardianConsentGiven,
            GuardianConsentWithdrawn,
            MemberPaused,
            MemberResumed,
            MemberLeft,
            MemberErased,
        )
    },
    evolve,
)


@dataclass(slots=True)
class Vetting:
    """The newest certificate of conduct of someone in one category; `valid_until` is its last day."""

    vetting_id: UUID
    member_id: UUID
    category: str
    vog_id: UUID
    valid_until: date
    lapsed: bool
    version: int = 0


def vetting_id(member_id: UUID, category: str) -> UUID:
    return uuid5(member_id, category)


def vet(vetting: Vetting | None, event: VogRecorded | VogLapsed, key: UUID, at: datetime) -> Vetting:
    if isinstance(event, VogRecorded):
        return Vetting(key, event.member_id, event.category, event.vog_id, event.valid_until, lapsed=False)
    assert vetting is not None
    # An older certificate that ends changes nothing.
    return replace(vetting, lapsed=vetting.lapsed or vetting.vog_id == event.vog_id)


VETTING = Kind(
    "vettings",
    Vetting,
    {event: lambda e: (vetting_id(e.member_id, e.category),) for event in (VogRecorded, VogLapsed)},
    vet,
)


@dataclass(slots=True)
class Acting:
    """Whether someone may act in the name of someone else: a representative, or of a household."""

    acting_id: UUID
    may_act: bool
    version: int = 0


type ActingEvent = RepresentationGranted | RepresentationEnded | HouseholdJoined | HouseholdLeft


def acting_id(for_id: UUID, by_id: UUID) -> UUID:
    return uuid5(for_id, str(by_id))


def _acting(event: ActingEvent) -> tuple[UUID]:
    if isinstance(event, RepresentationGranted | RepresentationEnded):
        return (acting_id(event.member_id, event.representative_id),)
    return (acting_id(event.household_id, event.member_id),)


def act(acting: Acting | None, event: ActingEvent, key: UUID, at: datetime) -> Acting:
    match event:
        case RepresentationGranted():
            return Acting(key, may_act=True)
        case HouseholdJoined():
            return Acting(key, may_act=event.may_act)
        case RepresentationEnded() | HouseholdLeft():
            return Acting(key, may_act=False)
        case _:
            assert_never(event)


ACTING = Kind(
    "acting",
    Acting,
    dict.fromkeys((RepresentationGranted, RepresentationEnded, HouseholdJoined, HouseholdLeft), _acting),
    act,
)


def may_act(state: State, for_id: UUID, by_id: UUID) -> bool:
    """Whether `by_id` may act in the name of `for_id`."""
    acting = state.get(ACTING, acting_id(for_id, by_id))
    return acting is not None and acting.may_act
