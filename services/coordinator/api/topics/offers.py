"""Offers: what people can do for a neighbour."""

from uuid import UUID

from fastapi import FastAPI

from contracts.exchange import GetTexts, PostOffer, WithdrawOffer
from services.coordinator.api.answers import gone, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask, text_of, unknown
from services.coordinator.api.shapes import Offer
from services.coordinator.desk import Desk

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/offers", PostOffer, made, "Offer help", "offers", "/v1/offers/{id}"),
    Route("DELETE", "/v1/offers/{offer_id}", WithdrawOffer, gone, "Withdraw an offer", "offers"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/offers/{offer_id}", operation_id="get-offer", tags=["offers"])
    async def get_offer(offer_id: UUID, actor: Reader) -> Offer:
        """An offer, with its text."""
        may_ask(actor, GetTexts(ids=(offer_id,)))
        row = await desk.row("SELECT * FROM offers_seen WHERE offer_id = $1", offer_id)
        if row is None:
            raise unknown("unknown_offer", "Dit aanbod", "offer")
        return Offer(**row, text=await text_of(desk, actor, offer_id))
