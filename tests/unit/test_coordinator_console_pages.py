"""The console's pages and forms: what they show, what they send, and what they say when it does not fit."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID, uuid5

import httpx
import pytest
from pydantic import SecretStr

from contracts.catalogue import kebab
from contracts.categories import CATEGORIES
from contracts.coordinator import NameDeputy, PlanDuty, Restricted
from contracts.envelope import Command, Refusal, View
from contracts.exchange import ConfirmMatch, FellThroughReason, Texts
from contracts.initiatives import Initiative, Initiatives
from contracts.ledger import MonthPaid, Posting, Statement, YearStatement
from contracts.members import ChangeCapacity, NameTie, People, Person
from contracts.notifications import PaperLetter, PaperLetters, ReportDelivery
from contracts.policy import PRESETS
from contracts.proposals import ExclusionReason, RankedHelpers
from contracts.safety import DecideMinutes, ReportIncident
from contracts.vetting import RecordVog
from contracts.visits import MoveVisit, Series, Visit
from services.coordinator.console.cases import CASES, ROWS
from services.coordinator.console.forms import Form, shown_form
from services.coordinator.console.help_request import EXCLUDED
from services.coordinator.console.history import SENTENCES, WHY
from services.coordinator.console.rota_views import RotaPage
from services.coordinator.console.today import KINDS
from services.coordinator.desk import Desk
from services.coordinator.projections.history import TOLD
from services.coordinator.waiting import WAITING
from services.coordinator.web import site
from services.kernel.settings import Region, Secrets
from tests.unit.paper import PaperBus, PaperPool, PaperReplica
from tests.unit.test_coordinator_api import key
from tests.unit.test_coordinator_api_routes import row_of_match

SAM = key("sam", "coordinator").model_copy(update={"label": "Sam de Vries"})
NOOR = key("noor", "coordinator").model_copy(update={"label": "Noor Bakker"})
REGION = Region(
    region="voorbeeld",
    name="Voorbeeld",
    keys=(NOOR, SAM, key("yara", "member", UUID(int=0xA1))),
    secrets=Secrets(web=SecretStr("a secret of the region")),
)
HELPER, ASKER, HOME = UUID(int=0xA1), UUID(int=0xA2), UUID(int=0xA3)
REQUEST, MATCH, SERIES, ONE = (UUID(int=n) for n in (0xB1, 0xB2, 0xB3, 0xB4))
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def person(member_id: UUID, number: int, name: str, **more: Any) -> Person:
    return Person(member_id=member_id, number=number, name=name, pc4="3511", **more)


PEOPLE = People(
    people=(
        person(HELPER, 1042, "Yara Visser", email="yara@voorbeeld.example", phone="06-12 34 56 78"),
        person(ASKER, 1043, "Anna Jansen", street="Kade", house_number="1"),
        person(HOME, 1044, "Huishouden Visser"),
    )
)


def row_of_member(**changed: Any) -> dict[str, Any]:
    return {
        "member_id": HELPER,
        "number": 1042,
        "kind": "person",
        "status": "approved",
        "pc4": "3511",
        "capacity_minutes_week": 180,
        "carer_minutes_week": 60,
        "age_band": "from_21",
        "guardian_agrees": False,
        "paused": False,
        "paused_until": None,
        "channel": "email",
        "digest": "none",
        "quiet_from": None,
        "quiet_until": None,
        "registered_at": AT,
        "decided_at": AT,
        "left_at": None,
        "version": 3,
        **changed,
    }


def line(code: str, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("other_id", "request_id", "match_id", "series_id", "minutes", "reason"))
    told = {"code": code, "actor": "coordinator:noor", "person_id": HELPER, "at": AT}
    return {**nothing, "line_id": uuid5(ONE, code), **told, **more}


def row_of_request(**changed: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("recurrence", "last_day", "series_id", "asked_by", "consent", "match_id")),
        "request_id": REQUEST,
        "member_id": ASKER,
        "category": "shopping",
        "pc4": "3511",
        "minutes": 60,
        "wanted_at": AT,
        "urgency": "soon",
        "wish": "known",
        "initiative_id": UUID(int=1),
        "referral": False,
        "status": "open",
        "requested_at": AT,
        "open_since": AT,
        "version": 1,
        **changed,
    }


ROWS_SEEN: dict[str, list[dict[str, Any]]] = {
    "members_seen": [row_of_member()],
    "vogs_seen": [{"category": "finances", "valid_until": date(2030, 1, 31)}],
    "households_seen": [
        {"household_id": HOME, "member_id": HELPER, "shares_balance": True, "may_act": False}
    ],
    "representations_seen": [{"representative_id": ASKER, "how": "phone"}],
    "waivers_seen": [{"until": AT + timedelta(days=30)}],
    "offers_seen": [{"category": "dog"}],
    "balances_seen": [
        {"account_id": HELPER, "balance_minutes": 150, "held_minutes": 30, "floor_minutes": -600}
    ],
    "requests_seen": [row_of_request()],
    "matches_seen": [
        row_of_match(
            match_id=MATCH,
            request_id=REQUEST,
            helper_id=HELPER,
            asker_id=ASKER,
            series_id=SERIES,
            helper_minutes=90,
            asker_minutes=45,
            minutes_differ=True,
        )
    ],
    "incidents_seen": [
        {
            "helper_id": HELPER,
            "asker_id": ASKER,
            "match_id": MATCH,
            "reported_at": AT,
            "closed_at": None,
            "released": False,
        }
    ],
    "complaints": [
        {
            "complaint_id": ONE,
            "member_id": ASKER,
            "about_id": HELPER,
            "handler": "noor",
            "status": "filed",
            "acknowledge_by": AT,
            "decide_by": AT + timedelta(days=42),
            "acknowledge_passed": True,
            "decide_passed": False,
        }
    ],
    "duties": [
        {
            "duty_id": ONE,
            "coordinator": "noor",
            "areas": ["3511"],
            "begins_at": datetime.now(UTC) - timedelta(hours=1),
            "ends_at": datetime.now(UTC) + timedelta(hours=1),
        }
    ],
    "leaves": [
        {
            "leave_id": ONE,
            "coordinator": "noor",
            "first_day": date(2026, 12, 1),
            "last_day": date(2026, 12, 8),
            "deputy": None,
        }
    ],
    "messages_seen": [],
    # Vandaag: the list, and how much there is of each kind.
    "(SELECT kind": [],
    "(SELECT * FROM (SELECT": [],
    "history": [
        line("member-registered"),
        line("capacity-changed"),
        line("match-confirmed", other_id=ASKER, actor="member:yara"),
        line("minutes-reported", minutes=90, other_id=ASKER, actor="service:exchange"),
    ],
}

LETTERS = PaperLetters(
    letters=tuple(
        PaperLetter(
            message_id=id,
            member_id=ASKER,
            channel=channel,
            name="Anna Jansen",
            street="Kade",
            house_number="1",
            pc4="3511",
            phone="030-123 45 67",
            subject="Wij hebben iemand voor u gevonden",
            text="Beste Anna Jansen,\n\nYara komt donderdag 26 november.\nPast het niet? Bel Noor.\n\nGroet",
        )
        for id, channel in ((ONE, "letter"), (MATCH, "phone"))
    )
)

ANSWERS: dict[type[View], View] = {
    People: PEOPLE,
    Texts: Texts(texts={REQUEST: "Graag op dinsdag."}),
    RankedHelpers: RankedHelpers(helpers=(), found=0, excluded={"vog": 7, "distance": 2}),
    Restricted: Restricted(texts={"filed": "Hij kwam twee keer niet.", "heard": "Beiden gesproken."}),
    PaperLetters: LETTERS,
    Initiatives: Initiatives(
        initiatives=(
            Initiative(
                initiative_id=ONE,
                name="Ruilkring West",
                preset="ruilkring",
                status="running",
                policy=PRESETS["ruilkring"],
            ),
        )
    ),
    Series: Series(
        series_id=SERIES,
        offer_id=ONE,
        helper_id=HELPER,
        asker_id=ASKER,
        category="shopping",
        minutes=60,
        recurrence="FREQ=WEEKLY;BYDAY=TU",
        starts_at=AT,
        last_day=None,
        helper_last_day=date(2026, 12, 31),
        status="running",
        visits=(
            Visit(
                request_id=REQUEST,
                wanted_at=AT,
                minutes=60,
                request_status="matched",
                match_id=MATCH,
                match_status="confirmed",
                helper_id=HELPER,
            ),
            Visit(request_id=ONE, wanted_at=AT + timedelta(days=7), minutes=60, request_status="open"),
        ),
    ),
    Statement: Statement(
        account_id=HELPER,
        opening_minutes=0,
        closing_minutes=60,
        postings=(
            Posting(
                transfer_id=ONE,
                posted_at=AT,
                minutes=90,
                balance_minutes=90,
                kind="match",
                match_id=MATCH,
                other_account_id=ASKER,
            ),
            Posting(
                transfer_id=MATCH,
                posted_at=AT,
                minutes=-30,
                balance_minutes=60,
                kind="pool",
                other_account_id=UUID(int=1),
            ),
        ),
    ),
    YearStatement: YearStatement(
        helper_id=HELPER,
        year=2026,
        minutes=90,
        cents=840,
        expenses_cents=1250,
        left_cents=209160,
        month_cap_cents=21000,
        year_cap_cents=210000,
        months=(MonthPaid(month="2026-11", minutes=90, cents=840, expenses_cents=1250, left_cents=20160),),
    ),
}


@pytest.fixture
def bus() -> PaperBus:
    return PaperBus(answers=dict(ANSWERS))


@pytest.fixture
def pool() -> PaperPool:
    return PaperPool(dict(ROWS_SEEN))


@pytest.fixture(scope="module")
def shared() -> tuple[PaperReplica, Any]:
    replica: Any = PaperReplica(REGION)
    return replica, site(Desk(replica))


@pytest.fixture
async def browser(
    shared: tuple[PaperReplica, Any], bus: PaperBus, pool: PaperPool
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Noor is signed in."""
    replica, found = shared
    replica.take(bus, pool)
    transport = httpx.ASGITransport(found)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as browser:
        form = {"csrf": token(await browser.get("/inloggen")), "key": "secret-noor"}
        await browser.post("/inloggen", data=form)
        yield browser


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


async def post(browser: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await browser.post(path, data={"csrf": token(await browser.get("/rooster")), **form})


def only_sent(bus: PaperBus) -> Command:
    ((command, actor, _),) = bus.sent
    assert actor.name == "noor"
    return command


class Outline(HTMLParser):
    """What a screen reader would need of a page: headings, labels, ids, and the parts that have none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, str]] = []
        self.refers: set[str] = set()
        self.classes: set[str] = set()
        self._inside_label = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        if tag == "label":
            self._inside_label = "for" not in found
            self.labelled.add(found.get("for", ""))
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.fields.append(
                ("inside" if self._inside_label else found.get("id", ""), found.get("name", ""))
            )
        for attribute in ("aria-describedby", "aria-labelledby"):
            self.refers |= set(found.get(attribute, "").split())

    def handle_endtag(self, tag: str) -> None:
        self._inside_label = self._inside_label and tag != "label"


PAGES = (
    "/",
    f"/hulpvragen/{REQUEST}",
    f"/deelnemers/{HELPER}",
    f"/deelnemers/{HELPER}/rekening",
    f"/deelnemers/{HELPER}/jaaroverzicht/2026",
    f"/koppelingen/{MATCH}",
    f"/reeksen/{SERIES}",
    f"/incidenten/{ONE}",
    f"/klachten/{ONE}",
    "/rooster",
    "/brieven",
    "/brieven/afdrukken",
)


@pytest.fixture
def brought(pool: PaperPool) -> None:
    """Two messages wait: a letter, and a call that was tried twice."""
    message = {"member_id": ASKER, "changed_at": datetime.now(UTC) - timedelta(hours=3), "reason": None}
    pool.rows["messages_seen"] = [
        {**message, "message_id": ONE, "channel": "letter", "status": "handed_over", "attempts": 0},
        {**message, "message_id": MATCH, "channel": "phone", "status": "handed_over", "attempts": 2},
    ]


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


@pytest.mark.parametrize("case", [case for case in CASES if case.about_one], ids=lambda case: case.path)
async def test_what_is_not_there_is_said_so(browser: httpx.AsyncClient, pool: PaperPool, case: Any) -> None:
    pool.rows.clear()
    browser_sees = await browser.get(case.href(ONE))
    if "reeksen" not in case.path:  # exchange answers for series
        assert browser_sees.status_code == 404
    assert (await browser.get(case.path.replace("{id}", "1"))).status_code == 404


# Every form


FORMS = [(case, form) for case in CASES for form in case.forms]


@pytest.mark.parametrize(("case", "form"), FORMS, ids=lambda each: getattr(each, "id", ""))
async def test_an_empty_form_says_what_is_missing_or_is_enough(
    browser: httpx.AsyncClient, bus: PaperBus, case: Any, form: Form
) -> None:
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
    assert {field.name for field in form.fields} <= fields.keys()
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


async def test_a_deputy_must_be_chosen(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    page = await post(browser, f"/rooster/verlof/{ONE}/vervanger", deputy="")
    assert page.status_code == 400
    assert bus.sent == []


# What the pages say


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


async def test_a_draft_says_what_it_waits_for_and_proposes_nobody(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["requests_seen"] = [
        row_of_request(status="draft", initiative_id=ONE, asked_by=HELPER, consent="paper")
    ]
    page = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    for said in (
        "nog niet open",
        "Ruilkring West",
        "wie vraagt, biedt ook iets aan",
        "op papier",
        "liefst een bekende",
    ):
        assert said in page, said
    assert "Wie kan helpen?" not in page
    assert not any(type(query).__name__ == "RankHelpers" for query, _ in bus.asked)


async def test_help_that_comes_back_is_said_in_words(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    pool.rows["requests_seen"] = [
        row_of_request(recurrence="FREQ=WEEKLY;BYDAY=TU", last_day=date(2027, 1, 5))
    ]
    page = (await browser.get(f"/hulpvragen/{REQUEST}")).text
    assert "elke week op dinsdag" in page
    assert "tot en met dinsdag 5 januari" in page


async def test_a_helper_for_one_visit_may_be_chosen_for_the_rest_too(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["matches_seen"] = []
    bus.refusal = Refusal(code="paused", nl="De helper heeft pauze.", en="On a break.")
    for tick in ({}, {"from_now_on": "ja"}):
        await post(browser, f"/hulpvragen/{REQUEST}/koppelingen", offer_id=str(ONE), **tick)
    assert [command for command, *_ in bus.sent] == [
        ConfirmMatch(request_id=REQUEST, offer_id=ONE),
        ConfirmMatch(request_id=REQUEST, offer_id=ONE, from_now_on=True),
    ]


async def test_only_the_handler_reads_what_was_said(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    page = (await browser.get(f"/klachten/{ONE}")).text
    assert "Hij kwam twee keer niet." in page
    assert "te laat" in page
    (row,) = ROWS_SEEN["complaints"]
    pool.rows["complaints"] = [{**row, "handler": "sam"}]
    bus.asked.clear()
    page = (await browser.get(f"/klachten/{ONE}")).text
    assert "Hij kwam twee keer niet." not in page
    assert "Sam de Vries" in page
    assert not any(type(query).__name__ == "GetRestricted" for query, _ in bus.asked)


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
    message = {
        "member_id": ASKER,
        "changed_at": AT,
        "channel": "letter",
        "status": "handed_over",
        "attempts": 0,
    }
    pool.rows["messages_seen"] = [{**message, "message_id": UUID(int=0xDD)}]
    page = (await browser.get("/brieven")).text
    assert "Van 1 bericht is de tekst er niet meer." in page


async def test_a_statement_shows_every_booking_and_says_when_days_do_not_fit(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(f"/deelnemers/{HELPER}/rekening?van=2026-11-01&tot=2026-11-30")
    for said in ("+ 1 uur 30", "- 30 minuten", "Anna Jansen", "solidariteitspot", "1 nov 2026"):
        assert said in page.text, said
    for van, tot in (("2026-12-01", "2026-11-01"), ("gisteren", "2026-11-01")):
        wrong = await browser.get(f"/deelnemers/{HELPER}/rekening?van={van}&tot={tot}")
        assert wrong.status_code == 400
        assert "Dit is nog niet gelukt" in wrong.text
    table = await browser.get(f"/deelnemers/{HELPER}/rekening.csv?van=2026-11-01&tot=2026-11-30")
    assert table.headers["Content-Type"].startswith("text/csv")


async def test_a_year_shows_what_the_law_lets_a_volunteer_receive(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/deelnemers/{HELPER}/jaaroverzicht/2026")).text
    for said in ("€ 8,40", "€ 12,50", "€ 210,00 per maand", "€ 2.100,00 per jaar", "nov 2026"):
        assert said in page, said
    assert (await browser.get(f"/deelnemers/{HELPER}/jaaroverzicht/1900")).status_code == 404


# Words for everything that can happen


def test_everything_that_is_told_has_a_sentence() -> None:
    assert {kebab(event.__name__) for event in TOLD} <= SENTENCES.keys()


def test_every_reason_has_words() -> None:
    assert set(get_args(FellThroughReason)) <= WHY.keys()
    # Nobody is left out for being themselves: they know.
    assert set(get_args(ExclusionReason)) - {"themselves"} == set(EXCLUDED)


def test_every_kind_of_work_has_a_verb_and_a_filter_of_its_own() -> None:
    assert set(KINDS) == set(WAITING)
    assert len({kind.label for kind, _ in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", list(WAITING))
async def test_every_kind_of_work_says_what_waits_and_leads_to_where_it_is_solved(
    browser: httpx.AsyncClient, pool: PaperPool, kind: str
) -> None:
    about_request = kind in ("without_helper", "visit_without_helper", "without_answer", "draft_waits")
    work = {
        "kind": kind,
        "entity_id": ONE,
        "request_id": ONE if about_request else None,
        "match_id": None,
        "member_id": None if kind == "leave_without_deputy" else HELPER,
        "category": "finances",
        "pc4": "3511",
        "helper_minutes": 90,
        "asker_minutes": 45,
        "reason": {"bring_message": "letter", "complaint_term": "filed"}.get(kind),
        "coordinator": "sam",
        "since": AT,
        "due": None,
        "fixed": False,
        "number": 1042,
        "pressing": False,
    }
    pool.rows["(SELECT kind"] = [work]
    pool.rows["(SELECT * FROM (SELECT"] = [{"kind": kind, "waiting": 1}]
    page = (await browser.get("/")).text
    found = re.search(r'<h3><a href="([^"]+)">([^<]+)</a></h3>', page)
    assert found is not None
    href, title = found.groups()
    assert len(title) >= len(CATEGORIES["finances"].nl)
    if kind not in ("not_reached", "bring_message"):
        assert (await browser.get(href)).status_code == 200
    else:
        assert href == f"/brieven#{ONE}"
