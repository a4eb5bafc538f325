"""Who can help with a request: the nearest open offers, with their helpers' week of that moment."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
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
from services.exchange.series import SERIES, unplanned
from services.exchange.week import LOAD, week_of
from services.kernel.days import end
from services.kernel.dutch import local
from services.kernel.runtime import Replica

_AREAS = """
SELECT pc4, count(*) AS offers FROM offers
 WHERE category = $1 AND initiative_id = $2 AND status = 'open' GROUP BY pc4
"""

_CANDIDATES = f"""
SELECT o.offer_id, o.member_id, p.number, o.pc4, p.capacity_minutes_week,
       {LOAD.format(week="$4", undated="$10::boolean")} AS load_minutes,
       p.helped_lately, p.helped_at,
       (SELECT count(DISTINCT place) FROM unnest(p.places || p.series) AS place) AS running, p.series,
       p.gone OR coalesce(n.paused AND (n.paused_until IS NULL OR n.paused_until >= $5), false) AS paused,
       p.kind, n.age_band, coalesce(n.guardian_agrees, false) AS guardian_agrees,
       $7::boolean AND coalesce(v.valid_until >= $8 AND NOT v.lapsed, false) AS vetted,
       o.member_id = ANY(ARRAY(SELECT helper_id FROM matches
                                WHERE request_id = $6 AND reason = 'helper_withdrew')) AS withdrew
  FROM (SELECT offer_id, member_id, pc4 FROM offers
         WHERE category = $1 AND initiative_id = $2 AND status = 'open' AND pc4 = ANY($3)
         ORDER BY array_position($3, pc4), offer_id LIMIT $9) o
  JOIN participants p ON p.participant_id = o.member_id
  LEFT JOIN persons n ON n.member_id = o.member_id
  LEFT JOIN vettings v ON v.member_id = o.member_id AND v.category = $1
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
    near, policy, areas = await asyncio.gather(
        nearness(replica, request["member_id"], request["category"], request["wish"]),
        _policy(replica, request["initiative_id"]),
        replica.pool.fetch(_AREAS, request["category"], request["initiative_id"]),
    )
    asked = matching.Asked(
        asker_id=request["member_id"],
        category=request["category"],
        pc4=request["pc4"],
        minutes=request["minutes"],
        needs_vog=CATEGORIES[request["category"]].vog,
    )
    offers = {row["pc4"]: row["offers"] for row in areas}
    weighed = matching.WEIGHED
    while True:
        candidates = await _candidates(replica, request, asked, offers, weighed, now)
        ranked = matching.rank(candidates, asked, near, policy, limit=query.limit)
        if len(ranked.helpers) == query.limit or weighed >= sum(offers.values()):
            return ranked
        # Too few of the nearest fit: look further away.
        weighed *= 4


async def _candidates(
    replica: Replica,
    request: asyncpg.Record,
    asked: matching.Asked,
    offers: Mapping[str, int],
    weighed: int,
    now: datetime,
) -> list[matching.Candidate]:
    """The nearest `weighed` of these open offers by area, with their helpers' week of that moment."""
    moment = request["wanted_at"] or now
    rows = await replica.pool.fetch(
        _CANDIDATES,
        asked.category,
        request["initiative_id"],
        matching.nearest_areas(asked.pc4, offers, wanted=weighed),
        week_of(moment),
        moment,
        request["request_id"],
        asked.needs_vog,
        local(moment).date(),
        weighed,
        request["wanted_at"] is None,
    )
    kept = [series_id for row in rows for series_id in row["series"]]
    promised = await _promised(replica, kept, week_of(moment)) if request["wanted_at"] and kept else {}
    return [_candidate(row, now, promised.get(row["member_id"], 0)) for row in rows]


async def _promised(replica: Replica, series_ids: list[UUID], week: str) -> Mapping[UUID, int]:
    """What these series ask of their helpers in a week for which no visits are planned yet, in minutes."""
    monday = date.fromisoformat(f"{week}-1")
    sunday = monday + timedelta(days=6)
    rows = await replica.pool.fetch(
        f"{SERIES.select()} WHERE series_id = ANY($1) AND next_at < $2", series_ids, end(sunday)
    )
    promised = Counter[UUID]()
    for series in (SERIES.load(list(row)) for row in rows):
        times = sum(1 for _ in unplanned(series, series.helper_id, monday, sunday))
        promised[series.helper_id] += times * series.minutes
    return promised


def _candidate(row: asyncpg.Record, now: datetime, promised_minutes: int) -> matching.Candidate:
    values = dict(row)
    del values["series"]
    values["load_minutes"] += promised_minutes
    since = values.pop("helped_at")
    return matching.Candidate(**{**values, "helped_lately": faded(values["helped_lately"], since, now)})


async def _policy(replica: Replica, initiative_id: UUID) -> Policy:
    row = await replica.pool.fetchrow("SELECT * FROM initiatives WHERE initiative_id = $1", initiative_id)
    return Policy(**dict(row)) if row is not None else Policy()
