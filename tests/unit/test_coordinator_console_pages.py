"""The console's pages and forms: what they show, what they send, and what they say when it does not fit."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from contracts.catalogue import kebab
from contracts.coordinator import NameDeputy, PlanDuty
from contracts.envelope import Command, Refusal
from contracts.exchange import FellThroughReason
from contracts.members import ChangeCapacity, NameTie
from contracts.notifications import ReportDelivery
from contracts.proposals import ExclusionReason
from contracts.safety import DecideMinutes, ReportIncident
from contracts.vetting import RecordVog
from contracts.visits import MoveVisit
from services.coordinator.console.cases import CASES, ROWS
from services.coordinator.console.forms import Form, shown_form
from services.coordinator.console.help_request import EXCLUDED
from services.coordinator.console.history import SENTENCES, WHY
from services.coordinator.projections.history import TOLD
from services.kernel.settings import Network, Region
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import (
    ASKER,
    HELPER,
    MATCH,
    ONE,
    REGION,
    REQUEST,
    SERIES,
    Outline,
    only_sent,
    post,
)

PAGES = (
    "/",
    f"/hulpvragen/{REQUEST}",
    f"/hulpvragen/{REQUEST}/stoppen",
    "/deelnemers",
    f"/deelnemers/{HELPER}",
    f"/deelnemers/{HELPER}/rekening",
    f"/deelnemers/{HELPER}/jaaroverzicht/2026",
    f"/koppelingen/{MATCH}",
    f"/reeksen/{SERIES}",
    f"/incidenten/{ONE}",
    f"/klachten/{ONE}",
    "/regios",
    f"/regios/hulp/{ONE}",
    f"/regios/uren/{ONE}",
    f"/regios/vereffening/{ONE}",
    f"/hulpvragen/{REQUEST}/regios",
    f"/verwijzingen/{ONE}",
    f"/berichten/{ONE}",
    "/rooster",
    "/brieven",
    "/brieven/afdrukken",
    "/verwijzingen",
)


# Every page


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_and_used_by_everyone(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    found = Outline(page.text)
    assert found.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
    assert len(found.ids) == len(set(found.ids)), "an id stands on the page twice"
    assert found.refers <= set(found.ids)
    for id, name in found.fields:
        assert id == "inside" or id in found.labelled, f"{name} has no label"


@pytest.mark.parametrize("path", [path for path in PAGES if path.count("/") > 1 or path == "/rooster"])
async def test_who_is_not_signed_in_sees_none_of_it(browser: httpx.AsyncClient, path: str) -> None:
    browser.cookies.clear()
    assert (await browser.get(path)).headers["Location"] == "/inloggen"


@pytest.mark.parametrize("linked", [True, False])
async def test_other_regions_stand_in_the_menu_where_there_are_any(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    network = Network(hub="hub:4222", hub_signing_key="", hub_sealing_key="", keys=Path("keys"))
    # Settings stand still; a test may look at another region all the same.
    monkeypatch.setitem(REGION.__dict__, "network", network if linked else None)
    page = (await browser.get("/rooster")).text
    assert ('href="/regios"' in page) is linked


@pytest.mark.parametrize("case", [case for case in CASES if case.about_one], ids=lambda case: case.path)
async def test_what_is_not_there_is_said_so(browser: httpx.AsyncClient, pool: PaperPool, case: Any) -> None:
    pool.rows.clear()
    browser_sees = await browser.get(case.href(ONE))
    if "reeksen" not in case.path and "initiatieven" not in case.path:  # exchange answers for these
        assert browser_sees.status_code == 404
    assert (await browser.get(case.path.replace("{id}", "1"))).status_code == 404


# Every form


FORMS = [(case, form) for case in CASES for form in case.forms]


@pytest.mark.parametrize(("case", "form"), FORMS, ids=lambda each: getattr(each, "id", ""))
async def test_an_empty_form_says_what_is_missing_or_is_enough(
    browser: httpx.AsyncClient, bus: PaperBus, monkeypatch: pytest.MonkeyPatch, case: Any, form: Form
) -> None:
    # In a region with a network: what is for the link is refused elsewhere.
    monkeypatch.setattr(Region, "services", (*REGION.services, "link"))
    href = case.href(ONE)
    response = await post(browser, f"{href}/{form.id}")
    asks = [field for field in form.fields if not field.optional and field.kind not in ("tick", "ticks")]
    if not asks and not any(field.kind == "ticks" for field in form.fields):
        assert (response.status_code, response.headers["Location"]) == (303, f"{href}?gelukt={form.id}")
        assert len(bus.sent) == 1
        return
    assert response.status_code == 400
    assert bus.sent == []
    assert "Dit is nog niet gelukt" in response.text


@pytest.mark.parametrize(("case", "form"), FORMS, ids=lambda each: getattr(each, "id", ""))
def test_a_form_asks_what_its_command_has(case: Any, form: Form) -> None:
    fields = form.command.model_fields
    assert {field.name.partition(".")[0] for field in form.fields} <= fields.keys()
    assert form.done.endswith(".")
    assert form.intro.endswith(".")
    view = shown_form(form, case.href(ONE))
    assert view.action_href == f"{case.href(ONE)}/{form.id}"


def test_no_two_forms_of_a_page_have_one_address() -> None:
    for case in CASES:
        ids = [form.id for form in case.forms]
        assert len(ids) == len(set(ids)), case.path
    assert len({f"{row.path}/{row.form.id}" for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("path", "form", "command"),
    [
        (
            f"/deelnemers/{HELPER}/ruimte",
            {"capacity_minutes_week": "240", "carer_minutes_week": "90"},
            ChangeCapacity(member_id=HELPER, capacity_minutes_week=240, carer_minutes_week=90),
        ),
        (
            f"/deelnemers/{HELPER}/vog",
            {"categories": ["finances", "respite"], "valid_until": "2030-01-31"},
            RecordVog(member_id=HELPER, categories=("finances", "respite"), valid_until=date(2030, 1, 31)),
        ),
        (
            f"/deelnemers/{ASKER}/band",
            {"other_id": "deelnemer 1042", "tie": "conflict"},
            NameTie(member_id=ASKER, other_id=HELPER, tie="conflict"),
        ),
        (
            f"/koppelingen/{MATCH}/besluit",
            {"minutes": "60", "note": "Beiden gebeld."},
            DecideMinutes(match_id=MATCH, minutes=60, note="Beiden gebeld."),
        ),
        (
            # Winter time: ten o'clock on the wall is nine o'clock UTC.
            f"/koppelingen/{MATCH}/verzetten",
            {"wanted_at": "2026-11-26T10:00"},
            MoveVisit(match_id=MATCH, wanted_at=datetime(2026, 11, 26, 9, 0, tzinfo=UTC)),
        ),
        (
            f"/koppelingen/{MATCH}/incident",
            {"text": "Er is ruzie geweest."},
            ReportIncident(helper_id=HELPER, asker_id=ASKER, match_id=MATCH, text="Er is ruzie geweest."),
        ),
        (
            "/rooster/dienst",
            {
                "coordinator": "sam",
                "begins_at": "2026-11-26T09:00",
                "ends_at": "2026-11-26T17:00",
                "areas": "3511, 3512",
            },
            PlanDuty(
                coordinator="sam",
                areas=("3511", "3512"),
                begins_at=datetime(2026, 11, 26, 8, 0, tzinfo=UTC),
                ends_at=datetime(2026, 11, 26, 16, 0, tzinfo=UTC),
            ),
        ),
        (f"/rooster/verlof/{ONE}/vervanger", {"deputy": "sam"}, NameDeputy(leave_id=ONE, deputy="sam")),
        (f"/brieven/{ONE}/gebracht", {}, ReportDelivery(message_id=ONE, reached=True)),
        (f"/brieven/{ONE}/niet-bereikt", {}, ReportDelivery(message_id=ONE, reached=False)),
    ],
)
async def test_what_was_typed_becomes_the_command(
    browser: httpx.AsyncClient, bus: PaperBus, path: str, form: dict[str, Any], command: Command
) -> None:
    response = await post(browser, path, **form)
    assert response.status_code == 303, response.text
    assert only_sent(bus) == command
    after = await browser.get(response.headers["Location"])
    assert "utrecht-alert--ok" in after.text


async def test_the_same_button_twice_is_one_wish(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    page = await browser.get(f"/koppelingen/{MATCH}")
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page.text)
    assert found is not None
    form = {"minutes": "60", "note": "Beiden gebeld.", "idempotency_key": found.group(1)}
    for _ in range(2):
        await post(browser, f"/koppelingen/{MATCH}/besluit", **form)
    assert len({circumstances["id"] for *_, circumstances in bus.sent}) == 1


async def test_a_form_that_does_not_fit_comes_back_open_with_what_was_typed(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    form = {"capacity_minutes_week": "veel", "carer_minutes_week": "90"}
    page = await post(browser, f"/deelnemers/{HELPER}/ruimte", **form)
    assert page.status_code == 400
    assert bus.sent == []
    assert "<title>Fout: " in page.text
    assert '<details class="wd-panel wd-more" id="ruimte" open>' in page.text
    assert "Vul hier een heel getal in." in page.text
    assert 'value="veel"' in page.text
    assert 'href="#ruimte-capacity-minutes-week"' in page.text
    assert (
        'aria-describedby="ruimte-capacity-minutes-week-hint ruimte-capacity-minutes-week-error"' in page.text
    )
    found = Outline(page.text)
    assert found.refers <= set(found.ids)


async def test_a_services_no_stands_in_the_form_in_its_own_words(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    bus.refusal = Refusal(code="involved", nl="U bent hier zelf bij betrokken.", en="You are part of it.")
    form = {"minutes": "60", "note": "Beiden gebeld."}
    page = await post(browser, f"/koppelingen/{MATCH}/besluit", **form)
    assert page.status_code == 409
    assert "U bent hier zelf bij betrokken." in page.text
    assert "Beiden gebeld." in page.text


async def test_a_form_without_the_sessions_token_changes_nothing(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    for path in (f"/deelnemers/{HELPER}/wissen", f"/brieven/{ONE}/gebracht", "/rooster/dienst"):
        assert (await browser.post(path, data={})).status_code == 403
    assert bus.sent == []


# Words for everything that can happen


def test_everything_that_is_told_has_a_sentence() -> None:
    assert {kebab(event.__name__) for event in TOLD} <= SENTENCES.keys()


def test_every_reason_has_words() -> None:
    assert set(get_args(FellThroughReason)) <= WHY.keys()
    # Nobody is left out for being themselves: they know.
    assert set(get_args(ExclusionReason)) - {"themselves"} == set(EXCLUDED)
