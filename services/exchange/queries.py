"""What exchange answers: ranked helpers, texts, matches, series, initiatives, load, small favours."""

from datetime import UTC, datetime

import orjson

from contracts.envelope import Actor, Role
from contracts.exchange import GetMatch, GetParticipants, GetTexts, Match, Participants, Texts
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiative, Initiatives
from contracts.policy import Policy
from contracts.proposals import Favours, GetLoad, Load, SuggestReturnFavours
from contracts.visits import GetSeries, Series, Visit
from services.exchange import return_favour, spread
from services.exchange.match import unknown_match
from services.exchange.participant import faded
from services.exchange.week import week_of
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica

_POLICY = "SELECT reciprocity, compensation, floor_minutes, tolerance_minutes, most_running, from_band"


async def get_initiatives(replica: Replica, query: GetInitiatives, actor: Actor) -> Initiatives:
    """All of them; the one that always exists is there also when nobody ever changed it."""
    rows = await replica.pool.fetch(
        f"{_POLICY}, i.initiative_id, preset, status, v.data FROM initiatives i "
        "LEFT JOIN vault v ON v.entity_id = i.initiative_id AND v.entity = 'initiative' ORDER BY 7"
    )
    found = {
        row["initiative_id"]: Initiative(
            initiative_id=row["initiative_id"],
            name=orjson.loads(row["data"])["text"] if row["data"] else replica.region.name,
            preset=row["preset"],
            status=row["status"],
            policy=Policy(**dict(row)),
        )
        for row in rows
    }
    always = Initiative(
        initiative_id=THE_INITIATIVE, name=replica.region.name, preset="", status="running", policy=Policy()
    )
    return Initiatives(initiatives=tuple({THE_INITIATIVE: always, **found}.values()))


async def get_series(replica: Replica, query: GetSeries, actor: Actor) -> Series:
    row = await replica.pool.fetchrow("SELECT * FROM series WHERE series_id = $1", query.series_id)
    if row is None or (
        actor.role is Role.MEMBER and actor.member_id not in (row["helper_id"], row["asker_id"])
    ):
        raise Rejected(
            "unknown_series",
            "Deze terugkerende hulp kennen wij niet. Kijk het na.",
            "We do not know this recurring help. Please check.",
        )
    visits = await replica.pool.fetch(
        "SELECT r.request_id, r.wanted_at, r.minutes, r.status AS request_status, r.match_id, "
        "m.status AS match_status, m.helper_id FROM requests r LEFT JOIN matches m USING (match_id) "
        "WHERE r.series_id = $1 OR r.request_id = $1 ORDER BY r.wanted_at",
        query.series_id,
    )
    return Series(**dict(row), visits=tuple(Visit(**dict(visit)) for visit in visits))


async def get_load(replica: Replica, query: GetLoad, actor: Actor) -> Load:
    now = datetime.now(UTC)
    rows = await replica.pool.fetch(
        "SELECT p.capacity_minutes_week, p.carer_minutes_week, coalesce(w.relieved_minutes, 0) AS relieved, "
        "p.undated_minutes + coalesce(w.planned_minutes + w.done_minutes, 0) AS planned, "
        "p.helped_lately, p.helped_at FROM participants p "
        "LEFT JOIN weeks w ON w.member_id = p.participant_id AND w.week = $1 "
        "WHERE NOT p.gone AND (p.participant_id = $2 OR $2::uuid IS NULL) AND p.capacity_minutes_week > 0",
        week_of(now),
        query.member_id,
    )
    return spread.figures(
        [
            spread.Helping(
                row["capacity_minutes_week"],
                row["carer_minutes_week"],
                row["relieved"],
                row["planned"],
                faded(row["helped_lately"], row["helped_at"], now),
            )
            for row in rows
        ]
    )


_READABLE = {
    Role.COORDINATOR: ("offer", "request", "initiative", "waiver", "decision", "incident", "incident-end"),
    Role.MEMBER: ("offer", "request", "initiative", "thanks"),
    Role.SERVICE: ("offer", "request", "thanks"),
}
"""Which texts whom: what was said in an incident is for coordinators, kind words for those they are for."""


async def get_texts(replica: Replica, query: GetTexts, actor: Actor) -> Texts:
    """Offers may be read by members; other texts of members only by those they are of or for."""
    rows = await replica.pool.fetch(
        "SELECT entity, entity_id, person_id, other_id, data FROM vault "
        "WHERE entity_id = ANY($1) AND entity = ANY($2)",
        list(query.ids),
        list(_READABLE[actor.role]),
    )
    return Texts(
        texts={
            row["entity_id"]: orjson.loads(row["data"])["text"]
            for row in rows
            if actor.role is not Role.MEMBER
            or row["entity"] in ("offer", "initiative")
            or actor.member_id in (row["person_id"], row["other_id"])
        }
    )


async def get_match(replica: Replica, query: GetMatch, actor: Actor) -> Match:
    row = await replica.pool.fetchrow("SELECT * FROM matches WHERE match_id = $1", query.match_id)
    if row is None or (
        actor.role is Role.MEMBER and actor.member_id not in (row["helper_id"], row["asker_id"])
    ):
        raise unknown_match()
    return Match(**dict(row))


async def get_participants(replica: Replica, query: GetParticipants, actor: Actor) -> Participants:
    rows = await replica.pool.fetch(
        "SELECT participant_id FROM participants WHERE participant_id = ANY($1)", list(query.member_ids)
    )
    return Participants(member_ids=tuple(row["participant_id"] for row in rows))


async def suggest_return_favours(replica: Replica, query: SuggestReturnFavours, actor: Actor) -> Favours:
    """Not what they offer already, nor what they need help with themselves."""
    rows = await replica.pool.fetch(
        "SELECT category FROM offers WHERE member_id = $1 AND status = 'open' "
        "UNION SELECT category FROM requests WHERE request_id = ANY("
        "(SELECT asks FROM participants WHERE participant_id = $1)::uuid[])",
        query.member_id,
    )
    return return_favour.suggest(query.member_id, {row["category"] for row in rows})
