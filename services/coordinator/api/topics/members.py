"""Members: signing up, how much they can care, how to reach them, leaving."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.envelope import Role
from contracts.exchange import GetParticipants, Participants
from contracts.initiatives import WaiveReciprocity
from contracts.members import (
    ApproveMember,
    ChangeCapacity,
    ChangeContactDetails,
    ChooseChannel,
    DeclineMember,
    EraseMember,
    GetPeople,
    GiveGuardianConsent,
    LeaveMembership,
    NoteAgeBand,
    PauseHelping,
    People,
    RegisterMember,
    ResumeHelping,
    WithdrawGuardianConsent,
)
from contracts.proposals import Favours, SuggestReturnFavours
from contracts.vetting import RecordVog
from services.coordinator.api.answers import changed, gone, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask, told_reason, unknown
from services.coordinator.api.shapes import History, HistoryLine, Member, Vog, Vogs
from services.coordinator.desk import Desk
from services.coordinator.projections.history import CONFIDENTIAL, readable

_ONE = "/v1/members/{member_id}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/members", RegisterMember, made, "Sign someone up", "members", "/v1/members/{id}"),
    Route("POST", f"{_ONE}/approvals", ApproveMember, changed, "Let them take part", "members"),
    Route("POST", f"{_ONE}/declinations", DeclineMember, changed, "Say no for now", "members"),
    Route("PUT", f"{_ONE}/capacity", ChangeCapacity, changed, "Help more or less a week", "members"),
    Route("PUT", f"{_ONE}/pause", PauseHelping, changed, "Do not help for a while", "members"),
    Route("DELETE", f"{_ONE}/pause", ResumeHelping, gone, "Help again", "members"),
    Route(
        "PATCH",
        f"{_ONE}/contact-details",
        ChangeContactDetails,
        changed,
        "Change name, address or ways of contact",
        "members",
    ),
    Route("PUT", f"{_ONE}/channel", ChooseChannel, changed, "Choose how to hear from us", "members"),
    Route("PUT", f"{_ONE}/age-band", NoteAgeBand, changed, "Note how old someone is", "members"),
    Route(
        "PUT",
        f"{_ONE}/guardian-consent",
        GiveGuardianConsent,
        changed,
        "A parent or guardian agrees",
        "members",
    ),
    Route(
        "DELETE",
        f"{_ONE}/guardian-consent",
        WithdrawGuardianConsent,
        gone,
        "A parent or guardian no longer agrees",
        "members",
    ),
    Route("POST", f"{_ONE}/vogs", RecordVog, changed, "A certificate of conduct was seen", "members"),
    Route("POST", f"{_ONE}/waivers", WaiveReciprocity, changed, "Let them ask without offering", "members"),
    Route("POST", f"{_ONE}/departures", LeaveMembership, changed, "No longer take part", "members"),
    Route("POST", f"{_ONE}/erasures", EraseMember, changed, "Leave, and erase all about them", "members"),
)

_KEPT_BACK = CONFIDENTIAL | {
    "match-reserved",
    "help-sought",
    "helper-lent",
    "helper-taken",
    "helper-confirmed",
    "helper-wanted",
    "loan-reminded",
    "loan-resolved",
}
"""Codes of lines that are for coordinators alone; nobody is told of a match before it stands."""

ENDS_HELP = ("match-fell-through", "helper-end-planned", "loan-ended")

_HISTORY = """
SELECT * FROM history WHERE person_id = $1 OR other_id = $1 ORDER BY at DESC, line_id LIMIT $2
"""
_OWN_HISTORY = """
SELECT * FROM history h WHERE (person_id = $1 OR other_id = $1) AND code <> ALL($3)
   AND (code <> 'match-fell-through' OR EXISTS
        (SELECT FROM matches_seen m WHERE m.match_id = h.match_id AND m.confirmed_at IS NOT NULL))
   AND (code <> 'loan-ended' OR EXISTS
        (SELECT FROM history c WHERE c.loan_id = h.loan_id AND c.code = 'loan-confirmed'))
 ORDER BY at DESC, line_id LIMIT $2
"""


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get(_ONE, operation_id="get-member", tags=["members"])
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
        return Member.model_validate({**hidden, **person, **row, **await _around(desk, member_id)})

    @api.get(f"{_ONE}/vogs", operation_id="list-vogs", tags=["members"])
    async def list_vogs(member_id: UUID, actor: Reader) -> Vogs:
        """The newest certificate of conduct in each category, also when it ended."""
        may_ask(actor, GetPeople(member_ids=(member_id,)))
        rows = await desk.fetch(
            "SELECT category, valid_until, recorded_at FROM vogs_seen WHERE member_id = $1 "
            "ORDER BY valid_until, category",
            member_id,
        )
        return Vogs(vogs=[Vog(**row) for row in rows])

    @api.get(f"{_ONE}/history", operation_id="list-history", tags=["members"])
    async def list_history(
        member_id: UUID, actor: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> History:
        """Everything that happened around someone, and who did it in whose name.

        Where help ended, who ended it is told only of those who work here; else it is null.
        Members read their own, without what is for coordinators alone; coordinators all of it, without
        what complaints and incidents they have a part in themselves.
        """
        may_ask(actor, GetPeople(member_ids=(member_id,)))
        if actor.role is not Role.MEMBER:
            told = readable(await desk.fetch(_HISTORY, member_id, limit), actor)
            return History(lines=[HistoryLine(**{**row, "actor": row["actor"] or None}) for row in told])
        rows = await desk.fetch(_OWN_HISTORY, member_id, limit, list(_KEPT_BACK))
        return History(lines=[_for_themselves(HistoryLine(**row)) for row in rows])

    @api.get(f"{_ONE}/return-favours", operation_id="suggest-member-favours", tags=["members"])
    async def suggest_member_favours(member_id: UUID, actor: Reader) -> Favours:
        """Three small things this member might like to do for a neighbour."""
        return await desk.ask(SuggestReturnFavours(member_id=member_id), Favours, actor)

    @api.get("/v1/participants", operation_id="get-participants", tags=["members"])
    async def get_participants(
        actor: Reader, member_id: Annotated[list[UUID], Query(min_length=1, max_length=500)]
    ) -> Participants:
        """Which of these members may post offers and ask for help by now."""
        return await desk.ask(GetParticipants(member_ids=tuple(member_id)), Participants, actor)


def _for_themselves(line: HistoryLine) -> HistoryLine:
    if line.code in ENDS_HELP:
        # Who ended it, or that nobody did, tells why.
        return line.model_copy(update={"actor": None, "reason": None})
    return line.model_copy(update={"reason": told_reason(line.reason)})


async def _around(desk: Desk, member_id: UUID) -> dict[str, Any]:
    """Where they belong, and who may act for them."""
    return {
        "households": await desk.fetch(
            "SELECT household_id, shares_balance, may_act FROM households_seen "
            "WHERE member_id = $1 AND belongs ORDER BY changed_at",
            member_id,
        ),
        "representatives": await desk.fetch(
            "SELECT representative_id, how FROM representations_seen "
            "WHERE member_id = $1 AND stands ORDER BY changed_at",
            member_id,
        ),
    }
