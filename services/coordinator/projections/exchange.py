"""What exchange says: offers, requests for help, and the matches between them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

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
    RequestStatus,
    RequestWithdrawn,
)
from services.kernel.entity import Kind


@dataclass(slots=True)
class OfferSeen:
    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    status: Literal["open", "withdrawn"]
    posted_at: datetime
    version: int = 0


def _offer(
    offer: OfferSeen | None, event: OfferPosted | OfferWithdrawn, offer_id: UUID, at: datetime
) -> OfferSeen:
    if isinstance(event, OfferPosted):
        return OfferSeen(offer_id, event.member_id, event.category, event.pc4, "open", at)
    assert offer is not None
    return replace(offer, status="withdrawn")


OFFERS = Kind(
    "offers_seen", OfferSeen, {e: lambda e: (e.offer_id,) for e in (OfferPosted, OfferWithdrawn)}, _offer
)


@dataclass(slots=True)
class RequestSeen:
    """`match_id` is the match that runs for it, if any; times are UTC."""

    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None
    urgency: str
    wish: str
    status: RequestStatus
    requested_at: datetime
    match_id: UUID | None = None
    version: int = 0


def _request(
    request: RequestSeen | None,
    event: HelpRequested
    | RequestWithdrawn
    | MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MatchCompleted,
    request_id: UUID,
    at: datetime,
) -> RequestSeen:
    if isinstance(event, HelpRequested):
        return RequestSeen(**event.model_dump(), status="open", requested_at=at)
    assert request is not None
    match event:
        case RequestWithdrawn():
            return replace(request, status="withdrawn")
        case MatchReserved():
            return replace(request, status="matching", match_id=event.match_id)
        case MatchConfirmed():
            return replace(request, status="matched")
        case MatchFellThrough():
            withdrawn = request.status == "withdrawn"
            return replace(request, status="withdrawn" if withdrawn else "open", match_id=None)
        case MatchCompleted():
            return replace(request, status="done")
        case _:
            assert_never(event)


REQUESTS = Kind(
    "requests_seen",
    RequestSeen,
    {
        e: lambda e: (e.request_id,)
        for e in (
            HelpRequested,
            RequestWithdrawn,
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MatchCompleted,
        )
    },
    _request,
)


@dataclass(slots=True)
class MatchSeen:
    """`confirmed_at` stays, also when the match ends: it says that the match once stood.

    `minutes_differ`: both reported, and not the same; a person must look at it.
    """

    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    status: MatchStatus
    reason: str | None
    helper_minutes: int | None
    asker_minutes: int | None
    minutes_differ: bool
    reserved_at: datetime
    confirmed_at: datetime | None
    changed_at: datetime
    version: int = 0


def _match(
    found: MatchSeen | None,
    event: MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MinutesReported
    | MinutesDiffered
    | MinutesAgreed
    | MatchCompleted
    | MatchUnbooked,
    match_id: UUID,
    at: datetime,
) -> MatchSeen:
    if isinstance(event, MatchReserved):
        return MatchSeen(
            **event.model_dump(),
            status="reserved",
            reason=None,
            helper_minutes=None,
            asker_minutes=None,
            minutes_differ=False,
            reserved_at=at,
            confirmed_at=None,
            changed_at=at,
        )
    assert found is not None
    found = replace(found, changed_at=at)
    match event:
        case MatchConfirmed():
            return replace(found, status="confirmed", confirmed_at=at)
        case MatchFellThrough():
            return replace(found, status="fell_through", reason=event.reason, minutes_differ=False)
        case MinutesReported():
            if event.by == "helper":
                return replace(found, helper_minutes=event.minutes)
            return replace(found, asker_minutes=event.minutes)
        case MinutesDiffered():
            return replace(found, minutes_differ=True)
        case MinutesAgreed():
            return replace(found, status="agreed", minutes_differ=False)
        case MatchCompleted():
            return replace(found, status="completed")
        case MatchUnbooked():
            return replace(found, status="unbooked")
        case _:
            assert_never(event)


MATCHES = Kind(
    "matches_seen",
    MatchSeen,
    {
        e: lambda e: (e.match_id,)
        for e in (
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MinutesReported,
            MinutesDiffered,
            MinutesAgreed,
            MatchCompleted,
            MatchUnbooked,
        )
    },
    _match,
)
