"""The pages about the region in a real browser: on every width, by keyboard alone, and when it goes wrong."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import WIDTHS, Visitor, visitor
from tests.harness.town import NOOR, Town, good

__all__ = ["visitor"]

pytestmark = pytest.mark.browser

MENU = ("Vandaag", "Deelnemers", "Verwijzingen", "Brieven", "Rooster")
MORE = ("Initiatieven", "Solidariteitspot", "Vergoedingen", "Cijfers")
"""Under Meer on a wide screen."""


def booked(town: Town) -> str:
    """The address of a match that is booked."""
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    match_id = town.confirm(town.ask(asker, "dog", 60), town.offer(helper, "dog"))
    for person in (asker, helper):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": 60}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being booked")
    return f"/koppelingen/{match_id}"


def test_no_page_is_wider_than_the_screen_and_each_has_its_landmarks(town: Town, visitor: Visitor) -> None:
    person, initiative_id = town.neighbour(capacity=120), town.initiative("ruilkring")
    good(town.post("/v1/pool-gifts", {"minutes": 60}, by=NOOR), 201)
    page, match = visitor.page, booked(town)
    kept_apart = {"helper_id": person.id, "asker_id": town.neighbour().id, "text": "Er is geld weg."}
    incident = good(town.post("/v1/incidents", kept_apart, by=NOOR), 201)
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    for path in (
        "/deelnemers",
        f"/hulpvragen/{town.ask(person, 'dog', 60)}/stoppen",
        "/brieven/afdrukken",
        "/initiatieven",
        f"/initiatieven/{initiative_id}",
        "/solidariteitspot",
        "/vergoedingen",
        f"/deelnemers/{person.id}",
        f"/deelnemers/{person.id}/vergoedingen",
        f"/incidenten/{incident['id']}",
        f"{match}/terugboeking",
        "/cijfers",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("main")).to_have_count(1)
        assert page.locator("[style]").count() == 0
        for folded in page.locator("main summary").all():
            folded.click()
        for width in (*WIDTHS, 375, 1000):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide on a screen of {width}"


@pytest.mark.parametrize("width", [1280, 375])
def test_every_page_is_in_the_menu_and_its_words_stay_whole(visitor: Visitor, width: int) -> None:
    page = visitor.page
    visitor.sign_in(NOOR.key)
    page.set_viewport_size({"width": width, "height": 844})
    for name in (*MENU, *MORE):
        if width < 1000:
            page.locator(".wd-menu > summary").click()
        elif name in MORE:
            page.locator(".wd-nav summary").click()
        link = page.get_by_role("link", name=name, exact=True).locator("visible=true").first
        lines = link.evaluate("e => { const r = document.createRange(); r.selectNodeContents(e); "
                              "return r.getClientRects().length }")  # fmt: skip
        assert lines == 1, f"{name} is broken over {lines} lines"
        link.click()
        expect(page.locator(".wd-nav a[aria-current=page]")).to_have_text(name)


def test_hours_are_booked_back_by_keyboard_alone(town: Town, visitor: Visitor) -> None:
    match = booked(town)
    page = visitor.page
    visitor.sign_in(NOOR.key)
    page.goto(match)
    page.get_by_role("link", name="Boek de uren terug").press("Enter")
    visitor.heading(re.compile("^1 uur gaat terug van"))
    # From the way back straight to what is asked, then to the button, then to no.
    page.get_by_role("navigation", name="Kruimelpad").get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Waarom?")).to_be_focused()
    page.keyboard.type("Verkeerd opgeschreven.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Boek terug")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Toch niet")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("De uren zijn teruggeboekt.")


def test_a_rule_that_does_not_fit_is_said_first_and_leads_to_its_field(town: Town, visitor: Visitor) -> None:
    initiative_id = town.initiative("ruilkring")
    page = visitor.page
    visitor.sign_in(NOOR.key)
    page.goto(f"/initiatieven/{initiative_id}")
    page.locator("#regels > summary").press("Enter")
    field = page.get_by_label("Hoeveel minuten mag iemand meer krijgen dan geven?")
    expect(field).to_have_value("600")
    field.fill("7000")
    page.get_by_label("Er hoeft niets terug.").check()
    page.get_by_role("button", name="Bewaar de regels").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Fout: "))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#regels-policy-floor-minutes")
    expect(field).to_have_value("7000")
    expect(field).to_have_accessible_description(re.compile("Dit mag hoogstens 6000 zijn."))
    expect(page.get_by_label("Er hoeft niets terug.")).to_be_checked()
    expect(page.get_by_role("radiogroup", name="Iets terugdoen")).to_be_visible()
    visitor.wrong = [each for each in visitor.wrong if "400" not in each]
