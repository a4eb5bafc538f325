"""The page of a request for help: what it waits for, how often, and choosing a helper."""

from datetime import date

import httpx

from contracts.envelope import Refusal
from contracts.exchange import ConfirmMatch
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import HELPER, ONE, REQUEST, post, row_of_request


async def test_a_draft_says_what_it_waits_for_and_proposes_nobody(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["requests_seen"] = [
        row_of_request(status="draft", initiative_id=ONE, asked_by=HELPER, consent="paper")
    ]
    page = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    for said in (
        "nog niet open",
        "Ruilkring West",
        "wie vraagt, biedt ook iets aan",
        "op papier",
        "liefst een bekende",
    ):
        assert said in page, said
    assert "Wie kan helpen?" not in page
    assert not any(type(query).__name__ == "RankHelpers" for query, _ in bus.asked)


async def test_help_that_comes_back_is_said_in_words(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    pool.rows["requests_seen"] = [
        row_of_request(recurrence="FREQ=WEEKLY;BYDAY=TU", last_day=date(2027, 1, 5))
    ]
    page = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    assert "elke week op dinsdag" in page
    assert "tot en met dinsdag 5 januari" in page


async def test_a_helper_for_one_visit_may_be_chosen_for_the_rest_too(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["matches_seen"] = []
    bus.refusal = Refusal(code="paused", nl="De helper heeft pauze.", en="On a break.")
    for tick in ({}, {"from_now_on": "ja"}):
        await post(browser, f"/hulpvragen/{REQUEST}/koppelingen", offer_id=str(ONE), **tick)
    assert [command for command, *_ in bus.sent] == [
        ConfirmMatch(request_id=REQUEST, offer_id=ONE),
        ConfirmMatch(request_id=REQUEST, offer_id=ONE, from_now_on=True),
    ]
