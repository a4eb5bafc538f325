"""The figures of the region, counted by the database out of what exchange keeps: each as it should be."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest_asyncio

from contracts.envelope import Actor, Role
from contracts.proposals import GetLoad, Load
from services.exchange import app as exchange_app
from services.exchange.queries import get_load
from services.exchange.spread import gini
from services.exchange.week import ANY_WEEK, week_of
from tests.bench.filling import fill_participants, person
from tests.harness.leader import place
from tests.harness.town import Town

NOOR = Actor(role=Role.COORDINATOR, name="noor")
ROOM, FULL, CARES, ONLY_CARES, GONE, ASKS = (person(n) for n in range(1, 7))

_IS = """
UPDATE participants SET capacity_minutes_week = $2, carer_minutes_week = $3, undated_minutes = $4,
       helped_lately = $5, helped_at = $6, gone = $7 WHERE participant_id = $1
"""


@pytest_asyncio.fixture(loop_scope="session")
async def pool(town: Town) -> AsyncIterator[Any]:
    """Six people: with room, full, caring for their own too or only, gone, and who only asks."""
    now, four_weeks_ago = datetime.now(UTC), datetime.now(UTC) - timedelta(days=28)
    async with place(town.region.region, exchange_app.service(town.region.region)) as found:
        async with found.pool.acquire() as connection:
            await fill_participants(connection, 6)
        for facts in (
            (ROOM, 240, 0, 30, 120.0, now, False),
            (FULL, 100, 0, 0, 120.0, four_weeks_ago, False),
            (CARES, 600, 500, 0, 0.0, None, False),
            (ONLY_CARES, 0, 300, 0, 0.0, None, False),
            (GONE, 240, 100, 200, 500.0, now, True),
            (ASKS, 0, 0, 0, 0.0, None, False),
        ):
            await found.pool.execute(_IS, *facts)
        await found.pool.execute("DELETE FROM weeks")
        this, last = week_of(now), week_of(now - timedelta(weeks=1))
        for member_id, week, planned, done, relieved in (
            (ROOM, this, 60, 20, 0),
            (ROOM, last, 240, 0, 0),
            (FULL, this, 45, 40, 0),
            (CARES, this, 10, 0, 60),
            (CARES, ANY_WEEK, 0, 0, 30),
            (ONLY_CARES, this, 0, 0, 400),
            (GONE, this, 200, 0, 50),
        ):
            await found.pool.execute(
                "INSERT INTO weeks (week_id, member_id, week, planned_minutes, done_minutes, "
                "relieved_minutes, version) VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, 1)",
                *(member_id, week, planned, done, relieved),
            )
        yield found.pool


async def load(pool: Any, member_id: UUID | None = None) -> Load:
    replica: Any = SimpleNamespace(pool=pool)
    return await get_load(replica, GetLoad(member_id=member_id), NOOR)


async def test_the_figures_of_the_region_are_those_of_who_takes_part_this_week(pool: Any) -> None:
    figures = await load(pool)
    assert figures.helpers == 3
    assert figures.capacity_minutes == 240 + 100 + 600
    # What is planned, done, or to be done in some week.
    assert figures.planned_minutes == (60 + 20 + 30) + (45 + 40) + 10
    assert figures.carer_minutes == 500 + 300
    # Nobody is relieved of more than they carry; without a date it counts in every week.
    assert figures.relieved_minutes == (60 + 30) + 300
    # Exactly 85 of 100; who cares for their own has 410 and 10 of 600.
    assert figures.near_limit == 1
    # Help of four weeks ago counts for half.
    assert figures.spread == round(gini([120, 60, 0]), 3)


async def test_one_persons_week_is_theirs_alone(pool: Any) -> None:
    cares = await load(pool, CARES)
    assert (cares.helpers, cares.near_limit) == (1, 0)
    assert (cares.carer_minutes, cares.relieved_minutes, cares.planned_minutes) == (500, 90, 10)
    only = await load(pool, ONLY_CARES)
    assert (only.helpers, only.carer_minutes, only.relieved_minutes) == (0, 300, 300)
    assert (await load(pool, FULL)).near_limit == 1
    for nobody in (GONE, ASKS):
        assert (await load(pool, nobody)) == Load(
            helpers=0,
            near_limit=0,
            spread=0.0,
            capacity_minutes=0,
            planned_minutes=0,
            carer_minutes=0,
            relieved_minutes=0,
        )


async def test_who_is_relieved_is_near_their_limit_no_longer(pool: Any) -> None:
    await pool.execute("UPDATE weeks SET relieved_minutes = 0 WHERE member_id = $1", CARES)
    assert (await load(pool)).near_limit == 2
