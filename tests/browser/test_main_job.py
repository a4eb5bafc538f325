"""The coordinator's day in a real browser: sign in, see what waits, choose a helper, confirm, approve."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from tests.browser.conftest import chromium
from tests.harness.letters import WELCOME
from tests.harness.town import NOOR, Town

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390, 320)


@dataclass
class Visitor:
    """One tab, and everything that went wrong in it."""

    page: Page
    context: BrowserContext
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Violations of the content policy are among these.
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        # Who goes on to the next page does not wait for the last picture of this one.
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def sign_in(self, key: str) -> None:
        self.page.goto("/")
        expect(self.page).to_have_url(re.compile(r"/inloggen$"))
        self.page.get_by_label("Sleutel").fill(key)
        self.page.get_by_role("button", name="Log in").click()

    def heading(self, name: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", name=name).first).to_be_visible()


@pytest.fixture
def visitor(browser: Browser, town: Town) -> Iterator[Visitor]:
    context = browser.new_context(base_url=town.address, locale="nl-NL", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(10_000)
    here = Visitor(context.new_page(), context)
    here.watch()
    yield here
    context.close()
    assert here.wrong == []


def test_a_request_gets_a_helper_in_two_clicks(town: Town, visitor: Visitor) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    offer_id = town.offer(helper, "paperwork", "Ik kijk graag met u mee.")
    request_id = town.ask(asker, "paperwork", 60, text="Er ligt een stapel post.", urgency="urgent")
    page = visitor.page

    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    expect(page.get_by_text(NOOR.label).first).to_be_visible()
    row = page.locator("li.wd-item").filter(has=page.locator(f'a[href="/hulpvragen/{request_id}"]'))
    expect(row).to_contain_text("Post en papieren op orde houden")
    expect(row).to_contain_text("Zonder helper")
    row.get_by_role("link", name="Kies helper").click()

    visitor.heading("Post en papieren op orde houden")
    visitor.heading("Wie kan helpen?")
    expect(page.get_by_text("Er ligt een stapel post.")).to_be_visible()
    card = page.locator(f"#helper-{offer_id}")
    expect(card).to_contain_text("Nu 0, straks 60 van 600")
    card.get_by_role("link", name="Kies").click()

    # The first click says what will happen, and does nothing yet.
    visitor.heading(re.compile("Klopt dit?"))
    assert town.read(f"/v1/help-requests/{request_id}", by=NOOR)["status"] == "open"
    page.get_by_role("button", name="Bevestig de koppeling").click()
    visitor.heading("De koppeling staat")
    expect(page.get_by_text("1 uur staat apart").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Maak ongedaan"))).to_be_visible()
    match_id = town.read(f"/v1/help-requests/{request_id}", by=NOOR)["match_id"]
    assert town.match(match_id)["helper_id"] == str(helper.id)

    page.get_by_role("link", name="Terug naar Vandaag").click()
    visitor.heading("Vandaag")
    expect(row).to_have_count(0)
    # Undone, it is back; and found by the number that people say.
    page.get_by_role("searchbox").fill(f"{request_id.int % 1_000_000:06}")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(re.compile(f"/hulpvragen/{request_id}$"))
    page.get_by_role("button", name=re.compile("Maak ongedaan")).click()
    visitor.heading("Wie kan helpen?")
    assert town.match(match_id)["reason"] == "cancelled"


def test_what_was_withdrawn_meanwhile_is_told_kindly(town: Town, visitor: Visitor) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    offer_id = town.offer(helper, "paperwork")
    request_id = town.ask(asker, "paperwork", 60)
    page = visitor.page
    visitor.sign_in(NOOR.key)
    page.goto(f"/hulpvragen/{request_id}?helper={offer_id}#helper-{offer_id}")
    assert town.call("DELETE", f"/v1/help-requests/{request_id}", by=asker.login).status_code == 204
    page.get_by_role("button", name="Bevestig de koppeling").click()
    expect(page.get_by_role("alert")).to_contain_text("De koppeling ging niet door")
    expect(page.get_by_role("alert")).to_contain_text("ingetrokken")
    # The refusal is a 409 of the page itself, and nothing else went wrong.
    address = f"{town.address}/hulpvragen/{request_id}/koppelingen"
    assert f"409: {address}" in visitor.wrong
    visitor.wrong = [each for each in visitor.wrong if "409" not in each]


def test_a_new_member_is_approved(town: Town, visitor: Visitor) -> None:
    newcomer = town.newcomer()
    page = visitor.page
    visitor.sign_in(NOOR.key)
    page.get_by_role("link", name=re.compile("^Nieuw")).first.click()
    page.locator(f'li.wd-item a[href="/deelnemers/{newcomer.id}"]').first.click()
    visitor.heading(re.compile("Bewoner"))
    expect(page.get_by_text(newcomer.phone)).to_be_visible()
    page.get_by_role("button", name="Keur goed").click()
    expect(page.get_by_role("status")).to_contain_text("Goedgekeurd.")
    expect(page.get_by_text("Doet mee", exact=True)).to_be_visible()
    assert town.read(f"/v1/members/{newcomer.id}", by=NOOR)["status"] == "approved"
    town.until_letters(newcomer, WELCOME)


@pytest.mark.parametrize("whose", ["nobody's", "a member's"])
def test_a_wrong_key_shows_what_to_do(town: Town, visitor: Visitor, whose: str) -> None:
    page = visitor.page
    visitor.sign_in("geen-sleutel" if whose == "nobody's" else town.newcomer().login.key)
    expect(page.get_by_role("alert")).to_contain_text("Inloggen is niet gelukt")
    expect(page).to_have_title(re.compile("^Fout: "))
    field = page.get_by_label("Sleutel")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Deze sleutel kennen wij niet"))
    expect(field).to_have_value("")
    # The summary is read first, and its link leads to the field.
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Kijk nog even naar uw sleutel").click()
    assert page.url.endswith("#key")
    visitor.wrong = [each for each in visitor.wrong if "400" not in each]
    # And the right one still works.
    field.fill(NOOR.key)
    page.get_by_role("button", name="Log in").click()
    visitor.heading("Vandaag")


def test_who_signed_out_sees_nothing_any_more(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    (cookie,) = visitor.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.get_by_role("button", name="Log uit").first.click()
    expect(page).to_have_url(re.compile("/inloggen$"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/inloggen$"))
    assert NOOR.key not in page.content()


def test_no_page_is_wider_than_the_screen_and_each_has_its_landmarks(town: Town, visitor: Visitor) -> None:
    helper, asker = town.neighbour(capacity=600), town.newcomer()
    offer_id = town.offer(helper, "computer")
    request_id = town.ask(helper, "computer", 60)
    page = visitor.page
    page.goto("/inloggen")
    pages = ["/inloggen", "/", f"/hulpvragen/{request_id}", f"/hulpvragen/{request_id}?helper={offer_id}"]
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    for path in [*pages, f"/deelnemers/{asker.id}", f"/deelnemers/{helper.id}"]:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("main")).to_have_count(1)
        assert page.locator("html").get_attribute("lang") == "nl"
        assert page.locator("[style]").count() == 0
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide on a screen of {width}"


def test_without_chromium_it_is_skipped_but_never_where_everything_is_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium on this machine"):
        chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium on this machine"):
        chromium()
