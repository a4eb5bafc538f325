"""Who can help, looked up in a real database: the nearest first, and further away where too few fit."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from contracts.envelope import Actor, Role
from contracts.members import Excluded
from contracts.proposals import Helper, RankedHelpers, RankHelpers
from services.exchange import app as exchange_app
from services.exchange.matching import WEIGHED
from services.exchange.proposing import rank_helpers
from services.exchange.week import week_id, week_of
from services.kernel.service import new_id
from tests.bench.filling import fill_offers, fill_participants, person
from tests.harness.leader import place
from tests.harness.town import Town

PEOPLE = 2 * WEIGHED
NOOR = Actor(role=Role.COORDINATOR, name="noor")
CATEGORY = "finances"
ASKER = person(1)


class _NobodyTooClose:
    async def ask(self, *_: Any) -> Excluded:
        return Excluded(member_ids=())


@pytest_asyncio.fixture(loop_scope="session")
async def pool(town: Town) -> AsyncIterator[Any]:
    """Twice as many helpers as are weighed at first, each with one offer for what is asked."""
    async with place(town.region.region, exchange_app.service(town.region.region)) as found:
        async with found.pool.acquire() as connection:
            await fill_participants(connection, PEOPLE)
            await fill_offers(connection, PEOPLE, people=PEOPLE)
            await connection.execute("UPDATE offers SET category = $1, pc4 = '3511'", CATEGORY)
        yield found.pool


async def ranked(
    pool: Any, *, limit: int = 5, wanted_at: datetime | None = None, recurrence: str | None = None
) -> RankedHelpers:
    request_id = new_id()
    await pool.execute(
        "INSERT INTO requests (request_id, member_id, category, pc4, minutes, wanted_at, urgency, wish, "
        "status, requested_at, initiative_id, recurrence, referral, version) SELECT $1, $2, $3, '3511', 60, "
        "$4, 'soon', 'none', 'open', now(), initiative_id, $5, false, 1 FROM offers LIMIT 1",
        request_id,
        ASKER,
        CATEGORY,
        wanted_at,
        recurrence,
    )
    replica: Any = SimpleNamespace(pool=pool, bus=_NobodyTooClose())
    return await rank_helpers(replica, RankHelpers(request_id=request_id, limit=limit), NOOR)


async def test_what_a_series_asks_in_a_week_that_is_not_planned_yet_makes_it_as_full(pool: Any) -> None:
    """The nearest helper comes to someone every Tuesday; in eight weeks none of it is planned yet."""
    in_eight_weeks = datetime.now(UTC) + timedelta(weeks=8)
    before = await ranked(pool, wanted_at=in_eight_weeks)
    first = before.helpers[0]
    room = first.capacity_minutes_week - first.reserved_minutes
    series_id = new_id()
    await pool.execute(
        "INSERT INTO series (series_id, offer_id, helper_id, asker_id, category, minutes, recurrence, "
        "starts_at, next_at, by, status, version) "
        "VALUES ($1, $2, $3, $4, 'gardening', $5, 'FREQ=DAILY', $6, $6, 'noor', 'running', 1)",
        series_id,
        first.offer_id,
        first.member_id,
        ASKER,
        room // 7,
        datetime.now(UTC) + timedelta(weeks=5),
    )
    await pool.execute(
        "UPDATE participants SET series = $2 WHERE participant_id = $1", first.member_id, [series_id]
    )
    after = await ranked(pool, wanted_at=in_eight_weeks)
    assert first.member_id not in [helper.member_id for helper in after.helpers]
    assert after.excluded.get("capacity", 0) == before.excluded.get("capacity", 0) + 1
    # In a week that is planned it is a match of its own, and not counted twice.
    planned = await ranked(pool, wanted_at=datetime.now(UTC) + timedelta(weeks=2))
    assert first.member_id in [helper.member_id for helper in planned.helpers]


@pytest.mark.parametrize(("ahead", "fits"), [(0, False), (1, False), (3, False), (4, True)])
async def test_help_that_comes_back_is_for_who_has_room_in_each_of_its_first_four_weeks(
    pool: Any, ahead: int, fits: bool
) -> None:
    """As confirming will look at it (services/exchange/first_weeks.py)."""
    next_week = datetime.now(UTC) + timedelta(weeks=1)
    first = (await ranked(pool, wanted_at=next_week, recurrence="FREQ=WEEKLY")).helpers[0]
    await fill_week(pool, first, next_week + timedelta(weeks=ahead), leaving=59)
    found = await ranked(pool, wanted_at=next_week, recurrence="FREQ=WEEKLY")
    assert (first.member_id in [helper.member_id for helper in found.helpers]) == fits
    # Asked for once it is that week alone.
    once = await ranked(pool, wanted_at=next_week)
    assert (first.member_id in [helper.member_id for helper in once.helpers]) == (ahead > 0)


async def test_what_is_asked_more_than_once_a_week_counts_as_often(pool: Any) -> None:
    monday = datetime.now(UTC) + timedelta(days=7 - datetime.now(UTC).weekday())
    twice = {"wanted_at": monday, "recurrence": "FREQ=DAILY;INTERVAL=4"}
    first = (await ranked(pool, **twice)).helpers[0]
    await pool.execute("DELETE FROM offers WHERE member_id <> $1", first.member_id)
    assert first.would_be_minutes == first.reserved_minutes + 120
    for leaving, fits in ((120, True), (119, False)):
        await fill_week(pool, first, monday, leaving=leaving)
        found = {helper.member_id: helper for helper in (await ranked(pool, **twice)).helpers}
        assert (first.member_id in found) == fits
        if fits:
            assert found[first.member_id].would_be_minutes == first.capacity_minutes_week


async def fill_week(pool: Any, helper: Helper, at: datetime, *, leaving: int) -> None:
    """Plan so much in the week of `at` that so many minutes are left."""
    week = week_of(at)
    await pool.execute("DELETE FROM weeks WHERE member_id = $1 AND week = $2", helper.member_id, week)
    await pool.execute("UPDATE participants SET undated_minutes = 0, carer_minutes_week = 0")
    await pool.execute(
        "INSERT INTO weeks VALUES ($1, $2, $3, $4, 0, 0, 1)",
        week_id(helper.member_id, week),
        helper.member_id,
        week,
        helper.capacity_minutes_week - leaving,
    )


async def test_help_without_a_date_is_not_for_who_promised_a_later_week_in_a_series(pool: Any) -> None:
    first = (await ranked(pool)).helpers[0]
    await pool.execute("DELETE FROM offers WHERE member_id <> $1", first.member_id)
    room = first.capacity_minutes_week - first.reserved_minutes
    for minutes, fits in ((room - 60, True), (room, False)):
        await _keeps_a_series(pool, first, minutes, datetime.now(UTC) + timedelta(weeks=5))
        found = await ranked(pool)
        assert (first.member_id in [helper.member_id for helper in found.helpers]) == fits


async def _keeps_a_series(pool: Any, helper: Helper, minutes: int, next_at: datetime) -> None:
    """Every week so many minutes from `next_at` on, and this series alone."""
    series_id = new_id()
    await pool.execute(
        "INSERT INTO series (series_id, offer_id, helper_id, asker_id, category, minutes, recurrence, "
        "starts_at, next_at, by, status, version) "
        "VALUES ($1, $2, $3, $4, 'gardening', $5, 'FREQ=WEEKLY', $6, $6, 'noor', 'running', 1)",
        series_id,
        helper.offer_id,
        helper.member_id,
        ASKER,
        minutes,
        next_at,
    )
    await pool.execute(
        "UPDATE participants SET series = $2 WHERE participant_id = $1", helper.member_id, [series_id]
    )


async def test_only_the_nearest_are_weighed_and_those_without_a_vog_are_counted(pool: Any) -> None:
    found = await ranked(pool)
    assert len(found.helpers) == 5
    assert found.found + sum(found.excluded.values()) in (WEIGHED, WEIGHED - 1)
    assert found.excluded["vog"] == WEIGHED / 4
    assert all("vog" in [reason.code for reason in helper.reasons] for helper in found.helpers)


async def test_who_lives_further_away_is_found_when_too_few_nearby_fit(pool: Any) -> None:
    far = person(PEOPLE)
    await pool.execute("UPDATE offers SET pc4 = '1012' WHERE member_id = $1", far)
    await pool.execute("DELETE FROM vettings WHERE member_id <> $1", far)
    await pool.execute(
        "INSERT INTO vettings SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), "
        "now()::date + 300, false, 1 ON CONFLICT DO NOTHING",
        far,
        CATEGORY,
    )
    found = await ranked(pool)
    assert [helper.member_id for helper in found.helpers] == [far]
    assert found.excluded == {"vog": PEOPLE - 2}
    assert found.helpers[0].distance_km > 20


@pytest.mark.parametrize(("ahead", "fits"), [(-1, True), (0, False), (30, False)])
async def test_help_without_a_date_is_for_who_has_room_in_every_week_from_now_on(
    pool: Any, ahead: int, fits: bool
) -> None:
    before = (await ranked(pool)).found
    assert before
    week = week_of(datetime.now(UTC) + timedelta(weeks=ahead))
    await pool.execute("DELETE FROM weeks")
    await pool.execute(
        "INSERT INTO weeks SELECT gen_random_uuid(), participant_id, $1, capacity_minutes_week - 59, 0, 0, 1 "
        "FROM participants",
        week,
    )
    found = await ranked(pool)
    assert (found.found > 0) == fits
    assert ("capacity" in found.excluded) != fits


async def test_a_vog_that_ended_or_lapsed_counts_no_more(pool: Any) -> None:
    await pool.execute("UPDATE vettings SET lapsed = true WHERE member_id < $1", person(PEOPLE // 2))
    await pool.execute(
        "UPDATE vettings SET valid_until = now()::date - 1 WHERE member_id >= $1", person(PEOPLE // 2)
    )
    found = await ranked(pool)
    assert (found.helpers, found.excluded) == ((), {"vog": PEOPLE - 1})
