"""Matches and visits: choosing a helper, moving, skipping, minutes, thanks."""

from uuid import UUID

from fastapi import FastAPI

from contracts.envelope import Role
from contracts.exchange import CancelMatch, ConfirmMatch, ReportMinutes
from contracts.members import Contacts, GetContacts
from contracts.proposals import Favours, SuggestReturnFavours
from contracts.safety import DecideMinutes
from contracts.visits import MoveVisit, NoteNoShow, SkipVisit, ThankHelper
from services.coordinator.api.answers import changed, confirmed, decided, gone
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, match_of, told_reason
from services.coordinator.api.shapes import Match
from services.coordinator.desk import Desk

_ONE = "/v1/matches/{match_id}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/matches", ConfirmMatch, confirmed, "Choose a helper", "matches", "/v1/matches/{id}"),
    Route("DELETE", _ONE, CancelMatch, gone, "Call a match off", "matches"),
    Route("POST", f"{_ONE}/skips", SkipVisit, changed, "Leave one visit out", "matches"),
    Route("POST", f"{_ONE}/moves", MoveVisit, changed, "Move one visit", "matches"),
    Route("POST", f"{_ONE}/minutes", ReportMinutes, changed, "Say how long it took", "matches"),
    Route(
        "POST",
        f"{_ONE}/decisions",
        DecideMinutes,
        decided,
        "Decide how long it took",
        "matches",
        "/v1/matches/{id}",
    ),
    Route("POST", f"{_ONE}/no-shows", NoteNoShow, changed, "Someone was not there", "matches"),
    Route("POST", f"{_ONE}/thanks", ThankHelper, changed, "Thank the helper", "matches"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get(_ONE, operation_id="get-match", tags=["matches"])
    async def get_match(match_id: UUID, actor: Reader) -> Match:
        """A match as it is now. Members see their own, and those of whom they may act for."""
        match = Match.model_validate(await match_of(desk, actor, match_id), from_attributes=True)
        return match if actor.role is not Role.MEMBER else _without_others_reasons(match)

    @api.get(f"{_ONE}/contact", operation_id="get-contact", tags=["matches"])
    async def get_contact(match_id: UUID, actor: Reader) -> Contacts:
        """How to reach the other, while the match is confirmed. Every look is logged."""
        return await desk.ask(GetContacts(contact_id=match_id), Contacts, actor)

    @api.get(f"{_ONE}/return-favours", operation_id="suggest-return-favours", tags=["matches"])
    async def suggest_return_favours(match_id: UUID, actor: Reader) -> Favours:
        """Three small things to do in return: for the member who asks, else for who was helped."""
        match = await match_of(desk, actor, match_id)
        # A coordinator may take part too: what they ask for is about the match, not about themselves.
        own = actor.member_id if actor.role is Role.MEMBER else None
        member_id = own or match.asker_id
        return await desk.ask(SuggestReturnFavours(member_id=member_id), Favours, actor)


def _without_others_reasons(match: Match) -> Match:
    hidden = {"chosen_by": None, "decided_by": None, "no_show": None}
    return match.model_copy(update={**hidden, "reason": told_reason(match.reason)})
