"""Who can help with a request: the nearest open offers, with their helpers' week of that moment."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from contracts.policy import Policy
from contracts.proposals import RankedHelpers, RankHelpers
from services.exchange import matching
from services.exchange.help_request import unknown_request
from services.exchange.participant import faded
from services.exchange.preparing import nearness
from services.exchange.week import week_of
from services.kernel.dutch import local
from services.kernel.runtime import Replica

# Where help needs a VOG only those who have one on that day are weighed: they may be few among many.
_MAY = """(NOT {needs_vog} OR EXISTS (
    SELECT FROM vettings v WHERE v.member_id = o.member_id AND v.category = o.category
       AND v.valid_until >= {day} AND NOT v.lapsed))"""

_AREAS = f"""
SELECT pc4, count(*) AS offers,
       count(*) FILTER (WHERE {_MAY.format(needs_vog="$3::boolean", day="$4")}) AS fit
  FROM offers o WHERE category = $1 AND initiative_id = $2 AND status = 'open' GROUP BY pc4
"""

_CANDIDATES = f"""
SELECT o.offer_id, o.member_id, p.number, o.pc4, p.capacity_minutes_week,
       greatest(0, p.carer_minutes_week - coalesce(w.relieved_minutes, 0)) + p.undated_minutes
           + coalesce(w.planned_minutes + w.done_minutes, 0) AS load_minutes,
       p.helped_lately, p.helped_at,
       (SELECT count(DISTINCT place) FROM unnest(p.places || p.series) AS place) AS running,
       p.gone OR coalesce(n.paused AND (n.paused_until IS NULL OR n.paused_until >= $8), false) AS paused,
       n.age_band, coalesce(n.guardian_agrees, false) AS guardian_agrees, $3::boolean AS vetted,
       o.member_id = ANY(ARRAY(SELECT helper_id FROM matches
                                WHERE request_id = $9 AND reason = 'helper_withdrew')) AS withdrew
  FROM (SELECT offer_id, member_id, pc4 FROM offers o
         WHERE category = $1 AND initiative_id = $2 AND status = 'open' AND pc4 = ANY($5)
           AND {_MAY.format(needs_vog="$3", day="$4")}
         ORDER BY array_position($5, pc4), offer_id LIMIT $6) o
  JOIN participants p ON p.participant_id = o.member_id
  LEFT JOIN persons n ON n.member_id = o.member_id
  LEFT JOIN weeks w ON w.member_id = o.member_id AND w.week = $7
"""


async def rank_helpers(replica: Replica, query: RankHelpers, actor: Actor) -> RankedHelpers:
    request = await replica.pool.fetchrow(
        "SELECT request_id, member_id, category, pc4, minutes, wanted_at, wish, initiative_id "
        "FROM requests WHERE request_id = $1",
        query.request_id,
    )
    if request is None:
        raise unknown_request()
    now = datetime.now(UTC)
    near, policy, (candidates, without_vog) = await asyncio.gather(
        nearness(replica, request["member_id"], request["category"], request["wish"]),
        _policy(replica, request["initiative_id"]),
        _candidates(replica, request, now),
    )
    asked = matching.Asked(
        asker_id=request["member_id"],
        category=request["category"],
        pc4=request["pc4"],
        minutes=request["minutes"],
    )
    ranked = matching.rank(candidates, asked, near, policy, limit=query.limit)
    if not without_vog:
        return ranked
    return ranked.model_copy(update={"excluded": {**ranked.excluded, "vog": without_vog}})


async def _candidates(
    replica: Replica, request: asyncpg.Record, now: datetime
) -> tuple[list[matching.Candidate], int]:
    """The nearest candidates; and how many offers were left out for want of a VOG."""
    moment = request["wanted_at"] or now
    needs_vog = CATEGORIES[request["category"]].vog
    what = request["category"], request["initiative_id"], needs_vog, local(moment).date()
    areas = await replica.pool.fetch(_AREAS, *what)
    near = matching.nearest_areas(request["pc4"], {row["pc4"]: row["fit"] for row in areas})
    rows = await replica.pool.fetch(
        _CANDIDATES, *what, near, matching.WEIGHED, week_of(moment), moment, request["request_id"]
    )
    return [_candidate(row, now) for row in rows], sum(row["offers"] - row["fit"] for row in areas)


def _candidate(row: asyncpg.Record, now: datetime) -> matching.Candidate:
    values = dict(row)
    since = values.pop("helped_at")
    return matching.Candidate(**{**values, "helped_lately": faded(values["helped_lately"], since, now)})


async def _policy(replica: Replica, initiative_id: UUID) -> Policy:
    row = await replica.pool.fetchrow("SELECT * FROM initiatives WHERE initiative_id = $1", initiative_id)
    return Policy(**dict(row)) if row is not None else Policy()
