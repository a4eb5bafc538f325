"""Members: who takes part, whether they are approved, how to reach them, who is too close."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, EmailStr, Field

from contracts import households, vetting
from contracts.categories import Intimacy
from contracts.common import HowGiven, Pc4, Settle, WeekMinutes
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Line, clean
from contracts.policy import AgeBand

SERVICE = "members"
FOLLOWS = ("exchange",)
ASKS: tuple[str, ...] = ()

HouseNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[A-Za-z0-9 -]{0,6}$"), AfterValidator(clean)]
"""As people write it: 12, 12A, 12 bis, 12-3."""

Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{8,16}$"), AfterValidator(clean)]
"""As people write it. Nine bare digits are no Dutch number, but may be a BSN: those are refused."""

Email = Annotated[EmailStr, AfterValidator(clean)]


MemberKind = Literal["person", "household", "organisation"]
Channel = Literal["email", "sms", "letter", "phone"]
Digest = Literal["none", "daily", "weekly"]
BirthDate = Annotated[date, Field(ge=date(1900, 1, 1))]


# Events


class MemberRegistered(Event):
    """Someone signed up. `number` is what people see: deelnemer 1042.

    `age_band` where a date of birth was given. `carer_minutes_week`: an informal carer's own load.
    """

    ENTITY: ClassVar[str] = "member"
    FIRST: ClassVar[bool] = True
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int = 0
    kind: str = "person"
    age_band: AgeBand | None = None


class MemberApproved(Event):
    """A coordinator let this member take part."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int = 0
    kind: str = "person"


class MemberDeclined(Event):
    """A coordinator decided that this member does not take part (for now)."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class CapacityChanged(Event):
    """The member can care more or less in a week; `carer_minutes_week` of it is for their own."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    capacity_minutes_week: int
    carer_minutes_week: int = 0


class MemberPaused(Event):
    """This member does not help for a while; no reason is asked. Planned visits need someone else."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    until: datetime | None = None


class MemberResumed(Event):
    """This member helps again."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class AgeBandReached(Event):
    """A birthday brought this member into another band, or a coordinator noted which it is."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    age_band: AgeBand


class GuardianConsentGiven(Event):
    """A parent or guardian agreed that this minor takes part. Who is in the vault."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    how: HowGiven


class GuardianConsentWithdrawn(Event):
    """A parent or guardian no longer agrees."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class ContactDetailsChanged(Event):
    """Name, address or ways of contact changed; the new ones are in the vault."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class CircleChanged(Event):
    """This member named, or no longer names, someone as near or better apart. Who is in the vault."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class ChannelChosen(Event):
    """How and when this member wants to hear from us. Quiet hours are of the region's clock."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    channel: Channel
    digest: Digest = "none"
    quiet_from: int | None = None
    quiet_until: int | None = None


class MemberLeft(Event):
    """This member no longer takes part. Everything that runs is ended, the account settled.

    `settle`: what happens to the balance (to the pool, to someone they named, or written off).
    """

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    settle: Settle
    beneficiary_id: UUID | None = None


class MemberErased(Event):
    """Everything that can identify or describe this member is gone from every vault."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class ContactOpened(Event):
    """These two may see how to reach each other, because their match is confirmed."""

    ENTITY: ClassVar[str] = "contact"
    FIRST: ClassVar[bool] = True
    contact_id: UUID
    helper_id: UUID
    asker_id: UUID


class ContactClosed(Event):
    """The match is over: they no longer see each other's details here."""

    ENTITY: ClassVar[str] = "contact"
    contact_id: UUID


EVENTS: tuple[type[Event], ...] = (
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
    *households.EVENTS,
    *vetting.EVENTS,
    MemberLeft,
    MemberErased,
    ContactOpened,
    ContactClosed,
)


# Commands


def _tie(member_id: UUID, other_id: UUID, tie: str) -> VaultEntry:
    """How one person stands to another. What is said later about the same two replaces it."""
    return VaultEntry("tie", uuid5(member_id, str(other_id)), member_id, {"tie": tie}, other_id)


class RegisterMember(Command):
    """Sign someone up. The new member's id is the command's id.

    `circle` lists members who are relatives, friends or direct neighbours.
    `shares_contact`: may be reached directly by whom they are matched with. `born_on` stays in
    the vault. A household or organisation is registered like a person, and then has members.
    """

    name: Annotated[Line, Field(min_length=1)]
    kind: MemberKind = "person"
    born_on: BirthDate | None = None
    email: Email | None = None
    phone: Phone | None = None
    street: Annotated[Line, Field(min_length=1)]
    house_number: HouseNumber
    pc4: Pc4
    capacity_minutes_week: WeekMinutes = 0
    carer_minutes_week: WeekMinutes = 0
    circle: tuple[UUID, ...] = Field(default=(), max_length=100)
    shares_contact: bool = True

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        told = {"pc4", "kind", "capacity_minutes_week", "carer_minutes_week", "circle"}
        personal = self.model_dump(mode="json", exclude=told)
        ties = (_tie(command_id, other_id, "near") for other_id in self.circle)
        return (VaultEntry("member", command_id, command_id, personal), *ties)


class RegisterReferred(RegisterMember):
    """A social team signs someone up together with their referral. A coordinator lets them take part."""


class ApproveMember(Command):
    """Let a registered member take part."""

    member_id: UUID


class DeclineMember(Command):
    """Do not let a registered member take part."""

    member_id: UUID


class ChangeCapacity(Command):
    """Change how much a member can care in a week, and how much of it is for their own.

    What is left out stays as it is.
    """

    member_id: UUID
    capacity_minutes_week: WeekMinutes | None = None
    carer_minutes_week: WeekMinutes | None = None


class PauseHelping(Command):
    """Do not help for a while, until the end of a day or until further notice."""

    member_id: UUID
    until: date | None = None


class ResumeHelping(Command):
    member_id: UUID


class NoteAgeBand(Command):
    """How old someone is whose date of birth we do not have, as coarse as the rules need it."""

    member_id: UUID
    age_band: AgeBand


class GiveGuardianConsent(Command):
    """A parent or guardian agrees that a minor takes part; `guardian` says who and how to reach them."""

    member_id: UUID
    how: HowGiven
    guardian: Annotated[Line, Field(min_length=1)]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("guardian", self.member_id, self.member_id, {"text": self.guardian}),)


class WithdrawGuardianConsent(Command):
    member_id: UUID


class ChangeContactDetails(Command):
    """Change name, address or ways of contact; what is left out stays. `""` takes a way of contact away."""

    member_id: UUID
    name: Annotated[Line, Field(min_length=1)] | None = None
    email: Email | Literal[""] | None = None
    phone: Phone | Literal[""] | None = None
    street: Annotated[Line, Field(min_length=1)] | None = None
    house_number: HouseNumber | None = None
    shares_contact: bool | None = None

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        said = self.model_dump(mode="json", exclude={"member_id"}, exclude_none=True)
        changed = {name: None if value == "" else value for name, value in said.items()}
        return (VaultEntry("member", self.member_id, self.member_id, changed),)


class NameTie(Command):
    """Say how someone stands to a member: near (own circle), better apart, or (`none`) neither any more."""

    member_id: UUID
    other_id: UUID
    tie: Literal["relative", "friend", "neighbour", "conflict", "none"]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (_tie(self.member_id, self.other_id, self.tie),)


class ChooseChannel(Command):
    """How and when a member wants to hear from us. Hours are whole hours of the region's clock."""

    member_id: UUID
    channel: Channel
    digest: Digest = "none"
    quiet_from: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None
    quiet_until: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None


class LeaveMembership(Command):
    """No longer take part. Everything that runs is ended; the balance is settled as `settle` says."""

    member_id: UUID
    settle: Settle = "pool"
    beneficiary_id: UUID | None = None


class EraseMember(LeaveMembership):
    """As `LeaveMembership`, and erase everything that can identify or describe this member."""


class ReachAgeBand(Command):
    """From a timer: a birthday."""

    member_id: UUID
    age_band: AgeBand


class EndPause(Command):
    """From a timer: the pause is over."""

    member_id: UUID
    until: datetime


class OpenContact(Command):
    """From exchange: a match is confirmed."""

    contact_id: UUID
    helper_id: UUID
    asker_id: UUID


class CloseContact(Command):
    """From exchange: a match is over."""

    contact_id: UUID


COMMANDS: tuple[type[Command], ...] = (
    RegisterMember,
    RegisterReferred,
    ApproveMember,
    DeclineMember,
    ChangeCapacity,
    PauseHelping,
    ResumeHelping,
    NoteAgeBand,
    GiveGuardianConsent,
    WithdrawGuardianConsent,
    ChangeContactDetails,
    NameTie,
    ChooseChannel,
    *households.COMMANDS,
    *vetting.COMMANDS,
    LeaveMembership,
    EraseMember,
)


# Queries and views


class GetContacts(Query):
    """Name and way of contact of the other party of a confirmed match. Logged."""

    contact_id: UUID


class GetPeople(Query):
    """Names and ways of contact of members, for coordinators and the sending of messages."""

    member_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class FindPeople(Query):
    """Who this may be about: every word stands in their name, street, house number or e-mail address, or it
    is how their telephone number ends. At most `limit` people, by name, of the actor's own areas. Logged,
    without what was asked.
    """

    text: Annotated[str, Field(min_length=2, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
    limit: Annotated[int, Field(ge=1, le=100)] = 25


class FindExcluded(Query):
    """Which members may not help this asker, and which are less or more fitting: ids, without why.

    `high` intimacy: the own circle and the own street are out, at `medium` they are less fitting.
    Who is better apart is always out. A household or organisation has the ties of all its people. `wish`
    is what the asker wants: someone unknown, from outside the street, someone known, or no wish.
    """

    asker_id: UUID
    intimacy: Intimacy = Intimacy.LOW
    wish: Literal["none", "unknown", "outside_street", "known"] = "none"


class FindLookalikes(Query):
    """Which members may be the same person as this one: at the same door, with the same name, date of
    birth or way of contact. For exchange, when someone is referred."""

    member_id: UUID


class Person(View):
    member_id: UUID
    number: int
    name: str
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    house_number: str | None = None
    pc4: str
    shares_contact: bool = True


class People(View):
    people: tuple[Person, ...]


class Contacts(View):
    """`others` is empty of details where someone prefers contact through the coordinator."""

    others: tuple[Person, ...]


class Excluded(View):
    """`member_ids` are out; `less` and `more` fitting change the order alone."""

    member_ids: tuple[UUID, ...]
    less: tuple[UUID, ...] = ()
    more: tuple[UUID, ...] = ()


class Lookalikes(View):
    """Where the person lives, and members that may be the same: ids alone."""

    pc4: str
    member_ids: tuple[UUID, ...]


QUERIES: dict[type[Query], type[View]] = {
    GetContacts: Contacts,
    GetPeople: People,
    FindPeople: People,
    FindExcluded: Excluded,
    FindLookalikes: Lookalikes,
}
