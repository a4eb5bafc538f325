"""The console's doors: keys, sessions, form tokens, and what due dates sound like."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.coordinator.console.due import due_nl
from services.coordinator.console.session import LASTS_SECONDS, Sessions
from services.coordinator.desk import Desk
from services.coordinator.keys import Keys
from services.coordinator.local_time import LOCAL
from services.coordinator.web import site
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region, Secrets
from tests.unit.callers import key
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import token

KEYS = (key("noor", "coordinator"), key("yara", "member", UUID(int=0xA1)))
REGION = Region(
    region="voorbeeld", name="Voorbeeld", keys=KEYS, secrets=Secrets(web=SecretStr("a secret of the region"))
)
PAGE = f"/deelnemers/{UUID(int=7)}"


# Keys


def test_a_key_says_who_holds_it() -> None:
    holder = Keys(KEYS).holder("secret-yara")
    assert holder is not None
    assert (holder.actor.name, holder.actor.role, holder.actor.member_id) == (
        "yara",
        "member",
        UUID(int=0xA1),
    )


@pytest.mark.parametrize("presented", ["", "secret", "secret-yara ", "SECRET-YARA", KEYS[1].sha256])
def test_what_is_not_a_key_is_nobodys(presented: str) -> None:
    assert Keys(KEYS).holder(presented) is None


def test_nothing_a_browser_gets_is_of_use_as_a_key() -> None:
    keys = Keys(KEYS)
    holder = keys.holder("secret-noor")
    assert holder is not None
    assert keys.still_held(holder.fingerprint) == holder
    assert keys.holder(holder.fingerprint) is None
    assert Keys(KEYS[1:]).still_held(holder.fingerprint) is None


def test_a_region_without_a_secret_to_sign_with_is_told_so() -> None:
    with pytest.raises(Misconfigured, match="web"):
        Sessions(Region(region="voorbeeld", name="Voorbeeld"), Keys(KEYS))


# Sessions and forms


@pytest.fixture
async def browser(bus: PaperBus) -> AsyncIterator[httpx.AsyncClient]:
    loop = SimpleNamespace(leading=True, marks={}, committed=asyncio.Condition())
    replica: Any = SimpleNamespace(region=REGION, bus=bus, pool=PaperPool(), loop=loop)
    transport = httpx.ASGITransport(site(Desk(replica)))
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, presented: str = "secret-noor") -> httpx.Response:
    form = {"csrf": token(await browser.get("/inloggen")), "key": presented}
    return await browser.post("/inloggen", data=form)


async def test_a_coordinator_signs_in_and_the_cookie_is_for_this_site_only(
    browser: httpx.AsyncClient,
) -> None:
    response = await sign_in(browser)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict"} <= set(cookie.split("; "))
    assert "secret-noor" not in cookie
    assert (await browser.get("/")).status_code == 200


@pytest.mark.parametrize("presented", ["", "unknown", "secret-yara"])
async def test_others_do_not_sign_in(browser: httpx.AsyncClient, presented: str) -> None:
    response = await sign_in(browser, presented)
    assert response.status_code == 400
    assert "Inloggen is niet gelukt" in response.text
    assert (await browser.get("/")).headers["Location"] == "/inloggen"


@pytest.mark.parametrize("path", ["/", PAGE, f"/hulpvragen/{UUID(int=7)}"])
async def test_who_is_not_signed_in_is_asked_to(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/inloggen")


async def test_a_cookie_that_was_touched_is_no_session(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    ((name, value),) = browser.cookies.items()
    for touched in ("", "x", value[:-1], f"x{value}", value.replace(".", "..", 1), value.upper()):
        browser.cookies.clear()
        response = await browser.get("/", headers={"Cookie": f"{name}={touched}"})
        assert response.status_code == 303, touched


async def test_a_session_ends_by_itself(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_in(browser)
    late = datetime.now(LOCAL).timestamp() + LASTS_SECONDS + 1
    monkeypatch.setattr("services.coordinator.console.session.time.time", lambda: late)
    assert (await browser.get("/")).status_code == 303


async def test_signing_out_ends_it(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    await browser.post("/uitloggen", data={"csrf": token(await browser.get("/"))})
    assert (await browser.get("/")).status_code == 303


async def test_a_form_without_this_sessions_token_changes_nothing(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    before = token(await browser.get("/inloggen"))
    await sign_in(browser)
    for csrf in (None, "", "x", before):
        form = {"csrf": csrf} if csrf is not None else {}
        response = await browser.post(f"{PAGE}/goedkeuring", data=form)
        assert response.status_code == 403
        assert "formulier is verlopen" in response.text
    assert bus.sent == []
    response = await browser.post(f"{PAGE}/goedkeuring", data={"csrf": token(await browser.get("/"))})
    assert response.status_code == 303
    assert len(bus.sent) == 1


async def test_every_page_works_without_script_style_attributes_and_other_sites(
    browser: httpx.AsyncClient,
) -> None:
    await sign_in(browser)
    for page in (await browser.get("/"), await browser.get("/inloggen"), await browser.get("/niets")):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
        assert page.headers["Cache-Control"] == "no-store"
        assert "<script" not in page.text
        assert " style=" not in page.text


async def test_styles_may_be_kept_because_their_address_changes_with_them(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/inloggen")
    href = re.search(r'href="(/static/[0-9a-f]+/console.css)"', page.text)
    assert href is not None
    style = await browser.get(href.group(1))
    assert style.status_code == 200
    assert "immutable" in style.headers["Cache-Control"]


async def test_a_form_that_is_too_large_is_refused(browser: httpx.AsyncClient) -> None:
    response = await browser.post("/inloggen", data={"key": "x" * 70_000})
    assert response.status_code == 413


# Until when


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("after", "fixed", "words", "tone"),
    [
        (timedelta(days=-1), False, "1 dag te laat", "late"),
        (timedelta(minutes=-5), True, "5 minuten te laat", "late"),
        (timedelta(hours=3), True, "vandaag 15.00 uur", "near"),
        (timedelta(hours=3), False, "vandaag", "day"),
        (timedelta(hours=21, minutes=30), True, "morgen 9.30 uur", "near"),
        (timedelta(days=2), True, "start 26 nov", "later"),
        (timedelta(days=2), False, "vóór 26 nov", "later"),
    ],
)
def test_how_a_due_date_sounds(after: timedelta, fixed: bool, words: str, tone: str) -> None:
    assert due_nl(NOON + after, fixed=fixed, at=NOON) == (words, tone)


def test_no_date_is_no_hurry() -> None:
    assert due_nl(None, fixed=False, at=NOON) == (None, "later")
