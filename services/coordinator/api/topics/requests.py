"""Requests for help: asking, once or again and again, and who can help."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.exchange import GetTexts, RequestHelp, WithdrawRequest
from contracts.proposals import ExclusionReason, RankedHelpers, RankHelpers
from services.coordinator.api.answers import asked, gone
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, concerns, may_ask, text_of, unknown
from services.coordinator.api.shapes import HelpRequest, Proposals
from services.coordinator.desk import Desk

SMALLEST_COUNT_SHOWN = 5

_ONE = "/v1/help-requests/{request_id}"

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/help-requests",
        RequestHelp,
        asked,
        "Ask for help",
        "help-requests",
        "/v1/help-requests/{id}",
    ),
    Route("DELETE", _ONE, WithdrawRequest, gone, "Withdraw a request", "help-requests"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get(_ONE, operation_id="get-help-request", tags=["help-requests"])
    async def get_help_request(request_id: UUID, actor: Reader) -> HelpRequest:
        """A request for help, with its text.

        Members see their own, what they asked for someone, and those of whom they may act for.
        """
        may_ask(actor, GetTexts(ids=(request_id,)))
        row = await desk.row("SELECT * FROM requests_seen WHERE request_id = $1", request_id)
        if row is None or not await concerns(desk, actor, row["member_id"], row["asked_by"]):
            raise unknown("unknown_request", "Deze hulpvraag", "request")
        return HelpRequest(**row, text=await text_of(desk, actor, request_id))

    @api.get(f"{_ONE}/proposals", operation_id="rank-helpers", tags=["help-requests"])
    async def rank_helpers(
        request_id: UUID, actor: Reader, limit: Annotated[int, Query(ge=1, le=50)] = 5
    ) -> Proposals:
        """Who can help with this request, best first, with reasons in words. For coordinators."""
        ranked = await desk.ask(RankHelpers(request_id=request_id, limit=limit), RankedHelpers, actor)
        # A small count could point at one person, and so could that there is one.
        counts = {why: ranked.excluded.get(why, 0) for why in get_args(ExclusionReason)}
        excluded = {why: n if n >= SMALLEST_COUNT_SHOWN else None for why, n in counts.items()}
        return Proposals(helpers=ranked.helpers, found=ranked.found, excluded=excluded)
