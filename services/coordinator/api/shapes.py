"""What the API answers with. Times are UTC, amounts whole minutes, ids UUIDs."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.exchange import ExclusionReason, Helper, MatchStatus, RequestStatus, Urgency, Wish
from services.coordinator.work import WorkCode


class Done(BaseModel):
    """It is durable. `position` is the place it reached in the log of `service`."""

    id: UUID = Field(description="Of what was made or changed; the same for every repeat.")
    service: str
    position: int


class Member(BaseModel):
    """Someone who takes part. Name and ways of contact are looked up at this moment."""

    member_id: UUID
    number: int = Field(description="What people call them: deelnemer 1042.")
    status: str = Field(examples=["registered", "approved", "declined"])
    name: str | None
    email: str | None
    phone: str | None
    street: str | None
    house_number: str | None
    pc4: str
    capacity_minutes_week: int
    shares_contact: bool | None
    registered_at: datetime
    decided_at: datetime | None


class Offer(BaseModel):
    """What someone can do for a neighbour. `text` is null where it cannot be read now."""

    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    status: str = Field(examples=["open", "withdrawn"])
    posted_at: datetime
    text: str | None


class HelpRequest(BaseModel):
    """A request for help. `match_id` is the match that runs for it."""

    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None
    urgency: Urgency
    wish: Wish
    status: RequestStatus
    requested_at: datetime
    match_id: UUID | None
    text: str | None


class Proposals(BaseModel):
    """Who can help, best first. `excluded` counts others by reason; null is fewer than five."""

    helpers: tuple[Helper, ...]
    found: int
    excluded: dict[ExclusionReason, int | None]


class ConfirmedMatch(BaseModel):
    """The match as it was confirmed; what happened to it since is at its own address."""

    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    status: MatchStatus = "confirmed"


class Match(ConfirmedMatch):
    """A match as it is now. `minutes_differ`: both reported, and not the same."""

    reason: str | None = Field(description="Why it fell through.")
    helper_minutes: int | None
    asker_minutes: int | None
    minutes_differ: bool
    reserved_at: datetime
    confirmed_at: datetime | None


class Account(BaseModel):
    """All in minutes. Available = balance - held, and never below the floor."""

    account_id: UUID
    balance_minutes: int
    held_minutes: int
    available_minutes: int
    floor_minutes: int


class WorkItem(BaseModel):
    """One thing that waits for a coordinator. `pressing`: over its term, or due today or tomorrow."""

    kind: WorkCode
    since: datetime
    due: datetime | None
    pressing: bool
    member_id: UUID
    request_id: UUID | None
    match_id: UUID | None
    category: str | None
    pc4: str | None
    helper_minutes: int | None
    asker_minutes: int | None
    reason: str | None


class WorkItems(BaseModel):
    """In the order in which to take them up; `counts` by kind, of all that waits."""

    items: list[WorkItem]
    counts: dict[WorkCode, int]
