"""Exchange: offers, requests for help, and the matches between them."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.categories import CategoryCode
from contracts.common import Minutes, Moment, Pc4
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Text

SERVICE = "exchange"
FOLLOWS = ("members", "ledger")
ASKS = ("members",)

Urgency = Literal["normal", "soon", "urgent"]
Wish = Literal["none", "unknown", "outside_street"]


# Events


class ParticipantAdmitted(Event):
    """An approved member may now post offers and ask for help."""

    ENTITY: ClassVar[str] = "participant"
    FIRST: ClassVar[bool] = True
    participant_id: UUID
    number: int
    pc4: str
    capacity_minutes_week: int


class ParticipantCapacityChanged(Event):
    """How much this participant wants to help a week changed; 0 is a pause."""

    ENTITY: ClassVar[str] = "participant"
    participant_id: UUID
    capacity_minutes_week: int


class OfferPosted(Event):
    """A member said what they can do for a neighbour. The text about it is in the vault."""

    ENTITY: ClassVar[str] = "offer"
    FIRST: ClassVar[bool] = True
    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str


class OfferWithdrawn(Event):
    """The offer no longer stands. No reason is asked."""

    ENTITY: ClassVar[str] = "offer"
    offer_id: UUID


class HelpRequested(Event):
    """A member asked for help. `wanted_at` is UTC; `minutes` is the expected length of the visit."""

    ENTITY: ClassVar[str] = "request"
    FIRST: ClassVar[bool] = True
    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None = None
    urgency: Urgency = "normal"
    wish: Wish = "none"


class RequestWithdrawn(Event):
    """The request no longer stands."""

    ENTITY: ClassVar[str] = "request"
    request_id: UUID


class MatchReserved(Event):
    """A coordinator chose a helper: capacity is reserved, the ledger is asked for a hold.

    Nobody is told before the match is confirmed.
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


class MatchFellThrough(Event):
    """The match does not go on. `told`: it had been confirmed, so people must hear of it."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    reason: Literal["below_floor", "withdrawn", "cancelled", "no_answer"]
    told: bool


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
    """Both reported the same minutes: the ledger may book them."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int


class MatchCompleted(Event):
    """The hours are booked: the match is done. `reserved_minutes` of the helper's week are free again."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    reserved_minutes: int


class MatchUnbooked(Event):
    """The ledger could not book the agreed minutes; a coordinator must look at it."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int


EVENTS: tuple[type[Event], ...] = (
    ParticipantAdmitted,
    ParticipantCapacityChanged,
    OfferPosted,
    OfferWithdrawn,
    HelpRequested,
    RequestWithdrawn,
    MatchReserved,
    MatchConfirmed,
    MatchFellThrough,
    MinutesReported,
    MinutesDiffered,
    MinutesAgreed,
    MatchCompleted,
    MatchUnbooked,
)


# Commands


class PostOffer(Command):
    """Offer help. The new offer's id is the command's id. `text` is for neighbours to read."""

    member_id: UUID
    category: CategoryCode
    text: Text = ""

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("offer", command_id, self.member_id, {"text": self.text}),)


class WithdrawOffer(Command):
    offer_id: UUID
    member_id: UUID


class RequestHelp(Command):
    """Ask for help. The new request's id is the command's id."""

    member_id: UUID
    category: CategoryCode
    minutes: Minutes
    wanted_at: Moment | None = None
    urgency: Urgency = "normal"
    wish: Wish = "none"
    text: Text = ""

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("request", command_id, self.member_id, {"text": self.text}),)


class WithdrawRequest(Command):
    request_id: UUID
    member_id: UUID


class ConfirmMatch(Command):
    """Choose the helper behind `offer_id` for a request. The match's id is the command's id."""

    request_id: UUID
    offer_id: UUID


class ReserveMatch(Command):
    """`ConfirmMatch`, after members said whether the helper is too close to the asker."""

    request_id: UUID
    offer_id: UUID
    too_close: bool


class CancelMatch(Command):
    """Call a confirmed match off; the request is open again."""

    match_id: UUID
    member_id: UUID | None = None


class ReportMinutes(Command):
    """Say how long the help took. Helper and asker each report their own."""

    match_id: UUID
    member_id: UUID
    minutes: Minutes


class AdmitParticipant(Command):
    """From members: someone was approved."""

    participant_id: UUID
    number: int
    pc4: Pc4
    capacity_minutes_week: int


class NoteCapacity(Command):
    """From members: someone wants to help more or less."""

    participant_id: UUID
    capacity_minutes_week: int


class SettleHold(Command):
    """From ledger: the hold for a match was placed or refused."""

    match_id: UUID
    placed: bool


class SettleBooking(Command):
    """From ledger: the agreed minutes were booked or not."""

    match_id: UUID
    booked: bool


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
)


# Queries and views

MatchStatus = Literal["reserved", "confirmed", "fell_through", "agreed", "completed", "unbooked"]
RequestStatus = Literal["open", "matching", "matched", "done", "withdrawn"]
ExclusionReason = Literal["distance", "capacity", "paused", "themselves"]


class RankHelpers(Query):
    """Who can help with this request, best first, with reasons in words."""

    request_id: UUID
    limit: Annotated[int, Field(ge=1, le=50)] = 5


class GetTexts(Query):
    """The free text of offers or requests, for those who may read it."""

    ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class GetMatch(Query):
    match_id: UUID


class GetParticipants(Query):
    """Which of these members exchange knows as approved: only they can offer and ask."""

    member_ids: Annotated[tuple[UUID, ...], Field(max_length=500)]


class SuggestReturnFavours(Query):
    """Three small things this member might like to do for a neighbour."""

    member_id: UUID


class Reason(View):
    """Why someone is proposed. `plus` is in favour; otherwise something to know."""

    code: str
    nl: str
    en: str
    plus: bool = True


class Helper(View):
    """One proposed helper; minutes are per week, distance in kilometres as the crow flies."""

    offer_id: UUID
    member_id: UUID
    number: int
    pc4: str
    distance_km: float
    reserved_minutes: int
    capacity_minutes_week: int
    reasons: tuple[Reason, ...]


class RankedHelpers(View):
    """`excluded` counts people by reason; all reasons of closeness are one: `distance`."""

    helpers: tuple[Helper, ...]
    found: int
    excluded: dict[ExclusionReason, int]


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
    status: MatchStatus
    reason: str | None = None
    helper_minutes: int | None = None
    asker_minutes: int | None = None


class Participants(View):
    """Those of the asked members who may post offers and ask for help."""

    member_ids: tuple[UUID, ...]


class Favour(View):
    category: str
    nl: str
    en: str


class Favours(View):
    favours: tuple[Favour, ...]


QUERIES: dict[type[Query], type[View]] = {
    RankHelpers: RankedHelpers,
    GetTexts: Texts,
    GetMatch: Match,
    GetParticipants: Participants,
    SuggestReturnFavours: Favours,
}
