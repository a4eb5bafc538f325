"""Journey 14: help from another region, and the hours for it (docs/journeys)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.region.mirror import mirror
from services.region.network.joining import leave
from services.region.verify import verify
from tests.harness.console import Console
from tests.harness.letters import ASKED, EARNED, FOUND, HELPS, OFFERED, SPENT, WELCOME
from tests.harness.town import NOOR, SAM, Neighbour, Town, good, in_days, problem
from tests.harness.towns import WEST, Towns, two_towns


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def towns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Towns]:
    async with two_towns(tmp_path_factory.mktemp("towns")) as found:
        yield found


ASKER_HEARS = (WELCOME, ASKED, FOUND, SPENT)
HELPER_HEARS = (WELCOME, OFFERED, HELPS, EARNED)


async def test_help_from_another_region(towns: Towns) -> None:
    planted = await asyncio.to_thread(_help, towns)
    for town in (towns.oost, towns.west):
        # Among other things: what one side heard of the other's person stands nowhere.
        report = await verify(town.region.region, folder=town.folder, planted=planted)
        assert report.ok, [check for check in report.checks if not check.ok]
    found = await mirror(towns.oost.region.region, towns.west.region.region)
    assert found.ok, found.wrong
    assert found.read == 1


def _help(towns: Towns) -> tuple[str, ...]:
    oost, west = towns.oost, towns.west
    towns.agree_on_a_cap(600)
    hanna, bert = oost.neighbour(), west.neighbour(capacity=120)
    offer = west.offer(bert, "gardening")
    request = oost.ask(hanna, "gardening", 60, wanted_at=in_days(3))

    # Noor shows it to west: no name, no text.
    asked = oost.post(f"/v1/help-requests/{request}/appeals", {"peers": [WEST]}, by=NOOR)
    good(asked, 201)
    again = oost.post(f"/v1/help-requests/{request}/appeals", {"peers": [WEST]}, by=NOOR)
    problem(again, 409, "asked_already")
    west.until(lambda: bool(_work(west, "help_asked")), "west hearing of it", seconds=30)
    (item,) = _work(west, "help_asked")
    there = item["entity_id"]
    assert "thread_id" not in towns.loan(west, there)

    # Sam proposes Bert: his time is reserved from now on.
    good(west.post(f"/v1/loans/{there}/proposals", {"offer_id": offer}, by=SAM))
    oost.until(lambda: bool(_work(oost, "helper_offered")), "a helper being proposed", seconds=30)
    (item,) = _work(oost, "helper_offered")
    here = item["entity_id"]
    good(oost.post(f"/v1/loans/{here}/choices", by=NOOR))
    towns.until_loan(oost, here, "wanted")
    towns.until_loan(west, there, "wanted")
    assert oost.account(hanna)["held_minutes"] == 60
    problem(oost.get(f"/v1/loans/{here}/contact", by=NOOR), 409, "contact_not_given")

    # Both people agree, one by herself, one through his coordinator.
    good(oost.post(f"/v1/loans/{here}/agreements", by=hanna.login))
    good(west.post(f"/v1/loans/{there}/agreements", {"member_id": bert.id}, by=SAM))
    towns.until_loan(oost, here, "confirmed")
    towns.until_loan(west, there, "confirmed")
    assert oost.read(f"/v1/loans/{here}/contact", by=NOOR)["name"] == bert.name
    assert west.read(f"/v1/loans/{there}/contact", by=SAM)["name"] == hanna.name

    # They meet; both say how long it took, and the hours go.
    good(oost.post(f"/v1/loans/{here}/minutes", {"minutes": 45}, by=hanna.login))
    good(west.post(f"/v1/loans/{there}/minutes", {"minutes": 45}, by=bert.login))
    towns.until_loan(oost, here, "completed")
    towns.until_loan(west, there, "completed")
    west.until(lambda: west.account(bert)["balance_minutes"] == 45, "Bert having his hours", seconds=30)
    assert oost.account(hanna)["balance_minutes"] == -45
    assert oost.account(hanna)["held_minutes"] == 0
    assert (towns.position(oost)["position_minutes"], towns.position(west)["position_minutes"]) == (45, -45)
    oost.until_letters(hanna, *ASKER_HEARS)
    west.until_letters(bert, *HELPER_HEARS)
    return hanna.name, hanna.phone, bert.name, bert.phone


def _work(town: Any, kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = town.read(f"/v1/work-items?kind={kind}&limit=200", by=NOOR)["items"]
    return items


async def test_help_is_called_off_from_either_side(towns: Towns) -> None:
    await asyncio.to_thread(_called_off, towns)


def _called_off(towns: Towns) -> None:
    oost, west = towns.oost, towns.west
    hanna, bert = oost.neighbour(), west.neighbour(capacity=60)
    offer = west.offer(bert, "computer")
    request = oost.ask(hanna, "computer", 60, wanted_at=in_days(5))
    good(oost.post(f"/v1/help-requests/{request}/appeals", {"peers": [WEST]}, by=NOOR), 201)
    west.until(lambda: bool(_work(west, "help_asked")), "west hearing of it", seconds=30)
    (item,) = _work(west, "help_asked")
    good(west.post(f"/v1/loans/{item['entity_id']}/proposals", {"offer_id": offer}, by=SAM))
    # Bert's week is full with it: he cannot do the same at home.
    own = west.ask(west.neighbour(), "computer", 60, wanted_at=in_days(5))
    choose = west.post("/v1/matches", {"request_id": own, "offer_id": offer}, by=SAM)
    problem(choose, 409, "no_capacity")
    # He withdraws: his time is free, and oost looks on.
    assert west.call("DELETE", f"/v1/loans/{item['entity_id']}", by=SAM).status_code == 204
    loans = f"/v1/loans?request_id={request}&over=true"
    oost.until(lambda: bool(oost.read(loans, by=NOOR)["items"]), "oost hearing of it", seconds=30)
    (over,) = oost.read(loans, by=NOOR)["items"]
    assert (over["ended_by"], over["status"]) == ("them", "ended")
    assert west.confirm(own, offer)


async def test_a_region_leaves_while_help_is_asked_and_hours_are_under_way(towns: Towns) -> None:
    """Its ledger is down: the offer is there, and nobody has answered it."""
    oost, west = towns.oost, towns.west
    await asyncio.to_thread(towns.agree_on_a_cap, 600)
    hanna, bert = await asyncio.to_thread(oost.neighbour), await asyncio.to_thread(west.neighbour)
    request = await asyncio.to_thread(_shown, towns)
    await asyncio.to_thread(west.region.of("ledger")[0].kill)
    body = {"from_account_id": hanna.id, "to_account_id": bert.id, "peer": WEST, "minutes": 30}
    answer = await asyncio.to_thread(oost.post, "/v1/region-transfers", body, by=NOOR)
    transfer = good(answer, 201)["id"]
    await asyncio.to_thread(oost.until, lambda: _taken(oost), "west having the offer", seconds=30)
    await leave(west.folder / "region.toml")
    await asyncio.to_thread(_not_waited_for, towns, request)
    await asyncio.to_thread(_decide, oost, transfer, hanna)
    report = await verify(oost.region.region, folder=oost.folder)
    assert report.ok, [check for check in report.checks if not check.ok]


def _taken(town: Town) -> bool:
    (peer,) = town.read("/v1/peers", by=NOOR)["peers"]
    return bool(peer["waiting"] == 0)


def _decide(oost: Town, transfer: str, hanna: Neighbour) -> None:
    """Noor sees it on her list, calls west, and hears that it never came."""
    oost.until(lambda: bool(_work(oost, "transfer_stranded")), "the transfer being shown", seconds=30)
    (item,) = _work(oost, "transfer_stranded")
    assert item["entity_id"] == transfer
    assert oost.read(f"/v1/region-transfers/{transfer}", by=NOOR)["stranded"] == "peer_left"
    assert oost.account(hanna)["held_minutes"] == 30
    more = {"from_account_id": hanna.id, "to_account_id": hanna.id, "peer": WEST, "minutes": 5}
    problem(oost.post("/v1/region-transfers", more, by=NOOR), 409, "peer_left")
    console = Console(oost.address)
    try:
        page = console.read(f"/regios/overdracht/{transfer}")
        assert "30 minuten naar West" in page
        assert "Die regio verliet het netwerk voor zij antwoordde." in page
        said = {"booked": "false", "note": "Gebeld met Sam: daar is niets geboekt."}
        assert "Vastgelegd." in console.send(f"/regios/overdracht/{transfer}", "afloop", **said)
    finally:
        console.http.close()
    said = {"booked": True, "note": "Nog eens."}
    again = oost.post(f"/v1/region-transfers/{transfer}/decisions", said, by=NOOR)
    problem(again, 409, "not_stranded")
    oost.until(lambda: oost.account(hanna)["held_minutes"] == 0, "the hours being free", seconds=30)
    assert not _work(oost, "transfer_stranded")


def _shown(towns: Towns) -> UUID:
    """A request that west has heard of: no letter about it is on its way."""
    oost, west = towns.oost, towns.west
    request = oost.ask(oost.neighbour(), "dog", 30, wanted_at=in_days(6))
    good(oost.post(f"/v1/help-requests/{request}/appeals", {"peers": [WEST]}, by=NOOR), 201)
    west.until(lambda: bool(_work(west, "help_asked")), "west hearing of it", seconds=30)
    return request


def _not_waited_for(towns: Towns, request: UUID) -> None:
    oost = towns.oost
    loans = f"/v1/loans?request_id={request}&over=true"
    oost.until(lambda: bool(oost.read(loans, by=NOOR)["items"]), "oost knowing that west left", seconds=30)
    (over,) = oost.read(loans, by=NOOR)["items"]
    assert (over["ended_by"], over["reason"]) == ("them", "peer_left")
    assert oost.read(f"/v1/help-requests/{request}", by=NOOR)["status"] == "open"
