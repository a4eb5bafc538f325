"""Exchange: offers, requests for help, and the matches between them."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts import initiatives, loans, participants, proposals, referrals, safety, visits
from contracts.categories import CategoryCode
from contracts.common import HowGiven, Minutes, Moment, Urgency, Wish
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Text
from contracts.initiatives import THE_INITIATIVE
from contracts.policy import AgeBand, Compensation
from contracts.visits import Recurrence

SERVICE = "exchange"
FOLLOWS = ("members", "ledger", "link")
ASKS = ("members",)

FellThroughReason = Literal[
    "below_floor",
    "compensation_cap",
    "withdrawn",
    "offer_withdrawn",
    "cancelled",
    "no_answer",
    "helper_withdrew",
    "skipped",
    "no_show",
    "asker_absent",
    "vog_lapsed",
    "paused",
    "consent_withdrawn",
    "incident",
    "left",
]
"""Why a match does not go on. Events carry it as text: a new reason is no new version."""


# Events


class OfferPosted(Event):
    """A member said what they can do for a neighbour. The text about it is in the vault."""

    ENTITY: ClassVar[str] = "offer"
    FIRST: ClassVar[bool] = True
    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    initiative_id: UUID = THE_INITIATIVE


class OfferWithdrawn(Event):
    """The offer no longer stands. No reason is asked."""

    ENTITY: ClassVar[str] = "offer"
    offer_id: UUID
    member_id: UUID
    initiative_id: UUID = THE_INITIATIVE


class HelpRequested(Event):
    """A member asked for help. `wanted_at` is UTC; `minutes` is the expected length of the visit.

    `draft`: it waits until the asker offers something too. `recurrence` (RFC 5545) and `last_day`:
    help that comes back; a visit of it names its `series_id`. `asked_by`: who asked for them, with
    the consent given as `consent` says. `referral`: a social team asked.
    """

    ENTITY: ClassVar[str] = "request"
    FIRST: ClassVar[bool] = True
    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None = None
    urgency: Urgency = "normal"
    wish: str = "none"
    initiative_id: UUID = THE_INITIATIVE
    draft: bool = False
    recurrence: str | None = None
    last_day: date | None = None
    series_id: UUID | None = None
    asked_by: UUID | None = None
    consent: HowGiven | None = None
    referral: bool = False


class RequestOpened(Event):
    """What the initiative asks in return is there, waived, or not asked any more: it may be matched."""

    ENTITY: ClassVar[str] = "request"
    request_id: UUID
    member_id: UUID
    because: Literal["offered", "waived", "rules_changed"]


class RequestWithdrawn(Event):
    """The request no longer stands."""

    ENTITY: ClassVar[str] = "request"
    request_id: UUID
    member_id: UUID


class MatchReserved(Event):
    """A coordinator chose a helper: capacity is reserved, the ledger is asked for a hold.

    Nobody is told before the match is confirmed. `compensation`, the asker's `floor_minutes` and
    the helper's `age_band` are for the ledger; `by` is the coordinator's credential.
    """

    ENTITY: ClassVar[str] = "match"
    FIRST: ClassVar[bool] = True
    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None = None
    initiative_id: UUID = THE_INITIATIVE
    compensation: Compensation = "credits"
    floor_minutes: int = -600
    age_band: AgeBand | None = None
    series_id: UUID | None = None
    from_now_on: bool = False
    by: str = ""


class MatchConfirmed(Event):
    """Helper and asker are matched; the asker's credits are held."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None = None
    series_id: UUID | None = None


class MatchFellThrough(Event):
    """The match does not go on. `told`: it had been confirmed, so people must hear of it."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    reason: str
    told: bool
    category: str
    wanted_at: datetime | None = None
    series_id: UUID | None = None


class PeopleParted(Event):
    """These two meet no more, and the help was given: how long it took is still to be settled.

    They no longer see how to reach each other. Why is not said.
    """

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID


class MinutesReported(Event):
    """Helper or asker said how long the help took, in minutes."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    by: Literal["helper", "asker"]
    minutes: int


class MinutesDiffered(Event):
    """Both reported, and not the same: nothing is booked, a person looks at it."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    helper_minutes: int
    asker_minutes: int


class MinutesAgreed(Event):
    """The ledger may book these minutes: both reported them, or a coordinator decided.

    Where one of the two is gone, what the other reported counts, up to what was planned.
    """

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    compensation: Compensation = "credits"
    age_band: AgeBand | None = None
    wanted_at: datetime | None = None


class MatchCompleted(Event):
    """The hours are booked: the match is done. `reserved_minutes` of the helper's week are free again."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    reserved_minutes: int
    category: str
    wanted_at: datetime | None = None
    series_id: UUID | None = None


class MatchUnbooked(Event):
    """The ledger could not book the agreed minutes; a coordinator must look at it."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int


EVENTS: tuple[type[Event], ...] = (
    *participants.EVENTS,
    OfferPosted,
    OfferWithdrawn,
    HelpRequested,
    RequestOpened,
    RequestWithdrawn,
    MatchReserved,
    MatchConfirmed,
    MatchFellThrough,
    PeopleParted,
    MinutesReported,
    MinutesDiffered,
    MinutesAgreed,
    MatchCompleted,
    MatchUnbooked,
    *initiatives.EVENTS,
    *visits.EVENTS,
    *safety.EVENTS,
    *loans.EVENTS,
    *referrals.EVENTS,
)


# Commands


class PostOffer(Command):
    """Offer help. The new offer's id is the command's id. `text` is for neighbours to read."""

    member_id: UUID
    category: CategoryCode
    text: Text = ""
    initiative_id: UUID = THE_INITIATIVE

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("offer", command_id, self.member_id, {"text": self.text}),)


class WithdrawOffer(Command):
    offer_id: UUID
    member_id: UUID


class RequestHelp(Command):
    """Ask for help. The new request's id is the command's id.

    `recurrence` asks for help that comes back, from `wanted_at` on, until `last_day`. Who asks for
    someone else is `asked_by`, and says how that person gave their own `consent`; so does a referrer.
    """

    member_id: UUID
    category: CategoryCode
    minutes: Minutes
    wanted_at: Moment | None = None
    urgency: Urgency = "normal"
    wish: Wish = "none"
    text: Text = ""
    initiative_id: UUID = THE_INITIATIVE
    recurrence: Recurrence | None = None
    last_day: date | None = None
    asked_by: UUID | None = None
    consent: HowGiven | None = None

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("request", command_id, self.member_id, {"text": self.text}),)

    @property
    def asking_id(self) -> UUID:
        """Whose wish this is: who asks for someone else, or the asker."""
        return self.asked_by or self.member_id


class WithdrawRequest(Command):
    request_id: UUID
    member_id: UUID


class ConfirmMatch(Command):
    """Choose the helper behind `offer_id` for a request. The match's id is the command's id.

    For a visit of a series: `from_now_on` they also do the visits that are still to be planned, and
    those that have no helper, as far as they may.
    """

    request_id: UUID
    offer_id: UUID
    from_now_on: bool = False


class ReserveMatch(Command):
    """`ConfirmMatch`, after members said whether the helper is too close to the asker."""

    request_id: UUID
    offer_id: UUID
    too_close: bool
    from_now_on: bool = False


class CancelMatch(Command):
    """Call a confirmed match off; the request is open again, with its first date and urgency.

    `member_id` is who calls it off: its helper or its asker.
    """

    match_id: UUID
    member_id: UUID | None = None


class ReportMinutes(Command):
    """Say how long the help took. Helper and asker each report their own."""

    match_id: UUID
    member_id: UUID
    minutes: Minutes


class SuspendHelper(Command):
    """From members: what this helper had planned needs someone else (in one category, or all of it)."""

    helper_id: UUID
    reason: FellThroughReason
    category: str | None = None
    until: datetime | None = None


class SettleHold(Command):
    """From ledger: the hold for a match was placed or refused."""

    match_id: UUID
    placed: bool
    reason: FellThroughReason = "below_floor"


class SettleBooking(Command):
    """From ledger: the agreed minutes were booked or not."""

    match_id: UUID
    booked: bool


class OpenDrafts(Command):
    """From a timer: an initiative asks nothing in return any more. `request_ids` are those that waited."""

    initiative_id: UUID
    request_ids: tuple[UUID, ...] = ()


class LapseReservation(Command):
    """From a timer: the ledger did not answer in time."""

    match_id: UUID


COMMANDS: tuple[type[Command], ...] = (
    PostOffer,
    WithdrawOffer,
    RequestHelp,
    WithdrawRequest,
    ConfirmMatch,
    CancelMatch,
    ReportMinutes,
    *initiatives.COMMANDS,
    *visits.COMMANDS,
    *safety.COMMANDS,
    *loans.COMMANDS,
    *referrals.COMMANDS,
)


# Queries and views

MatchStatus = Literal["reserved", "confirmed", "fell_through", "agreed", "completed", "unbooked"]
RequestStatus = Literal["draft", "open", "matching", "matched", "done", "withdrawn"]


class GetTexts(Query):
    """The free text of offers or requests, for those who may read it."""

    ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class GetMatch(Query):
    match_id: UUID


class GetParticipants(Query):
    """Which of these members exchange knows as approved: only they can offer and ask."""

    member_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class Texts(View):
    texts: dict[UUID, str]


class Match(View):
    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    initiative_id: UUID = THE_INITIATIVE
    status: MatchStatus
    reason: str | None = None
    helper_minutes: int | None = None
    asker_minutes: int | None = None


class Participants(View):
    """Those of the asked members who may post offers and ask for help."""

    member_ids: tuple[UUID, ...]


QUERIES: dict[type[Query], type[View]] = {
    GetTexts: Texts,
    GetMatch: Match,
    GetParticipants: Participants,
    **proposals.QUERIES,
    **initiatives.QUERIES,
    **visits.QUERIES,
    **safety.QUERIES,
    **loans.QUERIES,
    **referrals.QUERIES,
}
