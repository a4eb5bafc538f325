"""The page of a request for help: what it waits for, how often, and choosing a helper."""

from datetime import date

import httpx
import pytest

from contracts.envelope import Refusal
from contracts.exchange import ConfirmMatch
from services.coordinator.console.matched import told_line
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


@pytest.mark.parametrize(
    ("status", "channel", "way", "said"),
    [
        ("queued", None, "email", "Yara krijgt zo een e-mail"),
        ("queued", None, "letter", "Yara krijgt zo een brief"),
        ("queued", None, None, "Yara nog niet: ga even langs"),
        ("sent", "sms", "sms", "Yara kreeg een sms"),
        ("delivered", "phone", "phone", "Yara kreeg een telefoontje"),
        ("handed_over", "letter", "letter", "Yara nog niet: een brief wacht op u"),
        ("escalated", "phone", "phone", "Yara nog niet: een telefoontje wacht op u"),
        ("failed", None, "email", "Yara nog niet: de e-mail komt niet aan. Bel even"),
    ],
)
def test_who_knows_is_told_by_how_their_message_goes(
    status: str, channel: str | None, way: str | None, said: str
) -> None:
    line = told_line("Yara", status, channel, way)
    assert line.text == said
    assert line.done is ("nog niet" not in said)
    assert bool(line.href) is (status in ("handed_over", "escalated", "failed"))
