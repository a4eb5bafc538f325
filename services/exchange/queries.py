"""What exchange answers: ranked helpers, texts, matches, small favours."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import orjson

from contracts.categories import CATEGORIES, Intimacy
from contracts.envelope import Actor, Role
from contracts.exchange import (
    ConfirmMatch,
    Favours,
    GetMatch,
    GetParticipants,
    GetTexts,
    Match,
    Participants,
    RankedHelpers,
    RankHelpers,
    ReserveMatch,
    SuggestReturnFavours,
    Texts,
)
from contracts.members import Excluded, FindExcluded
from services.exchange import matching, return_favour
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica

_SELF = Actor(role=Role.SERVICE, name="exchange")


async def _too_close(replica: Replica, asker_id: UUID, category: str, wish: str) -> Collection[UUID]:
    """Ids members leaves out for this asker; exchange neither keeps nor publishes them."""
    strict = CATEGORIES[category].intimacy is Intimacy.HIGH
    if not strict and wish == "none":
        return ()
    query = FindExcluded.model_validate({"asker_id": asker_id, "strict": strict, "wish": wish})
    return frozenset((await replica.bus.ask(query, Excluded, _SELF)).member_ids)


async def prepare_confirm(replica: Replica, command: ConfirmMatch, actor: Actor) -> ReserveMatch:
    """Ask members, before the command's turn, whether this helper is too close to the asker."""
    row = await replica.pool.fetchrow(
        "SELECT r.member_id AS asker_id, r.category, r.wish, o.member_id AS helper_id "
        "FROM requests r, offers o WHERE r.request_id = $1 AND o.offer_id = $2",
        command.request_id,
        command.offer_id,
    )
    too_close = False
    if row is not None:
        too_close = row["helper_id"] in await _too_close(
            replica, row["asker_id"], row["category"], row["wish"]
        )
    return ReserveMatch(request_id=command.request_id, offer_id=command.offer_id, too_close=too_close)


async def rank_helpers(replica: Replica, query: RankHelpers, actor: Actor) -> RankedHelpers:
    request = await replica.pool.fetchrow(
        "SELECT member_id, category, pc4, minutes, wish FROM requests WHERE request_id = $1", query.request_id
    )
    if request is None:
        raise Rejected(
            "unknown_request",
            "Deze hulpvraag kennen wij niet. Kijk het na.",
            "We do not know this request. Please check.",
        )
    excluded, areas = await asyncio.gather(
        _too_close(replica, request["member_id"], request["category"], request["wish"]),
        replica.pool.fetch(
            "SELECT pc4, count(*) AS offers FROM offers WHERE category = $1 AND status = 'open' GROUP BY pc4",
            request["category"],
        ),
    )
    near = matching.nearest_areas(request["pc4"], {row["pc4"]: row["offers"] for row in areas})
    rows = await replica.pool.fetch(
        "SELECT o.offer_id, o.member_id, p.number, o.pc4, p.capacity_minutes_week, p.reserved_minutes, "
        "p.helped_minutes FROM (SELECT offer_id, member_id, pc4 FROM offers WHERE category = $1 "
        "AND status = 'open' AND pc4 = ANY($2) ORDER BY array_position($2, pc4), offer_id LIMIT $3) o "
        "JOIN participants p ON p.participant_id = o.member_id",
        request["category"],
        near,
        matching.WEIGHED,
    )
    return matching.rank(
        (matching.Candidate(*row) for row in rows),
        asker_id=request["member_id"],
        pc4=request["pc4"],
        minutes=request["minutes"],
        excluded=excluded,
        limit=query.limit,
    )


async def get_texts(replica: Replica, query: GetTexts, actor: Actor) -> Texts:
    """Offers may be read by members; the text of a request only by who asked, and coordinators."""
    rows = await replica.pool.fetch(
        "SELECT entity, entity_id, person_id, data FROM vault WHERE entity_id = ANY($1)", list(query.ids)
    )
    return Texts(
        texts={
            row["entity_id"]: orjson.loads(row["data"])["text"]
            for row in rows
            if actor.role is not Role.MEMBER
            or row["entity"] == "offer"
            or row["person_id"] == actor.member_id
        }
    )


async def get_match(replica: Replica, query: GetMatch, actor: Actor) -> Match:
    row = await replica.pool.fetchrow("SELECT * FROM matches WHERE match_id = $1", query.match_id)
    if row is None or (
        actor.role is Role.MEMBER and actor.member_id not in (row["helper_id"], row["asker_id"])
    ):
        raise Rejected(
            "unknown_match",
            "Deze koppeling kennen wij niet. Kijk het na.",
            "We do not know this match. Please check.",
        )
    return Match(**dict(row))


async def get_participants(replica: Replica, query: GetParticipants, actor: Actor) -> Participants:
    rows = await replica.pool.fetch(
        "SELECT participant_id FROM participants WHERE participant_id = ANY($1)", list(query.member_ids)
    )
    return Participants(member_ids=tuple(row["participant_id"] for row in rows))


async def suggest_return_favours(replica: Replica, query: SuggestReturnFavours, actor: Actor) -> Favours:
    rows = await replica.pool.fetch(
        "SELECT DISTINCT category FROM offers WHERE member_id = $1 AND status = 'open'", query.member_id
    )
    return return_favour.suggest(query.member_id, {row["category"] for row in rows})
