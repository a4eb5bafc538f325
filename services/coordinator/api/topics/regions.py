"""Other regions: help that is lent, hours that go to and fro, how the regions stand."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.access import allowed
from contracts.clearing import AnswerCap, GetPositions, Positions, ProposeCap
from contracts.crossings import AnswerSettlement, DecideTransfer, GiveAcross, ProposeSettlement
from contracts.envelope import Actor, Role
from contracts.link import PeerContact
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    LendHelper,
    ReportLoanMinutes,
    ResolveLoan,
    RetryLoan,
    SeekHelp,
    TakeHelper,
)
from services.coordinator.api.answers import changed, gone, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, concerns, not_allowed, only, unknown
from services.coordinator.api.shapes import Crossing, Loan, Loans
from services.coordinator.desk import Desk
from services.coordinator.peer_contact import ask_contact as ask_contact_of
from services.coordinator.projections.regions import OWN_PLACE

_ONE = "/v1/loans/{loan_id}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/help-requests/{request_id}/appeals", SeekHelp, made, "Ask other regions", "regions"),
    Route("POST", f"{_ONE}/proposals", LendHelper, changed, "Propose a helper to another region", "regions"),
    Route("POST", f"{_ONE}/choices", TakeHelper, changed, "Choose another region's helper", "regions"),
    Route("POST", f"{_ONE}/agreements", AgreeToLoan, changed, "Agree to it", "regions"),
    Route("POST", f"{_ONE}/minutes", ReportLoanMinutes, changed, "Say how long it took", "regions"),
    Route("POST", f"{_ONE}/retries", RetryLoan, changed, "Transfer the hours once more", "regions"),
    Route(
        "POST",
        f"{_ONE}/resolutions",
        ResolveLoan,
        changed,
        "Minutes of what had ended were talked about",
        "regions",
    ),
    Route("DELETE", _ONE, EndLoan, gone, "Call it off, or say no", "regions"),
    Route(
        "POST",
        "/v1/region-transfers",
        GiveAcross,
        made,
        "Give minutes to someone in another region",
        "regions",
        "/v1/region-transfers/{id}",
    ),
    Route(
        "POST",
        "/v1/region-transfers/{crossing_id}/decisions",
        DecideTransfer,
        changed,
        "Say how a stranded transfer stands in the other region",
        "regions",
    ),
    Route("POST", "/v1/clearing-caps", ProposeCap, made, "Propose how far a position may go", "regions"),
    Route(
        "POST",
        "/v1/clearing-caps/{proposal_id}/answers",
        AnswerCap,
        changed,
        "Answer such a proposal",
        "regions",
    ),
    Route("POST", "/v1/settlements", ProposeSettlement, made, "Propose to settle a position", "regions"),
    Route(
        "POST",
        "/v1/settlements/{crossing_id}/answers",
        AnswerSettlement,
        changed,
        "Answer such a proposal",
        "regions",
    ),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/loans", operation_id="list-loans", tags=["regions"])
    async def list_loans(
        actor: Reader,
        request_id: UUID | None = None,
        over: bool = False,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Loans:
        """Help to and from other regions that runs (`over`: that is over), last changed first."""
        only(actor, Role.COORDINATOR)
        rows = await desk.fetch(
            "SELECT * FROM loans_seen WHERE (status IN ('completed', 'ended')) = $1 "
            "AND ($2::uuid IS NULL OR request_id = $2) "
            f"AND (cardinality($3::text[]) = 0 OR {OWN_PLACE} IS NULL OR {OWN_PLACE} = ANY($3)) "
            "ORDER BY changed_at DESC, loan_id LIMIT $4",
            over,
            request_id,
            list(actor.areas),
            limit,
        )
        return Loans(items=[Loan(**row) for row in rows])

    @api.get(_ONE, operation_id="get-loan", tags=["regions"])
    async def get_loan(loan_id: UUID, actor: Reader) -> Loan:
        """Help to or from another region, as it is now. Members see their own."""
        return Loan(**await loan_of(desk, actor, loan_id))

    @api.get(f"{_ONE}/contact", operation_id="ask-contact", tags=["regions"])
    async def ask_contact(loan_id: UUID, actor: Reader) -> PeerContact:
        """How to reach the other person, asked of their region now and kept nowhere.

        For coordinators of the area of the own person; every look is logged.
        """
        only(actor, Role.COORDINATOR)
        return await ask_contact_of(desk, actor, loan_id, origin="api")

    @api.get("/v1/region-transfers/{crossing_id}", operation_id="get-region-transfer", tags=["regions"])
    async def get_region_transfer(crossing_id: UUID, actor: Reader) -> Crossing:
        """What became of hours that go to another region, or come from one. Members see their own."""
        only(actor, Role.COORDINATOR, Role.MEMBER, Role.OPERATOR)
        row = await desk.row("SELECT * FROM crossings_seen WHERE crossing_id = $1", crossing_id)
        mine = row is not None and row["payer_id" if row["ours"] else "payee_id"]
        if row is None or (actor.role is Role.MEMBER and not await concerns(desk, actor, mine or None)):
            raise unknown("unknown_transfer", "Deze overdracht", "transfer")
        return Crossing(**row)

    @api.get("/v1/positions", operation_id="get-positions", tags=["regions"])
    async def get_positions(actor: Reader) -> Positions:
        """How this region stands with each other region: totals only."""
        query = GetPositions()
        if not allowed(actor, query):
            raise not_allowed()
        return await desk.ask(query, Positions, actor)


async def loan_of(desk: Desk, actor: Actor, loan_id: UUID) -> dict[str, Any]:
    """What is known of a loan, for who may see it; to others it is unknown. Raises Rejected."""
    only(actor, Role.COORDINATOR, Role.MEMBER)
    row = await desk.row("SELECT * FROM loans_seen WHERE loan_id = $1", loan_id)
    if row is None or not await concerns(desk, actor, row["member_id"]):
        raise unknown("unknown_loan", "Deze hulp tussen regio's", "help between regions")
    return dict(row)
