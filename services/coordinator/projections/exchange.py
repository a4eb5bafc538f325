"""What exchange says: offers, requests for help, and the matches between them.

No rules of exchange are decided again here: a status is that of the last event, and what else is
kept is what the event itself says.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    MatchStatus,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    OfferPosted,
    OfferWithdrawn,
    RequestOpened,
    RequestStatus,
    RequestWithdrawn,
)
from contracts.loans import HelperConfirmed, HelperTaken, LoanCompleted, LoanEnded
from contracts.safety import MinutesDecided
from contracts.visits import HelperThanked, NoShowNoted, VisitMoved
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class OfferSeen:
    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    initiative_id: UUID
    status: Literal["open", "withdrawn"]
    posted_at: datetime
    version: int = 0


def _offer(
    offer: OfferSeen | None, event: OfferPosted | OfferWithdrawn, offer_id: UUID, at: datetime
) -> OfferSeen:
    if isinstance(event, OfferPosted):
        return OfferSeen(**event.model_dump(), status="open", posted_at=at)
    assert offer is not None
    return replace(offer, status="withdrawn")


OFFERS = Kind(
    "offers_seen", OfferSeen, {e: lambda e: (e.offer_id,) for e in (OfferPosted, OfferWithdrawn)}, _offer
)


@dataclass(slots=True)
class RequestSeen:
    """`match_id` is the match that runs for it, if any; times are UTC.

    `open_since`: when it was asked or opened, or when its last helper fell away.
    `series_id`: it is a visit of that series. The request that a series began with has its id.
    """

    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None
    urgency: str
    wish: str
    initiative_id: UUID
    recurrence: str | None
    last_day: date | None
    series_id: UUID | None
    asked_by: UUID | None
    consent: str | None
    referral: bool
    status: RequestStatus
    requested_at: datetime
    open_since: datetime
    match_id: UUID | None = None
    version: int = 0


_REQUEST_AFTER: dict[type[Event], RequestStatus] = {
    RequestOpened: "open",
    RequestWithdrawn: "withdrawn",
    MatchReserved: "matching",
    MatchConfirmed: "matched",
    MatchFellThrough: "open",
    MatchCompleted: "done",
    # What another region's helper does.
    HelperTaken: "matching",
    HelperConfirmed: "matched",
    LoanCompleted: "done",
}

type RequestEvent = (
    HelpRequested
    | RequestOpened
    | RequestWithdrawn
    | MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MatchCompleted
    | VisitMoved
    | HelperTaken
    | HelperConfirmed
    | LoanEnded
    | LoanCompleted
)


def _request(request: RequestSeen | None, event: RequestEvent, request_id: UUID, at: datetime) -> RequestSeen:
    if isinstance(event, HelpRequested):
        status: RequestStatus = "draft" if event.draft else "open"
        said = event.model_dump(exclude={"draft"})
        return RequestSeen(**said, status=status, requested_at=at, open_since=at)
    assert request is not None
    if request.status != "withdrawn":
        request = replace(request, status=_REQUEST_AFTER.get(type(event), request.status))
    if isinstance(event, MatchReserved):
        return replace(request, match_id=event.match_id)
    if isinstance(event, MatchFellThrough):
        return replace(request, match_id=None, open_since=at)
    if isinstance(event, RequestOpened):
        return replace(request, open_since=at)
    if isinstance(event, LoanEnded) and event.taken and request.status in ("matching", "matched"):
        return replace(request, status="open", open_since=at)
    if isinstance(event, VisitMoved):
        return replace(request, wanted_at=event.wanted_at)
    return replace(request)


def _its_request(event: Any) -> tuple[UUID, ...]:
    # Help for another region is about no request of ours.
    return (event.request_id,) if event.request_id is not None else ()


REQUESTS = Kind(
    "requests_seen",
    RequestSeen,
    dict.fromkeys((HelpRequested, VisitMoved, LoanEnded, *_REQUEST_AFTER), _its_request),
    _request,
)


@dataclass(slots=True)
class MatchSeen:
    """`confirmed_at` stays, also when the match ends: it says that the match once stood.

    `minutes_differ`: both reported, and not the same; a person must look at it. `agreed_minutes` are
    what is booked; `decided_by` is who decided them, where the two did not agree. `chosen_by` is the
    coordinator who chose the helper. `moved_from`: when it was before it was last moved.
    """

    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    initiative_id: UUID
    compensation: str
    series_id: UUID | None
    chosen_by: str
    status: MatchStatus
    reserved_at: datetime
    changed_at: datetime
    reason: str | None = None
    helper_minutes: int | None = None
    asker_minutes: int | None = None
    minutes_differ: bool = False
    agreed_minutes: int | None = None
    decided_by: str | None = None
    moved_from: datetime | None = None
    no_show: str | None = None
    thanked: bool = False
    confirmed_at: datetime | None = None
    version: int = 0


_MATCH_AFTER: dict[type[Event], MatchStatus] = {
    MatchConfirmed: "confirmed",
    MatchFellThrough: "fell_through",
    MinutesAgreed: "agreed",
    MatchCompleted: "completed",
    MatchUnbooked: "unbooked",
}

type MatchEvent = (
    MatchConfirmed
    | MatchFellThrough
    | MinutesReported
    | MinutesDiffered
    | MinutesDecided
    | MinutesAgreed
    | MatchCompleted
    | MatchUnbooked
    | VisitMoved
    | NoShowNoted
    | HelperThanked
)


def _match(
    found: MatchSeen | None, event: MatchReserved | MatchEvent, match_id: UUID, at: datetime
) -> MatchSeen:
    if isinstance(event, MatchReserved):
        said = event.model_dump(exclude={"by", "floor_minutes", "age_band", "from_now_on"})
        return MatchSeen(**said, chosen_by=event.by, status="reserved", reserved_at=at, changed_at=at)
    assert found is not None
    status = _MATCH_AFTER.get(type(event), found.status)
    return replace(found, status=status, changed_at=at, **_changes(event, at))


def _changes(event: MatchEvent, at: datetime) -> dict[str, Any]:
    match event:
        case MatchConfirmed():
            return {"confirmed_at": at}
        case MatchFellThrough():
            return {"reason": event.reason, "minutes_differ": False}
        case MinutesReported():
            return {f"{event.by}_minutes": event.minutes}
        case MinutesDiffered():
            return {"minutes_differ": True}
        case MinutesDecided():
            return {"decided_by": event.by}
        case MinutesAgreed():
            return {"agreed_minutes": event.minutes, "minutes_differ": False}
        case VisitMoved():
            return {"wanted_at": event.wanted_at, "moved_from": event.from_at}
        case NoShowNoted():
            return {"no_show": event.who}
        case HelperThanked():
            return {"thanked": True}
        case MatchCompleted() | MatchUnbooked():
            return {}
        case _:
            assert_never(event)


MATCHES = Kind(
    "matches_seen",
    MatchSeen,
    dict.fromkeys(
        (
            MatchReserved,
            MinutesReported,
            MinutesDiffered,
            MinutesDecided,
            VisitMoved,
            NoShowNoted,
            HelperThanked,
            *_MATCH_AFTER,
        ),
        lambda e: (e.match_id,),
    ),
    _match,
)
