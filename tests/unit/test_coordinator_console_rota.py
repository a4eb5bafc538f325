"""The rota: leave without a deputy, and who is there now."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.coordinator.console.rota_views import RotaPage
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import AT, ONE, ROWS_SEEN, post


async def test_a_deputy_must_be_chosen(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    page = await post(browser, f"/rooster/verlof/{ONE}/vervanger", deputy="")
    assert page.status_code == 400
    assert bus.sent == []


async def test_leave_without_a_deputy_is_a_warning(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    page = (await browser.get("/rooster")).text
    assert "Er is verlof zonder vervanger." in page
    # Nobody stands in for themselves.
    assert page.count('value="sam"') > page.count('value="noor"')
    (row,) = ROWS_SEEN["leaves"]
    pool.rows["leaves"] = [{**row, "deputy": "sam"}]
    assert "Er is verlof zonder vervanger." not in (await browser.get("/rooster")).text


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ((), "Nu heeft niemand dienst."),
        (("Noor",), "Nu heeft Noor dienst."),
        (("Noor", "Sam", "Noor"), "Nu hebben Noor en Sam dienst."),
        (("Noor", "Sam", "Bo"), "Nu hebben Noor, Sam en Bo dienst."),
    ],
)
def test_who_is_there_now_in_one_sentence(people: tuple[str, ...], sentence: str) -> None:
    duties: Any = tuple(SimpleNamespace(who=who) for who in people)
    assert RotaPage(AT, duties, (), (), ()).sentence == sentence
