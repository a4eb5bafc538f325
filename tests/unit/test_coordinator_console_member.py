"""The page of a member: what it shows and what can be done there now."""

from typing import Any

import httpx
import pytest

from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import HELPER, HOME, REQUEST, ROWS_SEEN, post, row_of_member


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
        "(door Noor Bakker)",
    ):
        assert said in page, said
    # Ties can be named, and are shown to nobody.
    assert "Noem een band met iemand" in page
    assert "(door yara)" not in page


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
