"""Deelnemers: whom a coordinator finds and signs up; and a request that is stopped."""

import httpx
import pytest

from contracts.exchange import WithdrawOffer, WithdrawRequest
from contracts.members import FindPeople, People, RegisterMember
from services.coordinator.console.people import Names
from services.coordinator.console.running import Running, running_lines
from tests.unit.callers import AT, row_of_match
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import (
    ASKER,
    HELPER,
    MATCH,
    ONE,
    PEOPLE,
    REQUEST,
    only_sent,
    post,
    row_of_member,
    row_of_request,
)


@pytest.fixture
def found(bus: PaperBus, pool: PaperPool) -> PaperBus:
    """What members finds; nobody has a number."""
    pool.rows["members_seen"] = []
    return bus


async def test_a_name_is_looked_for_and_stands_in_no_address(
    browser: httpx.AsyncClient, found: PaperBus
) -> None:
    page = await post(browser, "/deelnemers", zoek="  van   de kade ")
    assert page.status_code == 200
    assert [query.text for query, _ in found.asked if isinstance(query, FindPeople)] == ["van de kade"]
    assert "Yara Visser" in page.text
    assert f'href="/deelnemers/{ASKER}"' in page.text
    assert "3 gevonden" in page.text


async def test_one_who_is_found_is_shown_at_once(browser: httpx.AsyncClient, found: PaperBus) -> None:
    found.answers[People] = People(people=PEOPLE.people[:1])
    page = await post(browser, "/deelnemers", zoek="yara")
    assert (page.status_code, page.headers["Location"]) == (303, f"/deelnemers/{HELPER}")


async def test_a_number_needs_no_name(browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool) -> None:
    pool.rows["members_seen"] = [row_of_member()]
    page = await post(browser, "/deelnemers", zoek="deelnemer 1042")
    assert (page.status_code, page.headers["Location"]) == (303, f"/deelnemers/{HELPER}")
    assert bus.asked == []


async def test_a_request_is_found_by_the_number_that_people_say(
    browser: httpx.AsyncClient, found: PaperBus, pool: PaperPool
) -> None:
    pool.rows["requests_seen"] = [{"id": REQUEST, "what": "request"}]
    page = await post(browser, "/deelnemers", zoek="Hulpvraag 000177")
    assert (page.status_code, page.headers["Location"]) == (303, f"/hulpvragen/{REQUEST}")
    pool.rows["requests_seen"].append({"id": MATCH, "what": "match"})
    page = await post(browser, "/deelnemers", zoek="000177")
    assert f'href="/koppelingen/{MATCH}"' in page.text


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 200, "zoek iemand, of schrijf iemand in"),
        ("a", 400, "Typ minstens 2"),
        ("a" * 101, 400, "hoogstens 100 tekens"),
    ],
)
async def test_too_little_is_asked_for_more(
    browser: httpx.AsyncClient, found: PaperBus, typed: str, status: int, said: str
) -> None:
    page = await post(browser, "/deelnemers", zoek=typed)
    assert page.status_code == status
    assert said in page.text
    assert found.asked == []


async def test_who_is_nowhere_may_be_signed_up(browser: httpx.AsyncClient, found: PaperBus) -> None:
    found.answers[People] = People(people=())
    page = await post(browser, "/deelnemers", zoek="nergens")
    assert "Niemand gevonden" in page.text
    assert "Schrijf iemand in" in page.text


async def test_without_members_it_says_what_still_can_be_done(
    browser: httpx.AsyncClient, found: PaperBus
) -> None:
    found.away = True
    page = await post(browser, "/deelnemers", zoek="yara")
    assert page.status_code == 400
    assert "Zoek op nummer" in page.text


async def test_someone_new_is_signed_up_and_shown(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    typed = {"name": "Anna de Wit", "street": "Kade", "house_number": "1", "pc4": "3511", "kind": "person"}
    page = await post(browser, "/deelnemers/inschrijving", **typed)
    assert (page.status_code, page.headers["Location"]) == (303, f"/deelnemers/{bus.sent[0][2]['id']}")
    made = only_sent(bus)
    assert isinstance(made, RegisterMember)
    assert (made.name, made.capacity_minutes_week) == ("Anna de Wit", 0)


# Stopping


async def test_a_request_is_stopped_in_the_name_of_who_asked(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    page = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    assert f'href="/hulpvragen/{REQUEST}/stoppen"' in page
    done = await post(browser, f"/hulpvragen/{REQUEST}/stoppen/intrekking")
    assert done.status_code == 303
    assert only_sent(bus) == WithdrawRequest(request_id=REQUEST, member_id=ASKER)
    assert "De hulpvraag is gestopt." in (await browser.get(done.headers["Location"])).text


async def test_what_is_done_is_not_stopped(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    pool.rows["requests_seen"] = [row_of_request(status="done")]
    page = (await browser.get(f"/hulpvragen/{REQUEST}/stoppen")).text
    assert "Weet u het zeker?" not in page
    assert "/stoppen" not in (await browser.get(f"/hulpvragen/{REQUEST}")).text


async def test_an_offer_is_taken_back(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    assert 'id="aanbod-weg"' in (await browser.get(f"/deelnemers/{HELPER}")).text
    await post(browser, f"/deelnemers/{HELPER}/aanbod-weg", offer_id=str(ONE))
    assert only_sent(bus) == WithdrawOffer(offer_id=ONE, member_id=HELPER)


# What runs


def test_what_runs_is_told_as_seen_from_a_member() -> None:
    series = {**row_of_match(series_id=MATCH), "next_at": None, "recurrence": "FREQ=WEEKLY;BYDAY=TU"}
    match = row_of_match(helper_id=HELPER, asker_id=ASKER, wanted_at=AT)
    rows = Running([row_of_request(status="draft")], [match, {**match, "minutes_differ": True}], [series])
    known = Names({one.member_id: one for one in PEOPLE.people}, {}, {})
    lines = running_lines(rows, HELPER, known)
    assert [line.who for line in lines[:3]] == ["vraagt hulp", "helpt Anna Jansen", "helpt Anna Jansen"]
    assert running_lines(rows, ASKER, known)[1].who == "krijgt hulp van Yara Visser"
    assert [line.status for line in lines] == [
        "wacht op een aanbod",
        "staat",
        "minuten verschillen",
        "elke week op dinsdag",
    ]
    assert lines[3].when == "geen vaste dag"
