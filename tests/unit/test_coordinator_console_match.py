"""The page of a match: when the hours were not booked, when someone did not come."""

import httpx
import pytest

from contracts.coordinator import NoteCall
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import MATCH, ROWS_SEEN, only_sent, post


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("below_floor", "te weinig uren vrij voor deze minuten"),
        ("compensation_cap", "boven het bedrag dat een vrijwilliger mag ontvangen"),
        (None, "De uren konden niet worden geboekt."),
    ],
)
async def test_a_match_that_was_not_booked_says_why_and_can_be_decided_again(
    browser: httpx.AsyncClient, pool: PaperPool, reason: str | None, said: str
) -> None:
    (row,) = ROWS_SEEN["matches_seen"]
    pool.rows["matches_seen"] = [{**row, "status": "unbooked", "minutes_differ": False}]
    pool.rows["refusals_seen"] = [{"reason": reason}] if reason else []
    page = (await browser.get(f"/koppelingen/{MATCH}")).text
    assert said in page
    assert '<details class="wd-panel wd-more" id="besluit" open>' in page


async def test_after_a_no_show_a_call_is_noted(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    assert 'id="gebeld"' not in (await browser.get(f"/koppelingen/{MATCH}")).text
    (row,) = ROWS_SEEN["matches_seen"]
    pool.rows["matches_seen"] = [{**row, "status": "fell_through", "no_show": "asker"}]
    assert 'id="gebeld"' in (await browser.get(f"/koppelingen/{MATCH}")).text
    assert (await post(browser, f"/koppelingen/{MATCH}/gebeld")).status_code == 303
    assert only_sent(bus) == NoteCall(match_id=MATCH)
