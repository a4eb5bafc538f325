"""What waits for a helper: requests, drafts, visits of a series, and a helper who leaves one."""

from datetime import datetime
from typing import Any

import pytest

from contracts import exchange, visits
from tests.integration.work_list.office import (
    ANNA,
    BRAM,
    DAY,
    FAR,
    FOUR,
    ONE,
    THIS,
    THREE,
    TODAY,
    TWO,
    Office,
    about_match,
    midnight,
    requested,
)


async def test_a_request_without_a_helper_waits_until_its_day_or_its_term(office: Office) -> None:
    await office.told(requested(urgency="urgent"), at=THIS)
    work = await office.one("without_helper")
    assert (work.entity_id, work.request_id, work.member_id, work.number) == (ONE, ONE, ANNA, 1001)
    assert (work.since, work.due, work.fixed, work.pressing) == (THIS, THIS + DAY, False, True)


async def test_a_visit_of_a_series_without_a_helper_is_work_of_its_own(office: Office) -> None:
    soon = THIS + 10 * DAY
    await office.told(requested(series_id=FOUR, wanted_at=soon, urgency="soon"), at=THIS - 20 * DAY)
    assert await office.kinds() == ["visit_without_helper"]
    fell = about_match(exchange.MatchFellThrough, reason="helper_withdrew")
    await office.told(about_match(exchange.MatchReserved), at=THIS - 20 * DAY)
    await office.told(fell, at=THIS - DAY)
    work = await office.one("visit_without_helper")
    assert (work.since, work.due, work.fixed, work.pressing) == (THIS - DAY, soon, True, False)


async def test_the_first_visit_of_a_series_is_a_visit_too(office: Office) -> None:
    started = visits.SeriesStarted(
        series_id=ONE,
        offer_id=THREE,
        helper_id=BRAM,
        asker_id=ANNA,
        category="dog",
        minutes=60,
        recurrence="FREQ=WEEKLY",
        starts_at=THIS + DAY,
    )
    asked = requested(recurrence="FREQ=WEEKLY", wanted_at=THIS + DAY)
    await office.told(asked)
    assert await office.kinds() == ["without_helper"]
    fell = about_match(exchange.MatchFellThrough, reason="helper_withdrew")
    await office.told(about_match(exchange.MatchReserved), started, fell)
    assert await office.kinds() == ["visit_without_helper"]


async def test_a_draft_waits_after_three_days(office: Office) -> None:
    await office.told(requested(draft=True), at=THIS - 2 * DAY)
    assert await office.kinds() == []
    await office.told(requested(TWO, draft=True), at=THIS - 4 * DAY)
    work = await office.one("draft_waits")
    assert (work.request_id, work.since, work.due) == (TWO, THIS - 4 * DAY, None)
    await office.told(exchange.RequestOpened(request_id=TWO, member_id=ANNA, because="offered"))
    assert await office.kinds() == ["without_helper"]


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ({"wanted_at": THIS + 2 * DAY}, THIS + 2 * DAY),
        ({"urgency": "urgent"}, THIS + DAY),
        ({"urgency": "soon"}, THIS + 3 * DAY),
    ],
    ids=["its day is near", "urgent", "soon"],
)
async def test_a_draft_that_cannot_wait_is_work_at_once(
    office: Office, asked: dict[str, Any], due: datetime
) -> None:
    await office.told(requested(draft=True, **asked))
    assert (await office.one("draft_waits")).due == due


async def test_the_helper_of_a_series_ends_within_four_weeks(office: Office) -> None:
    started = visits.SeriesStarted(
        series_id=ONE,
        offer_id=THREE,
        helper_id=BRAM,
        asker_id=ANNA,
        category="dog",
        minutes=60,
        recurrence="FREQ=WEEKLY",
        starts_at=THIS,
    )
    last = TODAY + 28 * DAY
    for helper_last_day, waits in ((last + DAY, False), (last, True)):
        ends = visits.HelperEndPlanned(series_id=ONE, helper_id=BRAM, helper_last_day=helper_last_day)
        await office.told(started, ends)
        assert (await office.kinds() == ["series_helper_ends"]) == waits
    work = await office.one("series_helper_ends")
    assert (work.entity_id, work.member_id, work.due) == (ONE, ANNA, midnight(last + DAY))
    changed = visits.SeriesHelperChanged(series_id=ONE, offer_id=FOUR, helper_id=FAR, former_helper_id=BRAM)
    await office.told(changed)
    assert await office.kinds() == []
