"""The page of a member: what it shows and what can be done there now."""

from typing import Any

import httpx
import pytest

from contracts.exchange import PostOffer, RequestHelp
from contracts.initiatives import THE_INITIATIVE
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import ASKER, HELPER, HOME, REQUEST, ROWS_SEEN, only_sent, post, row_of_member


async def test_a_member_page_shows_care_vogs_household_and_who_did_what(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/deelnemers/{HELPER}")).text
    for said in (
        "3 uur per week",
        "waarvan 1 uur voor een eigen naaste",
        "geldig tot en met donderdag 31 januari 2030",
        "Huishouden Visser",
        "deelt de uren",
        f"/deelnemers/{HELPER}/rekening",
        "De ruimte per week van Yara Visser is gewijzigd.",
        "door Noor Bakker",
    ):
        assert said in page, said
    # Ties can be named, and are shown to nobody.
    assert "Noem een band met iemand" in page
    assert "door yara" not in page


@pytest.mark.parametrize(
    ("changed", "offered", "not_offered"),
    [
        ({"paused": True}, "hervatting", "pauze"),
        ({"paused": False}, "pauze", "hervatting"),
        ({"age_band": "from_16"}, "toestemming", "toestemming-weg"),
        ({"age_band": "from_16", "guardian_agrees": True}, "toestemming-weg", "toestemming"),
        ({"status": "registered"}, "afwijzing", "wissen"),
        ({"status": "erased"}, "", "wissen"),
    ],
)
async def test_a_page_offers_what_can_be_done_now(
    browser: httpx.AsyncClient, pool: PaperPool, changed: dict[str, Any], offered: str, not_offered: str
) -> None:
    pool.rows["members_seen"] = [row_of_member(**changed)]
    page = (await browser.get(f"/deelnemers/{HELPER}")).text
    assert not offered or f'id="{offered}"' in page
    assert f'id="{not_offered}"' not in page


async def test_a_number_that_is_nobodys_is_said_kindly(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    page = await browser.get(f"/deelnemers/{HELPER}")
    assert page.status_code == 200
    for number in ("99", "iemand", "9" * 30):
        said = await post(browser, f"/deelnemers/{HELPER}/band", other_id=number, tie="friend")
        if number == "99":
            # The database of paper knows one member by any number.
            assert said.status_code == 303
            continue
        assert said.status_code == 400
        assert "Dit nummer kennen wij niet." in said.text


async def test_a_shared_balance_is_said_to_be_shared(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    (row,) = ROWS_SEEN["balances_seen"]
    pool.rows["balances_seen"] = [{**row, "account_id": HELPER, "shared_with": HOME}]
    for path in (f"/deelnemers/{HELPER}", f"/hulpvragen/{REQUEST}"):
        page = (await browser.get(path)).text
        assert "2 uur 30 tegoed" in page
        assert "gedeeld met Huishouden Visser" in page


# In their name

ASKED = {
    "category": "shopping",
    "minutes": "60",
    "wanted_at": "2030-01-08T10:30",
    "recurrence": "FREQ=WEEKLY",
    "last_day": "2030-06-25",
    "urgency": "soon",
    "wish": "known",
    "initiative_id": str(THE_INITIATIVE),
    "consent": "phone",
    "asked_by": "1042",
    "text": "De trap is steil.",
}


async def test_help_is_asked_in_someones_name_and_the_request_is_shown(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    answer = await post(browser, f"/deelnemers/{ASKER}/hulpvraag", **ASKED)
    asked = only_sent(bus)
    assert isinstance(asked, RequestHelp)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/hulpvragen/{bus.sent[0][2]['id']}")
    said = {name: getattr(asked, name) for name in ("member_id", "recurrence", "consent", "asked_by", "text")}
    assert said == {
        "member_id": ASKER,
        "recurrence": "FREQ=WEEKLY",
        "consent": "phone",
        "asked_by": HELPER,
        "text": "De trap is steil.",
    }
    assert asked.wanted_at is not None
    # As the clock on the wall says it.
    assert asked.wanted_at.isoformat() == "2030-01-08T09:30:00+00:00"


async def test_it_may_be_once_without_a_day_and_never_without_their_own_word(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    left_out = ("wanted_at", "recurrence", "last_day", "asked_by", "text")
    once = {name: value for name, value in ASKED.items() if name not in left_out}
    assert (await post(browser, f"/deelnemers/{ASKER}/hulpvraag", **once)).status_code == 303
    asked = only_sent(bus)
    assert isinstance(asked, RequestHelp)
    assert (asked.wanted_at, asked.recurrence, asked.asked_by) == (None, None, None)
    del once["consent"]
    page = await post(browser, f"/deelnemers/{ASKER}/hulpvraag", **once)
    assert page.status_code == 400
    assert "hoe vond deze deelnemer het zelf goed?" in page.text


async def test_an_offer_is_written_down_in_someones_name(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    said = {"category": "coffee", "initiative_id": str(THE_INITIATIVE), "text": "Op dinsdag."}
    answer = await post(browser, f"/deelnemers/{HELPER}/aanbod", **said)
    assert answer.headers["Location"] == f"/deelnemers/{HELPER}?gelukt=aanbod"
    assert only_sent(bus) == PostOffer(member_id=HELPER, category="coffee", text="Op dinsdag.")


async def test_who_does_not_take_part_yet_asks_and_offers_nothing(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    assert 'id="hulpvraag"' in (await browser.get(f"/deelnemers/{HELPER}")).text
    pool.rows["members_seen"] = [row_of_member(status="registered")]
    page = (await browser.get(f"/deelnemers/{HELPER}")).text
    assert 'id="hulpvraag"' not in page
    assert 'id="aanbod"' not in page
