"""The people, services and beginnings that the unit tests share. All invented."""

from datetime import timedelta
from uuid import UUID

from contracts.envelope import Actor, Event, Role
from contracts.exchange import (
    FellThroughReason,
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    MinutesAgreed,
    OfferPosted,
    OfferWithdrawn,
    RequestWithdrawn,
)
from contracts.initiatives import THE_INITIATIVE, PolicyChanged
from contracts.participants import ParticipantAdmitted
from contracts.policy import Policy
from services.exchange import app as exchange_app
from services.kernel.settings import Region
from services.kernel.testing import NOW, Specification
from services.ledger import app as ledger_app
from services.members import app as members_app
from services.notifications import app as notifications_app

REGION = Region(region="voorbeeld", name="Voorbeeld")
members = Specification(members_app.service(REGION))
exchange = Specification(exchange_app.service(REGION))
ledger = Specification(ledger_app.service(REGION))
notifications = Specification(notifications_app.service(REGION))

ANNA, BRAM, CORA = UUID(int=0xA), UUID(int=0xB), UUID(int=0xC)
OFFER, REQUEST, MATCH = UUID(int=0x0F), UUID(int=0x1F), UUID(int=0x2F)
TOMORROW = NOW + timedelta(days=1)
NEXT_WEEK = NOW + timedelta(weeks=1)
LAST_WEEK = NOW - timedelta(weeks=1)
ELSEWHERE = Actor(role=Role.COORDINATOR, name="coordinator-2", areas=("1012",))
"""A coordinator whose area is not that of the people here."""


def as_member(member_id: UUID) -> Actor:
    return Actor(role=Role.MEMBER, name="key-1", member_id=member_id)


def but[E: Event](event: E, **otherwise: object) -> E:
    """The same event with some things otherwise."""
    return type(event).model_validate({**event.model_dump(), **otherwise})


def policy(**rules: object) -> PolicyChanged:
    """The initiative in which everything happens here, with other rules."""
    return PolicyChanged(initiative_id=THE_INITIATIVE, policy=Policy.model_validate(rules))


def admitted(
    member_id: UUID, *, number: int = 1042, capacity_minutes: int = 240, carer_minutes: int = 0
) -> ParticipantAdmitted:
    return ParticipantAdmitted(
        participant_id=member_id,
        number=number,
        pc4="3512",
        capacity_minutes_week=capacity_minutes,
        carer_minutes_week=carer_minutes,
    )


def offered(member_id: UUID = BRAM, *, offer_id: UUID = OFFER, category: str = "gardening") -> OfferPosted:
    return OfferPosted(offer_id=offer_id, member_id=member_id, category=category, pc4="3512")


def asked(
    member_id: UUID = ANNA, *, request_id: UUID = REQUEST, minutes: int = 90, category: str = "gardening"
) -> HelpRequested:
    return HelpRequested(
        request_id=request_id,
        member_id=member_id,
        category=category,
        pc4="3512",
        minutes=minutes,
        wanted_at=TOMORROW,
    )


def reserved(*, match_id: UUID = MATCH, request_id: UUID = REQUEST, minutes: int = 90) -> MatchReserved:
    return MatchReserved(
        match_id=match_id,
        request_id=request_id,
        offer_id=OFFER,
        helper_id=BRAM,
        asker_id=ANNA,
        category="gardening",
        minutes=minutes,
        wanted_at=TOMORROW,
        by="coordinator-1",
    )


A_MATCH = reserved()


def confirmed(of: MatchReserved = A_MATCH) -> MatchConfirmed:
    return MatchConfirmed(**of.model_dump())


def fell_through(
    reason: FellThroughReason = "cancelled", *, told: bool = True, of: MatchReserved = A_MATCH
) -> MatchFellThrough:
    return MatchFellThrough(**of.model_dump(), reason=reason, told=told)


def agreed(minutes: int = 60, of: MatchReserved = A_MATCH) -> MinutesAgreed:
    return MinutesAgreed(**{**of.model_dump(), "minutes": minutes})


def completed(minutes: int = 60, of: MatchReserved = A_MATCH) -> MatchCompleted:
    return MatchCompleted(**{**of.model_dump(), "minutes": minutes}, reserved_minutes=of.minutes)


OFFER_WITHDRAWN = OfferWithdrawn(offer_id=OFFER, member_id=BRAM)
REQUEST_WITHDRAWN = RequestWithdrawn(request_id=REQUEST, member_id=ANNA)

# Anna asks, Bram offers; a coordinator brings them together.
AN_OFFER_AND_A_REQUEST = (
    admitted(ANNA, number=1041),
    admitted(BRAM, number=1042),
    offered(),
    asked(),
)
A_RESERVED_MATCH = (*AN_OFFER_AND_A_REQUEST, reserved())
A_CONFIRMED_MATCH = (*A_RESERVED_MATCH, confirmed())
