"""What can be read: this instance's projections, and questions passed on to the services.

Who may read what follows `contracts.access`: reading something asks the same right as the
query that tells about it.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request

from contracts import envelope
from contracts.access import allowed
from contracts.envelope import Actor, Role
from contracts.exchange import (
    Favours,
    GetMatch,
    GetTexts,
    RankedHelpers,
    RankHelpers,
    SuggestReturnFavours,
    Texts,
)
from contracts.ledger import GetBalances
from contracts.members import Contacts, GetContacts, GetPeople, People
from services.coordinator.api.shapes import (
    Account,
    HelpRequest,
    Match,
    Member,
    Offer,
    Proposals,
    WorkItem,
    WorkItems,
)
from services.coordinator.desk import Desk
from services.coordinator.outcome import match_seen
from services.coordinator.projections.exchange import MatchSeen
from services.coordinator.work import WorkCode, work_counts, work_list
from services.kernel.errors import NOT_ALLOWED, Rejected, Transient

SMALLEST_COUNT_SHOWN = 5


def actor(request: Request) -> Actor:
    found: Actor = request.state.holder.actor
    return found


type Reader = Annotated[Actor, Depends(actor)]


def may_ask(actor: Actor, query: envelope.Query) -> None:
    """Raises Rejected when this actor may not put this question."""
    if not allowed(actor, query):
        raise Rejected(NOT_ALLOWED.code, NOT_ALLOWED.nl, NOT_ALLOWED.en)


def unknown(code: str, nl: str, en: str) -> Rejected:
    return Rejected(code, f"{nl} kennen wij niet. Kijk het na.", f"We do not know this {en}. Please check.")


def add_reads(api: FastAPI, desk: Desk) -> None:
    """Add everything that can be read to the API."""
    _members_and_accounts(api, desk)
    _offers_and_requests(api, desk)
    _matches(api, desk)
    _work(api, desk)


def _members_and_accounts(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/members/{member_id}", operation_id="get-member", tags=["members"])
    async def get_member(member_id: UUID, actor: Reader) -> Member:
        """A member, with name and ways of contact. Members see themselves, coordinators everyone."""
        about = GetPeople(member_ids=(member_id,))
        may_ask(actor, about)
        row = await desk.row("SELECT * FROM members_seen WHERE member_id = $1", member_id)
        if row is None:
            raise unknown("unknown_member", "Deze deelnemer", "participant")
        people = (await desk.ask(about, People, actor)).people
        person: dict[str, Any] = people[0].model_dump() if people else {}
        hidden = dict.fromkeys(("name", "email", "phone", "street", "house_number", "shares_contact"))
        return Member(**{**hidden, **person, **row})

    @api.get("/v1/accounts/{account_id}", operation_id="get-account", tags=["accounts"])
    async def get_account(account_id: UUID, actor: Reader) -> Account:
        """A balance in minutes. An account has its member's id; members see their own."""
        may_ask(actor, GetBalances(account_ids=(account_id,)))
        row = await desk.row(
            "SELECT *, balance_minutes - held_minutes AS available_minutes FROM balances_seen "
            "WHERE account_id = $1",
            account_id,
        )
        if row is None:
            raise unknown("unknown_account", "Deze rekening", "account")
        return Account(**row)


def _offers_and_requests(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/offers/{offer_id}", operation_id="get-offer", tags=["offers"])
    async def get_offer(offer_id: UUID, actor: Reader) -> Offer:
        """An offer, with its text."""
        may_ask(actor, GetTexts(ids=(offer_id,)))
        row = await desk.row("SELECT * FROM offers_seen WHERE offer_id = $1", offer_id)
        if row is None:
            raise unknown("unknown_offer", "Dit aanbod", "offer")
        return Offer(**row, text=await text_of(desk, actor, offer_id))

    @api.get("/v1/help-requests/{request_id}", operation_id="get-help-request", tags=["help-requests"])
    async def get_help_request(request_id: UUID, actor: Reader) -> HelpRequest:
        """A request for help, with its text. Members see their own."""
        may_ask(actor, GetTexts(ids=(request_id,)))
        row = await desk.row("SELECT * FROM requests_seen WHERE request_id = $1", request_id)
        if row is None or (actor.role is Role.MEMBER and actor.member_id != row["member_id"]):
            raise unknown("unknown_request", "Deze hulpvraag", "request")
        return HelpRequest(**row, text=await text_of(desk, actor, request_id))

    @api.get("/v1/help-requests/{request_id}/proposals", operation_id="rank-helpers", tags=["help-requests"])
    async def rank_helpers(
        request_id: UUID, actor: Reader, limit: Annotated[int, Query(ge=1, le=50)] = 5
    ) -> Proposals:
        """Who can help with this request, best first, with reasons in words. For coordinators."""
        ranked = await desk.ask(RankHelpers(request_id=request_id, limit=limit), RankedHelpers, actor)
        # A small count could point at one person.
        excluded = {why: n if n >= SMALLEST_COUNT_SHOWN else None for why, n in ranked.excluded.items()}
        return Proposals(helpers=ranked.helpers, found=ranked.found, excluded=excluded)


def _matches(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/matches/{match_id}", operation_id="get-match", tags=["matches"])
    async def get_match(match_id: UUID, actor: Reader) -> Match:
        """A match as it is now. Members see those they are part of."""
        return Match.model_validate(await match_of(desk, actor, match_id), from_attributes=True)

    @api.get("/v1/matches/{match_id}/contact", operation_id="get-contact", tags=["matches"])
    async def get_contact(match_id: UUID, actor: Reader) -> Contacts:
        """How to reach the other, while the match is confirmed. Every look is logged."""
        return await desk.ask(GetContacts(contact_id=match_id), Contacts, actor)

    @api.get("/v1/matches/{match_id}/return-favours", operation_id="suggest-return-favours", tags=["matches"])
    async def suggest_return_favours(match_id: UUID, actor: Reader) -> Favours:
        """Three small things to do in return: for the member who asks, else for who was helped."""
        match = await match_of(desk, actor, match_id)
        member_id = actor.member_id or match.asker_id
        return await desk.ask(SuggestReturnFavours(member_id=member_id), Favours, actor)


def _work(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/work-items", operation_id="list-work-items", tags=["work-items"])
    async def list_work_items(
        actor: Reader, kind: WorkCode | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> WorkItems:
        """What waits for a coordinator: what presses first, then the longest wait."""
        if actor.role is not Role.COORDINATOR:
            raise Rejected(NOT_ALLOWED.code, NOT_ALLOWED.nl, NOT_ALLOWED.en)
        waiting = await work_list(desk, kind=kind, limit=limit)
        return WorkItems(
            items=[WorkItem.model_validate(each, from_attributes=True) for each in waiting],
            counts=await work_counts(desk),
        )


async def match_of(desk: Desk, actor: Actor, match_id: UUID) -> MatchSeen:
    """The match, if this actor may see it; to others it is unknown. Raises Rejected."""
    may_ask(actor, GetMatch(match_id=match_id))
    match = await match_seen(desk, match_id)
    if match is None or (
        actor.role is Role.MEMBER and actor.member_id not in (match.helper_id, match.asker_id)
    ):
        raise unknown("unknown_match", "Deze koppeling", "match")
    return match


async def text_of(desk: Desk, actor: Actor, entity_id: UUID) -> str | None:
    """The free text, asked for now; None when this actor may not read it or exchange is away."""
    try:
        return (await desk.ask(GetTexts(ids=(entity_id,)), Texts, actor)).texts.get(entity_id)
    except Transient:
        return None
