"""An offer: what someone can do for a neighbour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import OfferPosted, OfferWithdrawn, PostOffer, RequestOpened, WithdrawOffer
from services.exchange.help_request import known_request
from services.exchange.initiative import running_policy
from services.exchange.participant import taking_part
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context


@dataclass(slots=True)
class Offer:
    offer_id: UUID
    member_id: UUID
    category: str
    pc4: str
    initiative_id: UUID
    status: Literal["open", "withdrawn"]
    version: int = 0


def evolve(offer: Offer | None, event: OfferPosted | OfferWithdrawn, offer_id: UUID, at: datetime) -> Offer:
    if isinstance(event, OfferPosted):
        return Offer(offer_id, event.member_id, event.category, event.pc4, event.initiative_id, "open")
    assert offer is not None
    return replace(offer, status="withdrawn")


OFFER = Kind("offers", Offer, {e: lambda e: (e.offer_id,) for e in (OfferPosted, OfferWithdrawn)}, evolve)


def post(command: PostOffer, context: Context, state: State) -> list[Event]:
    participant = taking_part(state, command.member_id)
    check_area(context, participant.pc4)
    running_policy(state, command.initiative_id)
    drafts = [known_request(state, draft) for draft in participant.drafts]
    return [
        OfferPosted(
            offer_id=context.command_id,
            member_id=command.member_id,
            category=command.category,
            pc4=participant.pc4,
            initiative_id=command.initiative_id,
        ),
        *(
            RequestOpened(request_id=draft.request_id, member_id=command.member_id, because="offered")
            for draft in drafts
            if draft.initiative_id == command.initiative_id
        ),
    ]


def withdraw(command: WithdrawOffer, context: Context, state: State) -> list[Event]:
    offer = open_offer(state, command.offer_id)
    if offer.member_id != command.member_id:
        raise Rejected(
            "not_theirs",
            "Dit aanbod is van iemand anders. Kijk het na.",
            "This offer is someone else's. Please check.",
        )
    check_area(context, offer.pc4)
    return [
        OfferWithdrawn(offer_id=offer.offer_id, member_id=offer.member_id, initiative_id=offer.initiative_id)
    ]


def open_offer(state: State, offer_id: UUID) -> Offer:
    """The offer if it stands, or a kind no."""
    offer = state.get(OFFER, offer_id)
    if offer is None:
        raise Rejected(
            "unknown_offer",
            "Dit aanbod kennen wij niet. Kijk het na.",
            "We do not know this offer. Please check.",
        )
    if offer.status != "open":
        raise Rejected(
            "withdrawn",
            "Dit aanbod is ingetrokken. Kies iemand anders.",
            "This offer was withdrawn. Choose someone else.",
        )
    return offer
