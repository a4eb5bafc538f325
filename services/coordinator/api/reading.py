"""What all reads share: who reads, whether they may, and what is unknown to them.

Who may read what follows `contracts.access`: reading something asks the same right as the
query that tells about it. Names and free text are asked for at the moment of reading.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from contracts import envelope
from contracts.access import allowed
from contracts.envelope import Actor, Role
from contracts.exchange import GetMatch, GetTexts, Texts
from services.coordinator.desk import Desk
from services.coordinator.outcome import match_seen
from services.coordinator.projections.exchange import MatchSeen
from services.kernel.errors import NOT_ALLOWED, Rejected, Transient


def actor(request: Request) -> Actor:
    found: Actor = request.state.holder.actor
    return found


type Reader = Annotated[Actor, Depends(actor)]


def may_ask(actor: Actor, query: envelope.Query) -> None:
    """Raises Rejected when this actor may not put this question."""
    if not allowed(actor, query):
        raise not_allowed()


def only(actor: Actor, *roles: Role) -> None:
    """Raises Rejected when this actor has none of these roles."""
    if actor.role not in roles:
        raise not_allowed()


def not_allowed() -> Rejected:
    return Rejected(NOT_ALLOWED.code, NOT_ALLOWED.nl, NOT_ALLOWED.en)


def unknown(code: str, nl: str, en: str) -> Rejected:
    return Rejected(code, f"{nl} kennen wij niet. Kijk het na.", f"We do not know this {en}. Please check.")


PRIVATE_REASONS = frozenset(
    {"no_show", "asker_absent", "incident", "vog_lapsed", "consent_withdrawn", "paused", "left"}
)
"""Why a match fell through, where that says something about one of the two: to them it is called off."""


def told_reason(reason: str | None) -> str | None:
    """Why a match fell through, as the two people themselves may read it."""
    return "cancelled" if reason in PRIVATE_REASONS else reason


_ACTS_FOR = """
SELECT member_id FROM representations_seen WHERE representative_id = $1 AND stands
 UNION SELECT household_id FROM households_seen WHERE member_id = $1 AND belongs AND may_act
"""


async def concerns(desk: Desk, actor: Actor, *people: UUID | None) -> bool:
    """Whether a member is one of these people, or may act for one; others than members read it anyhow."""
    if actor.role is not Role.MEMBER or actor.member_id in people:
        return True
    rows = await desk.fetch(_ACTS_FOR, actor.member_id)
    return any(row["member_id"] in people for row in rows)


async def match_of(desk: Desk, actor: Actor, match_id: UUID) -> MatchSeen:
    """The match, if this actor may see it; to others it is unknown. Raises Rejected."""
    may_ask(actor, GetMatch(match_id=match_id))
    match = await match_seen(desk, match_id)
    if match is None or not await concerns(desk, actor, match.helper_id, match.asker_id):
        raise unknown("unknown_match", "Deze koppeling", "match")
    return match


async def text_of(desk: Desk, actor: Actor, entity_id: UUID) -> str | None:
    """The free text, asked for now; None when this actor may not read it or exchange is away."""
    try:
        return (await desk.ask(GetTexts(ids=(entity_id,)), Texts, actor)).texts.get(entity_id)
    except Transient:
        return None
