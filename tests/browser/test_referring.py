"""A social worker refers someone in a minute, and a coordinator answers with one click; in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import WIDTHS, Visitor, visitor
from tests.harness.town import NOOR, TEAM, Neighbour, Town

__all__ = ["visitor"]

pytestmark = pytest.mark.browser


def fills_in(visitor: Visitor, person: Neighbour, text: str) -> None:
    page = visitor.page
    page.get_by_label("Naam", exact=True).fill(person.name)
    page.get_by_label("Telefoon").first.fill(person.phone)
    page.get_by_label("Straat").fill(person.registration["street"])
    page.get_by_label("Huisnummer").fill("12")
    page.get_by_label("Postcode", exact=True).fill("3515")
    page.get_by_label("Soort hulp").select_option("shopping")
    page.get_by_label("Hoe lang per keer?").select_option("60")
    page.get_by_label("In één of twee zinnen").fill(text)
    page.get_by_label("Deze week").check()
    page.get_by_label("De status en hoe het afliep").check()
    page.get_by_label("Hoe gaf de persoon toestemming?").select_option("in_person")
    page.get_by_label("Wie kunnen wij bij u bellen?").fill("Samira, 030-123 45 67")


def test_someone_is_referred_in_a_minute_and_let_in_with_one_answer(town: Town, visitor: Visitor) -> None:
    person, page = town.stranger(), visitor.page
    visitor.sign_in(TEAM.key)
    visitor.heading("Verwijs door naar hulp in de buurt")
    expect(page).to_have_url(re.compile(r"/verwijzen$"))
    # Nothing is ticked beforehand.
    assert page.locator("main input:checked").count() == 0
    fills_in(visitor, person, "Kan sinds de operatie niet zwaar tillen.")
    page.get_by_role("button", name="Verstuur doorverwijzing").click()
    expect(page.get_by_role("status")).to_contain_text("Wij hebben uw doorverwijzing.")
    mine = page.locator(".wd-referrals > li").first
    expect(mine).to_contain_text("Boodschappen doen")
    expect(mine.locator("[aria-current=step]")).to_have_text(re.compile("nu: Ontvangen"))
    # A team sees nothing of a coordinator's.
    page.goto("/verwijzingen")
    expect(page).to_have_url(re.compile(r"/verwijzen$"))
    page.get_by_role("button", name="Log uit").locator("visible=true").click()

    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    page.goto("/verwijzingen")
    row = page.get_by_role("row").filter(has_text=person.name)
    expect(row).to_contain_text("Wacht op antwoord")
    row.get_by_role("link").click()
    visitor.heading(re.compile(f"verwijzing van {person.name}"))
    expect(page.get_by_text("Kan sinds de operatie niet zwaar tillen.")).to_be_visible()
    page.get_by_label("In welk initiatief?").select_option(index=1)
    page.get_by_role("button", name="Neem aan en zoek een helper").click()
    expect(page.get_by_role("status")).to_contain_text("Aangenomen. Het is nu een hulpvraag.")
    page.get_by_role("link", name="Naar de hulpvraag").click()
    expect(page).to_have_url(re.compile(r"/hulpvragen/"))


def test_what_is_wrong_is_said_first_kept_and_leads_to_its_field(town: Town, visitor: Visitor) -> None:
    person, page = town.stranger(), visitor.page
    visitor.sign_in(TEAM.key)
    fills_in(visitor, person, "Dossier 111222333. Vrijdag is het best.")
    page.get_by_label("Naam", exact=True).fill("")
    page.get_by_role("button", name="Verstuur doorverwijzing").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Fout: "))
    expect(page.get_by_role("alert")).to_contain_text("een getal dat op een BSN lijkt")
    page.get_by_role("alert").get_by_role("link", name=re.compile("BSN")).click()
    assert page.url.endswith("#text")
    expect(page.get_by_label("In één of twee zinnen")).to_have_accessible_description(re.compile("BSN lijkt"))
    expect(page.get_by_label("Straat")).to_have_value(person.registration["street"])
    expect(page.get_by_label("De status en hoe het afliep")).to_be_checked()
    visitor.wrong = [each for each in visitor.wrong if "400" not in each]


def test_no_page_is_wider_than_the_screen(town: Town, visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in(TEAM.key)
    for path, key in (("/verwijzen", TEAM.key), ("/verwijzingen", NOOR.key)):
        if key == NOOR.key:
            page.context.clear_cookies()
            visitor.sign_in(key)
            visitor.heading("Vandaag")
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.locator("[style]").count() == 0
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide on a screen of {width}"
