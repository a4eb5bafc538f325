"""Notifications: telling people what concerns them."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

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
    """The mail server took the message. The Message-ID is made from the message's id."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    attempts: int


class MessageFailed(Event):
    """It cannot be delivered this way: a person must tell them."""

    ENTITY: ClassVar[str] = "message"
    message_id: UUID
    member_id: UUID
    template: str
    reason: Literal["no_address", "refused", "gave_up"]


EVENTS: tuple[type[Event], ...] = (MessageQueued, MessageSent, MessageFailed)


# Commands


class QueueMessage(Command):
    """From other services' events: tell a member something."""

    message_id: UUID
    member_id: UUID
    template: Template
    facts: dict[str, int | str | None] = Field(default_factory=dict)


class RecordDelivery(Command):
    """From the sender: what the mail server said."""

    message_id: UUID
    delivered: bool
    attempts: int
    reason: Literal["no_address", "refused", "gave_up"] | None = None


COMMANDS: tuple[type[Command], ...] = ()
QUERIES: dict[type[Query], type[View]] = {}
