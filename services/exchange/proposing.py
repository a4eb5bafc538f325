"""Who can help with a request: the nearest open offers, with how full their helpers' weeks are then."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from contracts.policy import Policy
from contracts.proposals import RankedHelpers, RankHelpers
from services.exchange import matching
from services.exchange.first_weeks import begun
from services.exchange.help_request import REQUEST, HelpRequest, unknown_request
from services.exchange.participant import faded
from services.exchange.preparing import nearness
from services.exchange.series import AHEAD, SERIES, Series, unplanned
from services.exchange.week import LOAD, week_of
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
       (SELECT count(DISTINCT place) FROM unnest(p.places || p.series) AS place
         WHERE $11::uuid IS NULL OR NOT $11 = ANY(p.places || p.series)) AS running, p.series,
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
# A visit of a series they help in already is no further place: $11 is that series.

_LOADS = f"""
SELECT p.participant_id, x.week, {LOAD.format(week="x.week", undated="false")} AS minutes
  FROM unnest($1::uuid[], $2::text[]) AS x (member_id, week)
  JOIN participants p ON p.participant_id = x.member_id
"""


type WeekOf = tuple[UUID, str]
"""Someone, and a week."""


async def rank_helpers(replica: Replica, query: RankHelpers, actor: Actor) -> RankedHelpers:
    row = await replica.pool.fetchrow(f"{REQUEST.select()} WHERE request_id = $1", query.request_id)
    if row is None:
        raise unknown_request()
    request = REQUEST.load(list(row))
    now = datetime.now(UTC)
    near, policy, areas, runs = await asyncio.gather(
        nearness(replica, request.member_id, request.category, request.wish),
        _policy(replica, request.initiative_id),
        replica.pool.fetch(_AREAS, request.category, request.initiative_id),
        replica.pool.fetchval("SELECT EXISTS (SELECT FROM series WHERE series_id = $1)", request.part_of),
    )
    asked = matching.Asked(
        asker_id=request.member_id,
        category=request.category,
        pc4=request.pc4,
        minutes=request.minutes,
        needs_vog=CATEGORIES[request.category].vog,
    )
    moments = () if request.wanted_at is None else (request.wanted_at, *(() if runs else begun(request)))
    weeks = Counter(week_of(moment) for moment in moments)
    offers = {row["pc4"]: row["offers"] for row in areas}
    weighed = matching.WEIGHED
    while True:
        candidates = await _candidates(replica, request, weeks, offers, weighed, now)
        ranked = matching.rank(candidates, asked, near, policy, limit=query.limit)
        if len(ranked.helpers) == query.limit or weighed >= sum(offers.values()):
            return ranked
        # Too few of the nearest fit: look further away.
        weighed *= 4


async def _candidates(
    replica: Replica,
    request: HelpRequest,
    weeks: Mapping[str, int],
    offers: Mapping[str, int],
    weighed: int,
    now: datetime,
) -> list[matching.Candidate]:
    """The nearest `weighed` of these open offers by area, with how full their helpers' weeks are.

    `weeks` are those in which help is asked, each with how often; without a date there are none.
    """
    moment = request.wanted_at or now
    rows = await replica.pool.fetch(
        _CANDIDATES,
        request.category,
        request.initiative_id,
        matching.nearest_areas(request.pc4, offers, wanted=weighed),
        week_of(moment),
        moment,
        request.request_id,
        CATEGORIES[request.category].vog,
        local(moment).date(),
        weighed,
        request.wanted_at is None,
        request.part_of,
    )
    kept = [series_id for row in rows for series_id in row["series"] if series_id != request.part_of]
    promised = await _promised(replica, kept, weeks) if kept else Counter[WeekOf]()
    # Without a date the first is the fullest week that is planned; what they promised comes beside it.
    first = "" if request.wanted_at is None else week_of(moment)
    loads = {(row["member_id"], first): row["load_minutes"] for row in rows}
    further = {(row["member_id"], week) for row in rows for week in weeks} | promised.keys()
    loads |= await _loads(replica, further - loads.keys())
    fullest = _fullest(loads, promised, weeks, request.minutes)
    return [_candidate(row, now, *fullest[row["member_id"]]) for row in rows]


async def _promised(replica: Replica, series_ids: list[UUID], weeks: Collection[str]) -> Counter[WeekOf]:
    """What these series ask of their helpers where no visits are planned yet, in minutes: in these weeks.

    Without weeks in those of the next visits: as far as `week.load` looks.
    """
    rows = await replica.pool.fetch(
        f"{SERIES.select()} WHERE series_id = ANY($1) AND next_at IS NOT NULL", series_ids
    )
    promised = Counter[WeekOf]()
    for series in (SERIES.load(list(row)) for row in rows):
        for first, last in _spans(series, weeks):
            for moment in unplanned(series, series.helper_id, first, last):
                promised[series.helper_id, week_of(moment)] += series.minutes
    return promised


def _spans(series: Series, weeks: Collection[str]) -> Iterator[tuple[date, date]]:
    """The days to look at, each span with its first and last."""
    if not weeks and series.next_at is not None:
        day = local(series.next_at).date()
        yield day, day + AHEAD
    for week in weeks:
        monday = date.fromisoformat(f"{week}-1")
        yield monday, monday + timedelta(days=6)


async def _loads(replica: Replica, wanted: Collection[WeekOf]) -> dict[WeekOf, int]:
    """How full these weeks are with what is planned and done in them, in minutes."""
    if not wanted:
        return {}
    rows = await replica.pool.fetch(_LOADS, [one for one, _ in wanted], [week for _, week in wanted])
    return {(row["participant_id"], row["week"]): row["minutes"] for row in rows}


def _fullest(
    loads: Mapping[WeekOf, int], promised: Mapping[WeekOf, int], weeks: Mapping[str, int], minutes: int
) -> dict[UUID, tuple[int, int]]:
    """Of each helper the week that is fullest with this help in it: what it holds, how often it is asked.

    All in minutes.
    """
    fullest: dict[UUID, tuple[int, int]] = {}
    for (member_id, week), planned in loads.items():
        holds, times = planned + promised.get((member_id, week), 0), weeks.get(week, 1)
        known = fullest.get(member_id)
        if known is None or holds + times * minutes > known[0] + known[1] * minutes:
            fullest[member_id] = holds, times
    return fullest


def _candidate(row: asyncpg.Record, now: datetime, load_minutes: int, times: int) -> matching.Candidate:
    values = {**row, "load_minutes": load_minutes, "times": times}
    del values["series"]
    since = values.pop("helped_at")
    return matching.Candidate(**{**values, "helped_lately": faded(values["helped_lately"], since, now)})


async def _policy(replica: Replica, initiative_id: UUID) -> Policy:
    row = await replica.pool.fetchrow("SELECT * FROM initiatives WHERE initiative_id = $1", initiative_id)
    return Policy(**dict(row)) if row is not None else Policy()
