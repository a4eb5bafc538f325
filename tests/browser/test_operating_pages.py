"""Toestand in a real browser: an operator sees how the region runs, and nothing about people."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import WIDTHS, Visitor, visitor
from tests.harness.town import NOOR, OPERATOR, Town

__all__ = ["visitor"]

pytestmark = pytest.mark.browser


def test_an_operator_sees_every_service_and_no_page_about_people(town: Town, visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in(OPERATOR.key)
    expect(page).to_have_url(re.compile("/beheer$"))
    visitor.heading("Toestand")

    def all_told() -> bool:
        # Replicas say how they are every two seconds.
        page.reload()
        return page.get_by_text("1 leidt").count() == len(town.region.region.services)

    town.until(all_told, "every replica having said how it is", seconds=20)
    for service in town.region.region.services:
        expect(page.get_by_role("rowheader", name=service, exact=True).first).to_be_visible()
    assert page.locator("[style]").count() == 0
    for width in (*WIDTHS, 375, 1000):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{wide} pixels wide on a screen of {width}"
        if folder := os.environ.get("WD_TEST_SCREENS"):
            page.screenshot(path=Path(folder) / f"toestand-{width}.png", full_page=True)
    for path in ("/", "/brieven", "/cijfers"):
        page.goto(path)
        expect(page).to_have_url(re.compile("/beheer$"))


def test_a_coordinator_has_no_such_page(visitor: Visitor) -> None:
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    visitor.page.goto("/beheer")
    visitor.heading("Vandaag")
