"""Notifications: telling people what concerns them, and social teams what they may hear."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts import feedback
from contracts.envelope import Command, Event, Query, View

SERVICE = "notifications"
FOLLOWS = ("members", "exchange", "ledger")
ASKS = ("members", "exchange")

Template = Literal[
    "member-approved",
    "offer-posted",
    "help-requested",
    "match-helper",
    "match-asker",
    "match-ended-helper",
    "match-ended-asker",
    "minutes-differ",
    "hours-booked-helper",
    "hours-booked-asker",
    "gift-received",
    "gift-given",
    "match-moved",
    "helper-withdrew",
    "missed-helper",
    "missed-asker",
    "visit-open",
    "series-started",
    "series-ends",
    "vog-expiring",
    "vog-lapsed",
    "balance-saved",
    "balance-owed",
    "draft-waits",
    "request-opened",
    "thanks",
    "hours-received",
    "compensation-booked",
    "help-recorded",
    "transfer-reversed",
]
"""What commands may ask for. Events carry it as text: a new letter is no new version."""


# Events


class MessageQueued(Event):
    """A member must be told something. Names and text are looked up when it is sent."""

    ENTITY: ClassVar[str] = "message"
    FIRST: ClassVar[bool] = True
    message_id: UUID
    member_id: UUID
    template: str
    facts: dict[str, int | str | None] = Field(default_factory=dict)


class MessageSent(Event):
    """The mail server (or gateway) took the message. The Message-ID is made from the message's id."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    attempts: int
    channel: str = "email"


class MessageHandedOver(Event):
    """A person must bring it: a letter to print and post, or a telephone call. A task for coordinators."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    template: str
    channel: str
    reason: str | None = None


class MessageDelivered(Event):
    """A person brought it: posted the letter, or spoke with them."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    channel: str


class ContactAttempted(Event):
    """A person tried to reach them by telephone in vain, for the `attempts`-th time."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    attempts: int


class ContactEscalated(Event):
    """They could not be reached after several attempts: someone must go and look."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    attempts: int


class MessageOvertaken(Event):
    """It was no longer true before it was sent, so it is not sent.

    `instead_…`: what must be told after all, if it turns out that it was sent in the meantime.
    """

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    instead_id: UUID | None = None
    instead_template: str | None = None
    instead_facts: dict[str, int | str | None] = Field(default_factory=dict)


class MessageFailed(Event):
    """It cannot be delivered this way: a person must tell them."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    template: str
    reason: str


EVENTS: tuple[type[Event], ...] = (
    MessageQueued,
    MessageSent,
    MessageHandedOver,
    MessageDelivered,
    ContactAttempted,
    ContactEscalated,
    MessageOvertaken,
    MessageFailed,
    *feedback.EVENTS,
)


# Commands


class QueueMessage(Command):
    """From other services' events: tell a member something."""

    message_id: UUID
    member_id: UUID
    template: Template
    facts: dict[str, int | str | None] = Field(default_factory=dict)


class OvertakeMessage(Command):
    """From other services' events: if this was not sent yet, it need not be; else tell `instead`.

    Without `instead`: what is sought need not be found any more, and nothing else is told.
    """

    message_id: UUID
    instead: QueueMessage | None = None


class TellSeries(Command):
    """From exchange: something about a series, for those of its people who must know.

    For what happened to a series and does not say who its people are. `helper` is the usual one.
    """

    series_id: UUID
    template: Literal["series-started", "series-ends", "visit-open"]
    to: Literal["asker", "helper", "both"] = "both"
    facts: dict[str, int | str | None] = Field(default_factory=dict)


class RecordDelivery(Command):
    """From the sender: what the mail server or gateway said, or that a person must bring it."""

    message_id: UUID
    outcome: Literal["sent", "handed_over", "failed"]
    channel: str = "email"
    attempts: int = 1
    reason: str | None = None


class ReportDelivery(Command):
    """A person brought a message (or tried to): a letter was posted, a call was made."""

    message_id: UUID
    reached: bool


COMMANDS: tuple[type[Command], ...] = (ReportDelivery, *feedback.COMMANDS)


# Queries and views


class GetLetters(Query):
    """Messages that a person must bring, as they are to be read: for printing or for on the telephone."""

    message_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=100)]


class PaperLetter(View):
    """One message with its address; `subject` and `text` as they would have been mailed."""

    message_id: UUID
    member_id: UUID
    channel: str
    name: str
    street: str | None = None
    house_number: str | None = None
    pc4: str
    phone: str | None = None
    subject: str
    text: str


class PaperLetters(View):
    letters: tuple[PaperLetter, ...]


QUERIES: dict[type[Query], type[View]] = {GetLetters: PaperLetters, **feedback.QUERIES}
