"""What is printed: a statement, a year and letters on sheets of A4, with the words and without the screen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.coordinator.local_time import now
from tests.browser.test_main_job import Visitor, visitor
from tests.harness.town import NOOR, Neighbour, Town, good

__all__ = ["visitor"]

pytestmark = pytest.mark.browser

A4_POINTS = (595.3, 841.9)
OF_THE_SCREEN = (".wd-nav", ".wd-menu", ".wd-me", ".wd-footer", ".wd-screen-only", "button", "form")


def _sheets(page: Page, folder: Path) -> int:
    """Print the page as the browser's own print command does; returns on how many sheets of A4."""
    printed = page.pdf(path=folder / "printed.pdf", format="A4", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", printed)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    for width, height in sizes:
        # Browsers round a sheet to whole pixels.
        assert (float(width), float(height)) == pytest.approx(A4_POINTS, abs=1)
    assert len(sizes) == pages
    return pages


def _on_paper(page: Page) -> str:
    """The words that reach the paper, once what belongs to the screen is known to be gone."""
    page.emulate_media(media="print")
    for of_the_screen in OF_THE_SCREEN:
        for found in page.locator(of_the_screen).all():
            expect(found).to_be_hidden()
    wide, paper = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= paper, f"{wide} pixels of {paper}: the rest is cut off"
    return page.locator("body").inner_text()


def _helped(town: Town) -> tuple[Neighbour, Neighbour]:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    match_id = town.confirm(town.ask(asker, "dog", 60), town.offer(helper, "dog"))
    for person in (asker, helper):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": 60}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being booked")
    return helper, asker


def test_a_statement_is_a_page_that_prints_well(town: Town, visitor: Visitor, tmp_path: Path) -> None:
    helper, _ = _helped(town)
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    page = visitor.page
    page.goto(f"/deelnemers/{helper.id}/rekening")
    visitor.heading(re.compile("."))
    words = _on_paper(page)
    assert helper.name in words
    assert "1 uur" in words
    assert "Uitloggen" not in words
    assert _sheets(page, tmp_path) == 1


def test_a_year_is_a_page_that_prints_well(town: Town, visitor: Visitor, tmp_path: Path) -> None:
    helper, _ = _helped(town)
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    visitor.page.goto(f"/deelnemers/{helper.id}/jaaroverzicht/{now().year}")
    words = _on_paper(visitor.page)
    assert helper.name in words
    assert str(now().year) in words
    assert _sheets(visitor.page, tmp_path) == 1


def test_each_letter_has_a_sheet_of_its_own(town: Town, visitor: Visitor, tmp_path: Path) -> None:
    people = [town.neighbour(email=None) for _ in range(2)]
    for person in people:
        town.until(lambda who=person: town.work("bring_message", who.id), "a letter to bring")
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    page = visitor.page
    page.goto("/brieven/afdrukken")
    letters = page.locator("article.wd-sheet").count()
    assert letters >= len(people)
    words = _on_paper(page)
    for person in people:
        assert person.name in words
        assert str(person.registration["street"]) in words
    assert "Druk deze bladzijde af" not in words
    assert _sheets(page, tmp_path) == letters
