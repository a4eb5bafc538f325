"""Help between regions in the console: how to reach the other person, what is asked, what is left."""

import re
from typing import Any
from uuid import uuid5

import httpx
import pytest
from structlog.testing import capture_logs

from contracts.envelope import Actor, Refusal, Role
from contracts.letters import LETTERS
from contracts.link import AskContact, PeerContact, Peers, PeerSeen, SettleForgotten
from contracts.loans import ResolveLoan
from services.coordinator.console import help_request, network
from services.coordinator.desk import Desk
from services.coordinator.peer_contact import ask_contact
from services.kernel.errors import Rejected
from services.kernel.settings import Region
from tests.unit.paper import PaperBus, PaperPool, PaperReplica
from tests.unit.screens import AT, ONE, REGION, REQUEST, ROWS_SEEN, line, only_sent, post

PAGE = f"/regios/hulp/{ONE}"
HANNA = PeerContact(name="Hanna Smit", phone="06-87 65 43 21")


def loan(pool: PaperPool, **otherwise: Any) -> None:
    (row,) = ROWS_SEEN["loans_seen"]
    pool.rows["loans_seen"] = [{**row, **otherwise}]


def desk(bus: PaperBus, pool: PaperPool) -> Desk:
    replica: Any = PaperReplica(REGION)
    replica.take(bus, pool)
    return Desk(replica)


# How to reach the other person


async def test_how_to_reach_the_other_is_asked_by_a_button_and_shown_once(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    loan(pool, status="confirmed")
    bus.answers[PeerContact] = HANNA
    before = await browser.get(PAGE)
    assert f'href="{PAGE}?contact=ja"' in before.text
    assert HANNA.name not in before.text
    with capture_logs() as logged:
        after = await browser.get(f"{PAGE}?contact=ja")
    assert HANNA.name in after.text
    assert "06-87 65 43 21" in after.text
    assert after.headers["Cache-Control"] == "no-store"
    (deed,) = [each for each in logged if each["event"] == "contact_read"]
    assert (deed["actor"], deed["object"], deed["origin"]) == ("coordinator:noor", str(ONE), "console")
    assert not any("Hanna" in str(each) for each in logged)
    assert HANNA.name not in (await browser.get(PAGE)).text


async def test_there_is_no_such_button_before_both_agreed(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    for status in ("offered", "wanted", "completed", "ended"):
        loan(pool, status=status)
        assert "?contact=" not in (await browser.get(PAGE)).text


async def test_a_region_that_is_away_is_said_to_be_away(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    loan(pool, status="confirmed")
    page = await browser.get(f"{PAGE}?contact=ja")
    assert (page.status_code, "Delft is nu niet bereikbaar" in page.text) == (200, True)


async def test_who_keeps_their_details_is_reached_through_their_coordinator(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    loan(pool, status="confirmed")
    bus.answers[PeerContact] = PeerContact(name="Hanna Smit")
    assert "alleen via de coördinator in Delft" in (await browser.get(f"{PAGE}?contact=ja")).text


@pytest.mark.parametrize(
    ("place", "areas", "told"),
    [("3511", (), True), ("3511", ("3511",), True), ("3511", ("3599",), False), (None, ("3599",), True)],
)
async def test_only_a_coordinator_of_the_area_may_ask(
    place: str | None, areas: tuple[str, ...], told: bool
) -> None:
    bus, pool = PaperBus(answers={PeerContact: HANNA}), PaperPool()
    loan(pool, place=place)
    actor = Actor(role=Role.COORDINATOR, name="noor", areas=areas)
    if told:
        assert await ask_contact(desk(bus, pool), actor, ONE, origin="api") == HANNA
        assert bus.asked == [(AskContact(peer="delft", thread_id=ONE), actor)]
        return
    with pytest.raises(Rejected) as no:
        await ask_contact(desk(bus, pool), actor, ONE, origin="api")
    assert no.value.refusal.code == "other_area"
    assert bus.asked == []


async def test_a_no_is_logged_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bus, pool = PaperBus(), PaperPool()
    loan(pool)

    async def refused(*_: object) -> None:
        raise Rejected("contact_not_given", "Dat kan nu niet.", "Not now.")

    monkeypatch.setattr(bus, "ask", refused)
    actor = Actor(role=Role.COORDINATOR, name="noor")
    with capture_logs() as logged, pytest.raises(Rejected):
        await ask_contact(desk(bus, pool), actor, ONE, origin="api")
    assert [each["result"] for each in logged] == ["contact_not_given"]


# A request and other regions


async def test_a_request_leads_to_what_other_regions_do_about_it(
    browser: httpx.AsyncClient, pool: PaperPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f'href="/hulpvragen/{REQUEST}/regios"'
    asked = await browser.get(f"/hulpvragen/{REQUEST}")
    assert there in asked.text
    assert "Delft" in asked.text
    pool.rows["loans_seen"] = []
    # In a region that has no link to others there is nobody to ask.
    assert there not in (await browser.get(f"/hulpvragen/{REQUEST}")).text
    monkeypatch.setattr(help_request, "in_network", lambda _: True)
    nobody = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    # Where nobody of ours is found it is suggested.
    suggested = nobody[nobody.index("Nog niemand gevonden") :]
    assert (nobody.count(there), suggested.count(there)) == (2, 1)


# The network


def peer(name: str, **otherwise: Any) -> PeerSeen:
    said = {"peer": name, "municipality": name.capitalize(), "status": "joined", "up": True, "since": AT}
    return PeerSeen(**said | {"release": "1", "waiting": 0, "sent": 9, "received": 9} | otherwise)


async def network_page(monkeypatch: pytest.MonkeyPatch, browser: httpx.AsyncClient, pool: PaperPool) -> str:
    monkeypatch.setattr(Region, "services", (*REGION.services, "link"))
    pool.rows["loans_seen"] = []
    return (await browser.get("/regios")).text


async def test_who_is_there_and_what_waits_stands_on_the_page_of_the_regions(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = peer("zeist")
    away = peer(
        "delft",
        up=False,
        waiting=12,
        refused={"stale": 1, "forged": 2},
        unread_there={"HouseSwap v1": 1},
        unread_here={"MinutesReport v2": 4},
        orphans_count=2,
    )
    gone, stranger = peer("gouda", status="left", up=False), peer("-", status="unknown")
    bus.answers[Peers] = Peers(connected=True, release="1", peers=(away, gone, quiet, stranger))
    page = await network_page(monkeypatch, browser, pool)
    rows = [
        re.sub(r"\s*<[^>]+>\s*", "|", row) for row in re.findall(r'<tr><td data-label="Regio">.*</tr>', page)
    ]
    told = [
        tuple(filter(None, row.split("|")))
        for row in rows
        if "kwijt" in row or "bereikbaar" in row or "mee" in row
    ]
    since = "dinsdag 24 november, 11.00 uur"
    assert told == [
        (
            "Delft",
            "niet bereikbaar",
            since,
            "12",
            "3 berichten geweigerd, 1 bericht kan men daar nog niet lezen, "
            "4 berichten kunnen wij nog niet lezen, 2 berichten kwijt",
        ),
        ("Gouda", "doet niet meer mee", since, "niets", "niets"),
        ("Zeist", "bereikbaar", since, "niets", "niets"),
    ]
    assert "geen verbinding" not in page
    bus.answers[Peers] = Peers(connected=False, release="1", peers=(quiet,))
    assert "Wij hebben nu geen verbinding" in await network_page(monkeypatch, browser, pool)


async def test_a_link_that_does_not_answer_is_said_and_a_region_alone_hears_of_no_network(
    browser: httpx.AsyncClient, pool: PaperPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Het netwerk" not in (await browser.get("/regios")).text
    assert "is nu niet op te halen" in await network_page(monkeypatch, browser, pool)


async def test_what_was_forgotten_is_told_by_matter_and_leaves_the_list_when_it_was_looked_at(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    href = f"/regios/vergeten/{ONE}"
    page = (await browser.get(href)).text
    for said in ("Delft had", "verteld hoe lang het duurde", "Wij hadden", "uren aangeboden"):
        assert said in page, said
    # Where the matter itself is seen.
    assert f'href="{PAGE}"' in page
    # Without a link nobody could do it.
    assert (await post(browser, f"{href}/nagegaan")).status_code == 409
    assert bus.sent == []
    monkeypatch.setattr(Region, "services", (*REGION.services, "link"))
    assert (await post(browser, f"{href}/nagegaan")).status_code == 303
    assert only_sent(bus) == SettleForgotten(thread_id=ONE)
    pool.rows["loans_seen"] = []
    assert f'href="/regios/overdracht/{ONE}"' in (await browser.get(href)).text
    pool.rows["crossings_seen"] = []
    assert "vraag het de andere regio" in (await browser.get(href)).text
    pool.rows["forgotten_letters"] = [{**row, "settled": True} for row in ROWS_SEEN["forgotten_letters"]]
    assert 'id="nagegaan"' not in (await browser.get(href)).text


def test_every_letter_has_words() -> None:
    assert set(network.LETTERS) == set(LETTERS)


# What happened


async def test_what_happened_between_regions_is_told_in_sentences(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    def told(code: str, **more: Any) -> dict[str, Any]:
        return {**line(code, **more), "loan_id": ONE, "line_id": uuid5(ONE, str((code, more)))}

    pool.rows["history"] = [
        told("help-sought", person_id=None, reason="delft"),
        told("helper-offered", person_id=None, reason="delft"),
        told("person-agreed", reason="delft"),
        told("person-agreed", person_id=None, reason="delft", actor="service:exchange"),
        told("loan-minutes-reported", person_id=None, minutes=60, reason="delft"),
        told("loan-forgotten", reason="delft"),
        told("loan-ended", reason="no_answer", at=AT),
    ]
    page = (await browser.get(PAGE)).text
    for sentence in (
        "De vraag ging naar Delft.",
        "Delft stelde een helper voor.",
        "De andere regio vindt het goed.",
        "De andere regio schreef 1 uur op.",
        "Delft is teruggezet naar een oudere kopie, en weet hier niets meer van.",
        "De hulp met een andere regio ging niet door: er kwam niet op tijd antwoord.",
    ):
        assert sentence in page, sentence


async def test_minutes_of_what_was_called_off_are_talked_about(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    loan(pool, status="ended", their_minutes=60, reason="cancelled")
    assert 'id="besproken"' in (await browser.get(PAGE)).text
    assert (await post(browser, f"{PAGE}/besproken")).status_code == 303
    assert only_sent(bus) == ResolveLoan(loan_id=ONE)
    loan(pool, status="ended", their_minutes=60, resolved=True)
    assert 'id="besproken"' not in (await browser.get(PAGE)).text
    bus.refusal = Refusal(code="not_now", nl="Dat kan nu niet.", en="Not now.")
    assert (await post(browser, f"{PAGE}/besproken")).status_code == 409


async def test_what_the_other_region_forgot_is_said_and_may_be_called_off_whatever_was_written_down(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    forgotten = "die regio is teruggezet, en weet hier niets meer van"
    loan(pool, status="confirmed", our_minutes=60, their_minutes=None)
    page = (await browser.get(PAGE)).text
    assert ('id="stoppen"' in page, forgotten in page) == (False, False)
    loan(pool, status="confirmed", our_minutes=60, their_minutes=None, reason="forgotten")
    page = (await browser.get(PAGE)).text
    assert ('id="stoppen"' in page, forgotten in page) == (True, True)
    # They know it after all.
    loan(pool, status="confirmed", our_minutes=60, their_minutes=45, reason="forgotten")
    assert 'id="stoppen"' not in (await browser.get(PAGE)).text
