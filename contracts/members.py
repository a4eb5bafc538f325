"""Members: who takes part, whether they are approved, how to reach them, who is too close."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field

from contracts.common import Pc4, WeekMinutes
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Line, clean

SERVICE = "members"
FOLLOWS = ("exchange",)
ASKS: tuple[str, ...] = ()

HouseNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[A-Za-z0-9 -]{0,6}$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{8,16}$"), AfterValidator(clean)]
"""As people write it. Nine bare digits are no Dutch number, but may be a BSN: those are refused."""

Email = Annotated[EmailStr, AfterValidator(clean)]


# Events


class MemberRegistered(Event):
    """Someone signed up. `number` is what people see: deelnemer 1042."""

    ENTITY: ClassVar[str] = "member"
    FIRST: ClassVar[bool] = True
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int


class MemberApproved(Event):
    """A coordinator let this member take part."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int


class MemberDeclined(Event):
    """A coordinator decided that this member does not take part (for now)."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID


class CapacityChanged(Event):
    """The member wants to help more or less a week; 0 is a pause. No reason is asked."""

    ENTITY: ClassVar[str] = "member"
    member_id: UUID
    capacity_minutes_week: int


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
    ContactOpened,
    ContactClosed,
)


# Commands


class RegisterMember(Command):
    """Sign someone up. The new member's id is the command's id.

    `circle` lists members who are relatives, friends or direct neighbours.
    `shares_contact`: may be reached directly by whom they are matched with.
    """

    name: Annotated[Line, Field(min_length=1)]
    email: Email | None = None
    phone: Phone | None = None
    street: Annotated[Line, Field(min_length=1)]
    house_number: HouseNumber
    pc4: Pc4
    capacity_minutes_week: WeekMinutes = 0
    circle: tuple[UUID, ...] = Field(default=(), max_length=100)
    shares_contact: bool = True

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        personal = self.model_dump(mode="json", exclude={"pc4", "capacity_minutes_week"})
        return (VaultEntry("member", command_id, command_id, personal),)


class ApproveMember(Command):
    """Let a registered member take part."""

    member_id: UUID


class DeclineMember(Command):
    """Do not let a registered member take part."""

    member_id: UUID


class ChangeCapacity(Command):
    """Change how much a member wants to help a week; 0 pauses."""

    member_id: UUID
    capacity_minutes_week: WeekMinutes


class OpenContact(Command):
    """From exchange: a match is confirmed."""

    contact_id: UUID
    helper_id: UUID
    asker_id: UUID


class CloseContact(Command):
    """From exchange: a match is over."""

    contact_id: UUID


COMMANDS: tuple[type[Command], ...] = (RegisterMember, ApproveMember, DeclineMember, ChangeCapacity)


# Queries and views


class GetContacts(Query):
    """Name and way of contact of the other party of a confirmed match. Logged."""

    contact_id: UUID


class GetPeople(Query):
    """Names and ways of contact of members, for coordinators and the sending of messages."""

    member_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class FindExcluded(Query):
    """Which members may not help this asker, as ids and without why.

    `strict` for intimate help: the own circle and the own street are out.
    `wish` is what the asker wants: someone unknown, from outside the street, or no wish.
    """

    asker_id: UUID
    strict: bool = False
    wish: Literal["none", "unknown", "outside_street"] = "none"


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
    member_ids: tuple[UUID, ...]


QUERIES: dict[type[Query], type[View]] = {GetContacts: Contacts, GetPeople: People, FindExcluded: Excluded}
