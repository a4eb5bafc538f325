"""What the API answers with. Times are UTC, amounts whole minutes, ids UUIDs."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.common import Urgency, Wish
from contracts.exchange import MatchStatus, RequestStatus
from contracts.loans import LoanStatus
from contracts.notifications import PaperLetter
from contracts.proposals import ExclusionReason, Favour, Helper
from contracts.referrals import Feedback, ReferralStatus
from services.coordinator.work import WorkCode

# What commands answer


class Done(BaseModel):
    """It is durable. `position` is the place it reached in the log of `service`."""

    id: UUID = Field(description="Of what was made or changed; the same for every repeat.")
    service: str
    position: int


class AskedHelp(Done):
    """`draft`: it waits until the asker offers something too, such as one of `favours`."""

    draft: bool
    favours: tuple[Favour, ...] = Field(description="Three small things to offer, for a draft.")


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
    series_id: UUID | None
    status: MatchStatus = "confirmed"


class DecidedMinutes(BaseModel):
    """How long it took, as decided. `booked`: whether the ledger could book it."""

    match_id: UUID
    minutes: int
    booked: bool


# People


class Belonging(BaseModel):
    """A seat in a household or organisation."""

    household_id: UUID
    shares_balance: bool = Field(description="They use its account.")
    may_act: bool


class Representative(BaseModel):
    """Who may ask on their behalf, and how they agreed to that."""

    representative_id: UUID
    how: str = Field(examples=["in_person", "phone", "paper"])


class Member(BaseModel):
    """Someone who takes part. Name and ways of contact are looked up at this moment."""

    member_id: UUID
    number: int = Field(description="What people call them: deelnemer 1042.")
    kind: str = Field(examples=["person", "household", "organisation"])
    status: str = Field(examples=["registered", "approved", "declined"])
    name: str | None
    email: str | None
    phone: str | None
    street: str | None
    house_number: str | None
    pc4: str
    capacity_minutes_week: int
    carer_minutes_week: int = Field(description="What of that goes to their own, as an informal carer.")
    age_band: str | None
    guardian_agrees: bool
    paused: bool
    paused_until: datetime | None
    shares_contact: bool | None
    channel: str
    digest: str
    quiet_from: int | None
    quiet_until: int | None
    households: list[Belonging]
    representatives: list[Representative]
    registered_at: datetime
    decided_at: datetime | None
    left_at: datetime | None


class Vog(BaseModel):
    """The newest certificate of conduct for one category; `valid_until` is its last day."""

    category: str
    valid_until: date
    recorded_at: datetime


class Vogs(BaseModel):
    vogs: list[Vog]


class HistoryLine(BaseModel):
    """One thing that happened; `actor` is the role and credential of who did it.

    Where help ended (a match fell through, a helper stops) it is null to members, and so is `reason`; to
    others it is null unless it was someone who works here.
    """

    code: str = Field(examples=["match-confirmed"])
    at: datetime
    actor: str | None = Field(examples=["coordinator:noor"])
    person_id: UUID | None
    other_id: UUID | None
    request_id: UUID | None
    match_id: UUID | None
    series_id: UUID | None
    loan_id: UUID | None = Field(description="Of help between regions.")
    minutes: int | None
    reason: str | None


class History(BaseModel):
    """Newest first."""

    lines: list[HistoryLine]


# Offers, requests, matches


class Offer(BaseModel):
    """What someone can do for a neighbour. `text` is null where it cannot be read now."""

    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    initiative_id: UUID
    status: str = Field(examples=["open", "withdrawn"])
    posted_at: datetime
    text: str | None


class HelpRequest(BaseModel):
    """A request for help. `match_id` is the match that runs for it.

    `recurrence` (RFC 5545) and `last_day`: help that comes back. A visit names its `series_id`.
    """

    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None
    urgency: Urgency
    wish: Wish
    initiative_id: UUID
    recurrence: str | None
    last_day: date | None
    series_id: UUID | None
    asked_by: UUID | None
    consent: str | None
    referral: bool
    status: RequestStatus = Field(description="`draft`: waits until the asker offers something too.")
    requested_at: datetime
    match_id: UUID | None
    text: str | None


class Proposals(BaseModel):
    """Who can help, best first. `excluded` counts others by every reason; null: fewer than five, or none."""

    helpers: tuple[Helper, ...]
    found: int
    excluded: dict[ExclusionReason, int | None]


class Match(ConfirmedMatch):
    """A match as it is now. `minutes_differ`: both reported, and not the same.

    Who chose, who decided and who was not there is for coordinators; to others it is null.
    """

    initiative_id: UUID
    compensation: str = Field(examples=["credits", "euro", "none"])
    reason: str | None = Field(description="Why it fell through.")
    helper_minutes: int | None
    asker_minutes: int | None
    minutes_differ: bool
    agreed_minutes: int | None
    moved_from: datetime | None
    thanked: bool
    chosen_by: str | None
    decided_by: str | None
    no_show: str | None
    reserved_at: datetime
    confirmed_at: datetime | None


class Incident(BaseModel):
    """That something happened between two people; what, is in a restricted file."""

    incident_id: UUID
    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None
    reported_by: str = Field(description="The id of a coordinator's key.")
    handler: str = Field(description="The id of the key of who handles it.")
    reported_at: datetime
    closed_at: datetime | None
    released: bool = Field(description="Whether the two may be matched again.")


class Incidents(BaseModel):
    """Longest open first."""

    incidents: list[Incident]


# Hours


class Account(BaseModel):
    """All in minutes. Available = balance - held, and never below the floor.

    `shared_with`: the household whose account this member uses; the amounts are that account's.
    """

    account_id: UUID
    shared_with: UUID | None
    balance_minutes: int
    held_minutes: int
    available_minutes: int
    floor_minutes: int
    ceiling_minutes: int | None
    closed: bool


# Coordinators' own work


class MessageToBring(BaseModel):
    """A message that a person must bring. `letter` is null where its text cannot be had any more."""

    message_id: UUID
    member_id: UUID
    template: str
    channel: str = Field(examples=["letter", "phone"])
    attempts: int
    escalated: bool = Field(description="Not reached after several attempts: someone must go and look.")
    since: datetime
    letter: PaperLetter | None


class MessagesToBring(BaseModel):
    """Longest wait first."""

    messages: list[MessageToBring]


class Duty(BaseModel):
    duty_id: UUID
    coordinator: str = Field(description="The id of a coordinator's key.")
    areas: list[str] = Field(description="None: the whole region.")
    begins_at: datetime
    ends_at: datetime


class Duties(BaseModel):
    duties: list[Duty]


class Leave(BaseModel):
    """`missed_at`: when everyone was first warned that nobody does the work."""

    leave_id: UUID
    coordinator: str
    first_day: date
    last_day: date
    deputy: str | None
    missed_at: datetime | None


class Leaves(BaseModel):
    leaves: list[Leave]


class Complaint(BaseModel):
    """How far a complaint is. What was said is in the restricted file."""

    complaint_id: UUID
    member_id: UUID
    about_id: UUID | None
    handler: str
    former_handlers: list[str] = Field(description="Who had it before, oldest first.")
    status: str = Field(examples=["filed", "acknowledged", "heard", "decided", "withdrawn"])
    acknowledge_by: datetime
    decide_by: datetime
    acknowledge_passed: bool
    decide_passed: bool
    filed_at: datetime
    moved_at: datetime


class Complaints(BaseModel):
    """Those that run, oldest first."""

    complaints: list[Complaint]


class MadeReferral(Done):
    """It is received, and durable. `member_id` is the person, to refer them again another time."""

    member_id: UUID


class Referral(BaseModel):
    """A referral as you may know it: to a social team, what the person agreed to and no more.

    `status` is a word of FHIR Task; null: you hear nothing of it. `twin_ids`: others that may be about
    the same person and the same help. What is null to a team is for coordinators.
    """

    referral_id: UUID
    member_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    urgency: Urgency
    wish: Wish
    recurrence: str | None
    last_day: date | None
    feedback: Feedback = Field(description="What the person agrees that the team hears, now.")
    status: ReferralStatus | None
    reason: str | None
    outcome: str | None
    changed_at: datetime | None
    referred_at: datetime
    answer_by: datetime
    text: str | None = None
    contact: str | None = None
    reference: str | None = None
    team: str | None = None
    consent: str | None = None
    twin_ids: tuple[UUID, ...] | None = None
    reminded: bool | None = None
    overdue: bool | None = None
    visits: int | None = None


class Referrals(BaseModel):
    """Newest first."""

    referrals: list[Referral]


class StrandedEvent(BaseModel):
    """That a team sent something that could not be taken in; `kept`: it can be read."""

    stranded_id: UUID
    team: str
    code: str
    kept: bool
    stranded_at: datetime


class StrandedEvents(BaseModel):
    """Oldest first."""

    events: list[StrandedEvent]


class WorkItem(BaseModel):
    """One thing that waits for a coordinator. `pressing`: over its term, or due today or tomorrow."""

    kind: WorkCode
    entity_id: UUID = Field(description="The thing itself: by kind a request, match, member, message…")
    since: datetime
    due: datetime | None
    pressing: bool
    member_id: UUID | None
    coordinator: str | None = Field(description="Who is away, or handles the complaint.")
    request_id: UUID | None
    match_id: UUID | None
    category: str | None
    pc4: str | None
    helper_minutes: int | None
    asker_minutes: int | None
    reason: str | None
    detail: str | None = Field(
        description="What is so and what to do now, where the kind alone does not say."
    )
    detail_nl: str | None


class WorkItems(BaseModel):
    """In the order in which to take them up; `counts` by kind, of all that waits."""

    items: list[WorkItem]
    counts: dict[WorkCode, int]


# Other regions


class Loan(BaseModel):
    """Help to or from another region. `member_id`: the own person; the other is the peer's to know."""

    loan_id: UUID
    peer: str = Field(description="The other region.")
    side: Literal["asks", "helps"] = Field(description="What this region does.")
    category: str
    minutes: int
    pc4: str = Field(description="Where the help is needed.")
    wanted_at: datetime | None
    urgency: str
    wish: str
    counted: bool = Field(description="Whether hours are booked for it.")
    status: LoanStatus
    changed_at: datetime
    request_id: UUID | None
    member_id: UUID | None
    helper_pc4: str | None
    we_agree: bool
    they_agree: bool
    our_minutes: int | None
    their_minutes: int | None
    differs: bool = Field(description="Both said how long it took, and not the same.")
    agreed_minutes: int | None
    reason: str | None
    ended_by: str | None = Field(description="us or them")
    answer_by: datetime | None = Field(
        description="When it ends without an answer; told once half of the time for it has passed."
    )
    resolved: bool = Field(
        description="It ended although someone had said how long it took, and a coordinator talked about it."
    )


class Loans(BaseModel):
    items: list[Loan]


class Crossing(BaseModel):
    """A transfer between this region and another; posted on both sides, or on neither."""

    crossing_id: UUID
    peer: str
    ours: bool = Field(description="Whether the hours go from here.")
    minutes: int
    kind: str | None
    status: str
    stranded: str | None = Field(
        default=None, description="Why someone must ask the other region how it stands there."
    )
    reason: str | None
    changed_at: datetime
