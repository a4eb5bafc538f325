"""The page on which a social team refers someone: what it sends, and what it says when it does not fit."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Refusal
from contracts.members import RegisterReferred
from contracts.referrals import CancelReferral, ReferPerson
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import HELPER, Outline, token

FORM = {
    "name": "Jo Voorbeeld",
    "street": "Kade",
    "house_number": "12",
    "pc4": "3511",
    "category": "shopping",
    "minutes": "60",
    "wish": "none",
    "urgency": "soon",
    "feedback": "status",
    "how": "phone",
    "contact": "Samira",
    "text": "Kan niet tillen.",
}


@pytest.fixture
async def team(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """The browser, in which a social team is signed in."""
    browser.cookies.clear()
    signing_in = {"csrf": token(await browser.get("/inloggen")), "key": "secret-samira"}
    answer = await browser.post("/inloggen", data=signing_in)
    assert answer.headers["Location"] == "/verwijzen"
    return browser


async def sends(team: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    form = {**FORM, **changed, "csrf": token(await team.get("/verwijzen")), "idempotency_key": "one"}
    return await team.post("/verwijzen", data=form)


async def test_someone_new_is_signed_up_and_referred_at_once(team: httpx.AsyncClient, bus: PaperBus) -> None:
    answer = await sends(team)
    assert answer.status_code == 303
    (registers, by, _), (refers, _, more) = bus.sent
    assert isinstance(registers, RegisterReferred)
    assert isinstance(refers, ReferPerson)
    assert (registers.name, refers.feedback, refers.consent) == ("Jo Voorbeeld", "status", "phone")
    assert by.team == "west"
    assert answer.headers["Location"] == f"/verwijzen?gelukt={more['id']}"
    # The same button twice is the same referral.
    await sends(team)
    assert bus.sent[3][2]["id"] == more["id"]


async def test_who_takes_part_already_is_told_by_number(
    team: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    await sends(team, name="", street="", house_number="", number="1042")
    (refers,) = (command for command, _, _ in bus.sent)
    assert isinstance(refers, ReferPerson)
    assert refers.member_id == HELPER


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    team: httpx.AsyncClient, bus: PaperBus
) -> None:
    answer = await sends(team, name="", text="dossier 111222333", feedback="")
    assert answer.status_code == 400
    assert bus.sent == []
    for id in ("name", "text", "feedback"):
        assert f'href="#{id}"' in answer.text
    assert "een getal dat op een BSN lijkt" in answer.text
    assert 'value="Kade"' in answer.text
    found = Outline(answer.text)
    assert found.levels.count(1) == 1
    assert found.refers <= set(found.ids)


async def test_what_a_service_refuses_is_told_where_it_belongs(
    team: httpx.AsyncClient, bus: PaperBus
) -> None:
    bus.refusal = Refusal(code="unknown_postcode", nl="Deze postcode kennen wij niet.", en="Unknown.")
    answer = await sends(team)
    assert answer.status_code == 400
    assert 'href="#pc4"' in answer.text


async def test_a_team_takes_its_referral_back_and_reads_why_not(
    team: httpx.AsyncClient, bus: PaperBus
) -> None:
    page = await team.get("/verwijzen")
    (href,) = re.findall(r'action="(/verwijzen/[^"]+/terugname)"', page.text)
    answer = await team.post(href, data={"csrf": token(page)})
    ((cancels, by, _),) = bus.sent
    assert isinstance(cancels, CancelReferral)
    assert by.team == "west"
    assert answer.headers["Location"] == f"/verwijzen?gelukt={cancels.referral_id}"
    bus.refusal = Refusal(code="helper_found", nl="Er is al een helper voor deze verwijzing.", en="Found.")
    refused = await team.post(href, data={"csrf": token(page)})
    assert refused.status_code == 409
    assert "Er is al een helper" in refused.text


async def test_a_team_sees_its_own_and_nothing_of_coordinators(team: httpx.AsyncClient) -> None:
    page = (await team.get(f"/verwijzen?gelukt={UUID(int=0xB4)}")).text
    assert "Mijn doorverwijzingen" in page
    assert "Wij hebben uw doorverwijzing." in page
    assert "Rooster" not in page
    for path in ("/", "/verwijzingen", "/rooster", f"/verwijzingen/{UUID(int=0xB4)}"):
        assert (await team.get(path)).headers["Location"] == "/verwijzen"
