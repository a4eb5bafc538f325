"""Letters to print and calls to make."""

from uuid import UUID

import httpx
import pytest

from contracts.envelope import Refusal
from contracts.notifications import ReportDelivery
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import ASKER, AT, post


@pytest.mark.usefixtures("brought")
async def test_letters_and_calls_are_brought_each_in_their_own_way(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/brieven")).text
    assert "1 brief" in page
    assert "1 telefoontje" in page
    assert "030-123 45 67" in page
    assert "2 keer niet bereikt" in page
    # A letter was posted or not: trying in vain is for the telephone.
    assert page.count("/niet-bereikt") == 1
    sheets = (await browser.get("/brieven/afdrukken")).text
    assert sheets.count('<article class="wd-sheet"') == 1
    assert "<span>Anna Jansen</span><span>Kade 1</span><span>3511 Utrecht</span>" in sheets


async def test_a_message_of_someone_who_was_erased_is_only_counted(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    message = {"member_id": ASKER, "since": AT, "escalated": False, "channel": "letter", "attempts": 0}
    pool.rows["messages_seen"] = [{**message, "message_id": UUID(int=0xDD)}]
    page = (await browser.get("/brieven")).text
    assert "Van 1 bericht is de tekst er niet meer." in page


async def test_letters_that_were_printed_together_are_posted_in_one_go(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    ids = [UUID(int=0xE1), UUID(int=0xE2)]
    done = await post(browser, "/brieven/verstuurd", letter=[str(one) for one in ids])
    assert (done.status_code, done.headers["Location"]) == (303, "/brieven?gelukt=alles-verstuurd")
    assert [command for command, *_ in bus.sent] == [ReportDelivery(message_id=i, reached=True) for i in ids]
    assert "Genoteerd: de brieven zijn verstuurd." in (await browser.get(done.headers["Location"])).text
    # One that no longer waits is no reason to stop.
    bus.refusal = Refusal(code="not_waiting", nl="Dit bericht wacht niet.", en="It does not wait.")
    assert (await post(browser, "/brieven/verstuurd", letter=str(ids[0]))).status_code == 303
