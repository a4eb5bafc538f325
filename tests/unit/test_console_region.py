"""The console's pages about the region: initiatives, the pool, compensation, undoing, figures."""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Actor, Command, Event, Refusal, Role, View
from contracts.initiatives import (
    THE_INITIATIVE,
    ChangePolicy,
    CloseInitiative,
    Initiative,
    Initiatives,
    StartInitiative,
)
from contracts.ledger import (
    POOL,
    REGION,
    SUSPENSE,
    Balance,
    Balances,
    ChangeLimits,
    CreditTransferred,
    GiveToPool,
    HoldPlaced,
    MonthPaid,
    NoteExpenses,
    Posting,
    ReverseTransfer,
    SpendFromPool,
    Statement,
    UndoTransfer,
    YearStatement,
)
from contracts.members import People
from contracts.policy import CAPS, PRESETS, Policy
from contracts.proposals import Load
from services.coordinator.console import compensation, initiative
from services.coordinator.console.figures import figures_page, percent_nl
from services.coordinator.console.reversal import Booking, changes
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.web import site
from services.ledger.account import ACCOUNT
from tests.unit.accounts import SUSPENSE_OPENED, TWO_ACCOUNTS, closed, moved, opened
from tests.unit.callers import row_of_match
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, ledger
from tests.unit.paper import PaperBus, PaperPool, PaperReplica
from tests.unit.screens import (
    ASKER,
    HELPER,
    PEOPLE,
    Outline,
    line,
    only_sent,
    row_of_member,
    token,
)
from tests.unit.screens import (
    REGION as THE_REGION,
)

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WEST, OVER, GIFT, BOOKED = (UUID(int=n) for n in (0xC1, 0xC2, 0xC3, 0xC4))
THIS_MONTH, THIS_YEAR = f"{now():%Y-%m}", now().year


def running(initiative_id: UUID, name: str, preset: Any, **more: Any) -> Initiative:
    policy = PRESETS[preset] if preset else Policy()
    said = {"status": "running", "policy": policy, **more}
    return Initiative(initiative_id=initiative_id, name=name, preset=preset, **said)


def posting(minutes: int, kind: str, other: UUID, **more: Any) -> Posting:
    said = {"transfer_id": GIFT, "posted_at": AT, "balance_minutes": 585, **more}
    return Posting(minutes=minutes, kind=kind, other_account_id=other, **said)


ANSWERS: dict[type[View], View] = {
    People: PEOPLE,
    Initiatives: Initiatives(
        initiatives=(
            running(WEST, "Ruilkring West", "ruilkring"),
            running(OVER, "Klussen Oost", "klussendienst", status="closed"),
            running(THE_INITIATIVE, "Voorbeeld", ""),
        )
    ),
    Balances: Balances(
        balances=(Balance(account_id=POOL, balance_minutes=585, held_minutes=0, floor_minutes=0),)
    ),
    Statement: Statement(
        account_id=POOL,
        opening_minutes=0,
        closing_minutes=585,
        postings=(
            posting(600, "pool", REGION, balance_minutes=600),
            posting(30, "pool", ASKER, balance_minutes=630),
            posting(-45, "pool", HELPER),
        ),
    ),
    YearStatement: YearStatement(
        helper_id=HELPER,
        year=THIS_YEAR,
        minutes=600,
        cents=20_000,
        expenses_cents=1250,
        left_cents=189_000,
        month_cap_cents=21_000,
        year_cap_cents=210_000,
        caps_year=2025,
        months=(MonthPaid(month=THIS_MONTH, minutes=600, cents=20_000, expenses_cents=1250, left_cents=200),),
    ),
    Load: Load(
        helpers=312,
        near_limit=28,
        spread=0.35,
        capacity_minutes=30_000,
        planned_minutes=9_000,
        carer_minutes=600,
        relieved_minutes=120,
    ),
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "initiatives_seen": [{"initiative_id": WEST, "changed_at": AT, **PRESETS["ruilkring"].model_dump()}],
    "members_seen": [row_of_member()],
    "balances_seen": [
        {
            "account_id": HELPER,
            "shared_with": None,
            "balance_minutes": 60,
            "held_minutes": 0,
            "floor_minutes": -600,
            "ceiling_minutes": None,
            "closed": False,
        }
    ],
    "matches_seen": [
        row_of_match(
            match_id=MATCH,
            helper_id=HELPER,
            asker_id=ASKER,
            status="completed",
            compensation="credits",
            agreed_minutes=90,
        )
    ],
    "history": [],
    "households_seen": [],
}


@pytest.fixture
def bus() -> PaperBus:
    return PaperBus(answers=dict(ANSWERS))


@pytest.fixture
def pool() -> PaperPool:
    return PaperPool(dict(ROWS))


@pytest.fixture(scope="module")
def shared() -> tuple[PaperReplica, Any]:
    replica: Any = PaperReplica(THE_REGION)
    return replica, site(Desk(replica))


@pytest.fixture
async def browser(
    shared: tuple[PaperReplica, Any], bus: PaperBus, pool: PaperPool
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Noor is signed in."""
    replica, found = shared
    replica.take(bus, pool)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(found), base_url="https://test") as browser:
        form = {"csrf": token(await browser.get("/inloggen")), "key": "secret-noor"}
        await browser.post("/inloggen", data=form)
        yield browser


@pytest.fixture
def booked(bus: PaperBus, pool: PaperPool) -> None:
    """The match was booked: 90 minutes from Anna to Yara, who both have accounts."""
    pool.rows["history"] = [line("credit-transferred", other_id=ASKER, minutes=90)]
    paid = posting(-90, "match", HELPER, transfer_id=BOOKED, match_id=MATCH)
    bus.answers[Statement] = Statement(
        account_id=ASKER, opening_minutes=0, closing_minutes=-90, postings=(paid,)
    )
    account = ROWS["balances_seen"][0]
    pool.rows["balances_seen"] = [
        {**account, "balance_minutes": 90},
        {**account, "account_id": ASKER, "balance_minutes": -90},
    ]


async def post(browser: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await browser.post(path, data={"csrf": token(await browser.get("/rooster")), **form})


# Every page


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    "path",
    [
        "/initiatieven",
        f"/initiatieven/{WEST}",
        f"/initiatieven/{OVER}",
        f"/initiatieven/{THE_INITIATIVE}",
        "/solidariteitspot",
        "/vergoedingen",
        f"/deelnemers/{HELPER}/vergoedingen",
        f"/koppelingen/{MATCH}",
        f"/koppelingen/{MATCH}/terugboeking",
        "/cijfers",
    ],
)
async def test_a_page_can_be_read_and_used_by_everyone(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    found = Outline(page.text)
    assert found.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
    assert len(found.ids) == len(set(found.ids)), "an id stands on the page twice"
    assert found.refers <= set(found.ids)
    for id, name in found.fields:
        assert id == "inside" or id in found.labelled, f"{name} has no label"


@pytest.mark.parametrize("path", [f"/initiatieven/{BOOKED}", "/initiatieven/x"])
async def test_what_is_not_there_is_said_so(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "command"),
    [
        (
            "/initiatieven/begin",
            {"name": "Ruilkring Oost", "preset": "ruilkring"},
            StartInitiative(name="Ruilkring Oost", preset="ruilkring"),
        ),
        (
            f"/initiatieven/{WEST}/regels",
            {
                "policy.reciprocity": "gift",
                "policy.compensation": "credits",
                # As people say it: how much more than given. The ledger keeps it below zero.
                "policy.floor_minutes": "300",
                "policy.tolerance_minutes": "15",
                "policy.most_running": "4",
                "policy.from_band": "from_18",
            },
            ChangePolicy.model_validate(
                {
                    "initiative_id": WEST,
                    "policy": {
                        "reciprocity": "gift",
                        "floor_minutes": -300,
                        "tolerance_minutes": 15,
                        "most_running": 4,
                        "from_band": "from_18",
                    },
                }
            ),
        ),
        (f"/initiatieven/{WEST}/stoppen", {}, CloseInitiative(initiative_id=WEST)),
        (
            "/solidariteitspot/geven",
            {"to_account_id": "1042", "minutes": "90", "reason": "Even krap."},
            SpendFromPool(to_account_id=HELPER, minutes=90, reason="Even krap."),
        ),
        ("/solidariteitspot/aanvullen", {"minutes": "600"}, GiveToPool(minutes=600)),
        (
            "/solidariteitspot/aanvullen",
            {"minutes": "60", "from_account_id": "deelnemer 1042"},
            GiveToPool(from_account_id=HELPER, minutes=60),
        ),
        (
            "/solidariteitspot/tussenrekening",
            {"minutes": "60", "reason": "Terugboeking."},
            SpendFromPool(to_account_id=SUSPENSE, minutes=60, reason="Terugboeking."),
        ),
        (
            f"/deelnemers/{HELPER}/vergoedingen/onkosten",
            {"cents": "€ 1.012,50", "on": "2026-11-20"},
            NoteExpenses(helper_id=HELPER, cents=101_250, on=date(2026, 11, 20)),
        ),
        (
            f"/deelnemers/{HELPER}/vergoedingen/grenzen",
            {"floor_minutes": "300", "ceiling_minutes": ""},
            ChangeLimits(account_id=HELPER, floor_minutes=-300),
        ),
        (
            f"/koppelingen/{MATCH}/terugboeking/boeking",
            {"transfer_id": str(BOOKED), "reason": "Verkeerd opgeschreven."},
            ReverseTransfer(transfer_id=BOOKED, reason="Verkeerd opgeschreven."),
        ),
    ],
)
async def test_what_was_typed_becomes_the_command(
    browser: httpx.AsyncClient, bus: PaperBus, path: str, form: dict[str, Any], command: Command
) -> None:
    response = await post(browser, path, **form)
    assert response.status_code == 303, response.text
    assert only_sent(bus) == command
    assert "utrecht-alert--ok" in (await browser.get(response.headers["Location"])).text


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        # In the measure in which it was typed, not in that of the ledger.
        (
            f"/initiatieven/{WEST}/regels",
            {"policy.floor_minutes": "7000"},
            "Dit mag hoogstens 6000 zijn.",
        ),
        (f"/initiatieven/{WEST}/regels", {"policy.floor_minutes": "-5"}, "Dit moet minstens 0 zijn."),
        (f"/initiatieven/{WEST}/regels", {"policy.most_running": "veel"}, "Vul hier een heel getal in."),
        (
            f"/deelnemers/{HELPER}/vergoedingen/onkosten",
            {"cents": "veel", "on": "2026-11-20"},
            "Vul hier een bedrag in, zoals 12,50.",
        ),
        (
            f"/deelnemers/{HELPER}/vergoedingen/onkosten",
            {"cents": "20.000,00", "on": "2026-11-20"},
            "Dit mag hoogstens € 10.000,00 zijn.",
        ),
        (
            f"/deelnemers/{HELPER}/vergoedingen/onkosten",
            {"cents": "12,50", "on": "gisteren"},
            "Dit is geen dag. Schrijf hem zo: 2026-11-26.",
        ),
        (
            "/solidariteitspot/geven",
            {"to_account_id": "iemand", "minutes": "60", "reason": "Krap."},
            "Dit nummer kennen wij niet.",
        ),
    ],
)
async def test_what_does_not_fit_is_said_beside_the_field_and_what_was_typed_stays(
    browser: httpx.AsyncClient, bus: PaperBus, path: str, form: dict[str, Any], said: str
) -> None:
    page = await post(browser, path, **form)
    assert page.status_code == 400
    assert bus.sent == []
    assert said in page.text
    assert "<title>Fout: " in page.text
    typed = next(iter(form.values()))
    assert f'value="{typed}"' in page.text
    found = Outline(page.text)
    assert found.refers <= set(found.ids)
    # Each link of the summary leads to its field.
    assert set(re.findall(r'href="#([^"]+)">Kijk nog even', page.text)) <= set(found.ids)


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("path", "form", "kept"),
    [
        ("/solidariteitspot/geven", {"to_account_id": "1042", "minutes": "90", "reason": "Krap."}, "Krap."),
        (f"/koppelingen/{MATCH}/terugboeking/boeking", {"transfer_id": BOOKED, "reason": "Fout."}, "Fout."),
        (f"/initiatieven/{WEST}/stoppen", {}, "Stop dit initiatief"),
    ],
)
async def test_a_services_no_stands_in_the_form_in_its_own_words(
    browser: httpx.AsyncClient, bus: PaperBus, path: str, form: dict[str, Any], kept: str
) -> None:
    bus.refusal = Refusal(code="pool_too_low", nl="In de pot zit te weinig.", en="The pool is too low.")
    page = await post(browser, path, **form)
    assert page.status_code == 409
    assert "In de pot zit te weinig." in page.text
    assert kept in page.text


# Initiatives


async def test_the_list_tells_the_rules_in_words_and_since_when(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/initiatieven")).text
    for said in (
        "2 initiatieven lopen",
        "Wie hulp vraagt, biedt ook iets aan.",
        "deze regels gelden sinds 24 nov 2026, 11.00 uur",
        "Iemand mag hoogstens 10 uur meer krijgen dan geven.",
        "deze regels gelden vanaf het begin",
    ):
        assert said in page, said
    # What ended stands last.
    assert page.index("Ruilkring West") < page.index("Klussen Oost")


def test_all_rules_of_an_initiative_can_be_seen_and_changed() -> None:
    asked = {field.name.removeprefix("policy.") for field in initiative.CHANGE.fields}
    assert asked == set(Policy.model_fields)
    assert len(initiative.policy_facts(Policy())) == len(Policy.model_fields)
    assert {value for value, _ in initiative.START.fields[1].choices} == set(PRESETS)


async def test_what_ended_cannot_be_changed_and_what_always_is_cannot_end(browser: httpx.AsyncClient) -> None:
    assert "Verander de regels" not in (await browser.get(f"/initiatieven/{OVER}")).text
    always = (await browser.get(f"/initiatieven/{THE_INITIATIVE}")).text
    assert "Verander de regels" in always
    assert "Stop dit initiatief" not in always


async def test_the_form_shows_the_rules_as_they_are(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/initiatieven/{WEST}")).text
    assert re.search(r'value="600"[^>]* id="regels-policy-floor-minutes"', page)
    assert re.search(r'name="policy.reciprocity" value="required" checked', page)


# The pool


async def test_the_pool_shows_what_came_and_went_and_names_nobody(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    page = (await browser.get("/solidariteitspot")).text
    for said in (
        "in de pot zit 9 uur 45",
        "Gegeven door de regio",
        "Gegeven door een deelnemer",
        "Gegeven aan een deelnemer",
        "10 uur 30",
        "- 45 minuten",
    ):
        assert said in page, said
    assert not any(person.name in page for person in PEOPLE.people)
    assert not any(str(each) in page for each in (HELPER, ASKER))
    assert "GetPeople" not in {type(query).__name__ for query, _ in bus.asked}


@pytest.mark.parametrize("month", ["2026-13", "gisteren", "9999-01", ""])
async def test_what_is_no_month_shows_this_one(browser: httpx.AsyncClient, bus: PaperBus, month: str) -> None:
    assert (await browser.get(f"/solidariteitspot?maand={month}")).status_code == 200
    (asked,) = (query for query, _ in bus.asked if type(query).__name__ == "GetStatement")
    assert f"{asked.from_day:%Y-%m}" == THIS_MONTH  # type: ignore[attr-defined]


async def test_what_suspense_paid_can_be_made_up_out_of_the_pool(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    assert "Vul de tussenrekening aan" not in (await browser.get("/solidariteitspot")).text
    owed = Balance(account_id=SUSPENSE, balance_minutes=-60, held_minutes=0, floor_minutes=-(10**9))
    bus.answers[Balances] = Balances(balances=(owed,))
    page = (await browser.get("/solidariteitspot")).text
    assert "De tussenrekening mist 1 uur." in page
    assert "Vul de tussenrekening aan" in page
    assert "de pot is nu leeg" in page


# Compensation


async def test_the_list_shows_what_was_received_and_what_is_left(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/vergoedingen")).text
    for said in (
        "1 helper met vergoeding in geld",
        "Yara Visser",
        "€ 200,00",
        "€ 2,00",
        "€ 1.890,00",
        "€ 12,50",
        "bijna vol",
        "Per maand hoogstens € 210,00",
    ):
        assert said in page, said


async def test_a_helper_is_found_by_number_and_an_unknown_number_is_said_kindly(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    found = await browser.get("/vergoedingen?nummer=1042")
    assert found.headers["Location"] == f"/deelnemers/{HELPER}/vergoedingen"
    page = await browser.get("/vergoedingen?nummer=niemand")
    assert page.status_code == 400
    assert 'value="niemand"' in page.text
    assert "Dit nummer kennen wij niet." in page.text


async def test_many_helpers_come_a_sheet_at_a_time(browser: httpx.AsyncClient, pool: PaperPool) -> None:
    pool.rows["members_seen"] = [row_of_member(member_id=UUID(int=n), number=n) for n in range(1000, 1060)]
    first = (await browser.get("/vergoedingen")).text
    assert first.count("<tr><th") == compensation.AT_ONCE + 1
    assert f"?jaar={THIS_YEAR}&amp;blad=2" in first
    assert "Volgende helpers" not in (await browser.get("/vergoedingen?blad=99")).text


async def test_a_helpers_page_tells_the_caps_apart_from_the_expenses(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/deelnemers/{HELPER}/vergoedingen")).text
    for said in (
        "er is deze maand nog € 2,00 ruimte",
        "€ 200,00 van € 210,00",
        "€ 8,00 staat apart voor hulp die loopt.",
        "€ 200,00 van € 2.100,00",
        "Onkosten, apart",
        "hoogstens 10 uur meer gekregen dan gegeven",
    ):
        assert said in page, said


async def test_who_shares_an_account_is_led_to_where_its_limits_are(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    pool.rows["balances_seen"] = [{**ROWS["balances_seen"][0], "shared_with": ASKER}]
    page = (await browser.get(f"/deelnemers/{HELPER}/vergoedingen")).text
    assert f'href="/deelnemers/{ASKER}/vergoedingen"' in page
    assert "Bewaar de grenzen" not in page


def test_a_year_without_caps_of_its_own_says_whose_they_are() -> None:
    assert "staan er nog niet in" not in compensation.caps_nl(2025, {})
    said = compensation.caps_nl(2031, {})
    assert "Dit zijn de bedragen van 2025: die van 2031" in said
    assert "Vraag de beheerder" in said
    entered = compensation.caps_nl(2031, {2031: CAPS[2024]})
    assert "€ 5,50 vanaf 21 jaar" in entered
    assert "staan er nog niet in" not in entered


# Undoing a booking


@pytest.mark.usefixtures("booked")
async def test_a_match_leads_to_its_undoing_which_shows_both_sides_first(browser: httpx.AsyncClient) -> None:
    assert f'href="/koppelingen/{MATCH}/terugboeking"' in (await browser.get(f"/koppelingen/{MATCH}")).text
    page = (await browser.get(f"/koppelingen/{MATCH}/terugboeking")).text
    for said in (
        "1 uur 30 gaat terug van Yara Visser naar Anna Jansen",
        "1 uur 30 tegoed",
        "- 1 uur 30",
        "evenveel gegeven als gekregen",
        "+ 1 uur 30",
        f'name="transfer_id" value="{BOOKED}"',
    ):
        assert said in page, said
    assert "De uren zijn al gebruikt." not in page


@pytest.mark.usefixtures("booked")
async def test_what_was_spent_is_said_before_it_is_confirmed(
    browser: httpx.AsyncClient, pool: PaperPool
) -> None:
    pool.rows["balances_seen"][0]["balance_minutes"] = -570
    page = (await browser.get(f"/koppelingen/{MATCH}/terugboeking")).text
    for said in (
        "De uren zijn al gebruikt.",
        "kan nog 30 minuten terug",
        "10 uur meer gekregen dan gegeven",
        "De tussenrekening van de regio betaalt de rest: 1 uur.",
    ):
        assert said in page, said


@pytest.mark.usefixtures("booked")
async def test_what_was_undone_is_told_and_not_offered_again(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    found: Any = bus.answers[Statement]
    back = posting(90, "reversal", HELPER, transfer_id=CORA, reverses=BOOKED)
    bus.answers[Statement] = found.model_copy(update={"postings": (*found.postings, back)})
    match = (await browser.get(f"/koppelingen/{MATCH}")).text
    assert "Teruggeboekt" in match
    assert "Boek de uren terug" not in match
    page = (await browser.get(f"/koppelingen/{MATCH}/terugboeking")).text
    assert "1 uur 30 is teruggeboekt op 24 nov 2026." in page
    assert "Boek terug" not in page


@pytest.mark.usefixtures("booked")
async def test_a_booking_in_two_asks_which(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    found: Any = bus.answers[Statement]
    beyond = posting(-30, "ceiling", POOL, transfer_id=CORA, match_id=MATCH)
    bus.answers[Statement] = found.model_copy(update={"postings": (*found.postings, beyond)})
    page = (await browser.get(f"/koppelingen/{MATCH}/terugboeking")).text
    assert page.count('type="radio"') == 2
    assert "30 minuten, naar de solidariteitspot" in page


async def test_while_the_ledger_is_away_the_match_can_still_be_read(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["history"] = [line("credit-transferred", other_id=ASKER, minutes=90)]
    del bus.answers[Statement]
    assert (await browser.get(f"/koppelingen/{MATCH}")).status_code == 200


def spent(minutes: int) -> tuple[Event, ...]:
    id, other = UUID(int=0x51), UUID(int=0x52)
    return opened(other), moved(minutes, "gift", BRAM, other, id=id)


@pytest.mark.parametrize(
    "since",
    [
        (),
        spent(60),
        spent(640),
        spent(660),
        (HoldPlaced(hold_id=MATCH, account_id=BRAM, minutes=630),),
        (SUSPENSE_OPENED, moved(60, "settlement", BRAM, SUSPENSE, id=UUID(int=0x53)), closed(BRAM)),
        (SUSPENSE_OPENED, moved(60, "settlement", SUSPENSE, ANNA, id=UUID(int=0x53)), closed(ANNA)),
        (
            SUSPENSE_OPENED,
            moved(60, "settlement", SUSPENSE, ANNA, id=UUID(int=0x53)),
            closed(ANNA),
            *spent(640),
        ),
    ],
    ids=["kept", "back to zero", "partly spent", "all spent", "held", "receiver left", "giver left", "both"],
)
def test_what_the_page_foretells_is_what_the_ledger_does(since: tuple[Event, ...]) -> None:
    given = ledger.given(*TWO_ACCOUNTS, moved(60, "gift", id=CORA), *since)
    accounts = {id: given.now(ACCOUNT, id) for id in (ANNA, BRAM)}
    foretold = changes(Booking(CORA, ANNA, BRAM, 60), {id: asdict(each) for id, each in accounts.items()})
    undo = UndoTransfer(transfer_id=CORA, reason="Fout", one_id=ANNA, other_id=BRAM)
    done: dict[UUID, int] = {}
    for event in given.when(undo).events:
        if isinstance(event, CreditTransferred):
            for id, change in ((event.from_account_id, -event.minutes), (event.to_account_id, event.minutes)):
                done[id] = done.get(id, 0) + change
    assert foretold == {id: change for id, change in done.items() if change}


# Figures


async def test_the_figures_stand_with_their_words(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/cijfers")).text
    for said in (
        "Bij 28 helpers is de week bijna vol.",
        "9 %",
        "van 312 helpers",
        "De hulp is gelijk verdeeld.",
        "2 uur van 10 uur",
        "Van de ruimte is 30 % in gebruik.",
    ):
        assert said in page, said


@pytest.mark.parametrize("near", [0, 1, 4])
async def test_a_small_count_points_at_nobody(browser: httpx.AsyncClient, bus: PaperBus, near: int) -> None:
    load: Any = ANSWERS[Load]
    bus.answers[Load] = load.model_copy(update={"helpers": 20, "near_limit": near})
    page = (await browser.get("/cijfers")).text
    assert "minder dan 5" in page
    assert f">{percent_nl(near, 20)}<" not in page
    assert f"{near} van 20" not in page


async def test_a_handful_of_helpers_has_no_figures(browser: httpx.AsyncClient, bus: PaperBus) -> None:
    load: Any = ANSWERS[Load]
    bus.answers[Load] = load.model_copy(update={"helpers": 4, "near_limit": 4})
    page = (await browser.get("/cijfers")).text
    assert "Nog te weinig helpers" in page
    assert "wd-meter" not in page


@pytest.mark.parametrize(
    ("spread", "carer", "relieved", "said"),
    [
        (0.5, 600, 0, "De hulp is redelijk verdeeld."),
        (0.9, 600, 0, "Enkelen doen het meeste."),
        (0.9, 600, 0, "neemt nog niemand zorg van een mantelzorger over"),
        (0.1, 0, 0, "Niemand gaf op dat die voor een eigen naaste zorgt."),
    ],
)
async def test_figures_say_what_they_mean(
    browser: httpx.AsyncClient, bus: PaperBus, spread: float, carer: int, relieved: int, said: str
) -> None:
    load: Any = ANSWERS[Load]
    found = {"spread": spread, "carer_minutes": carer, "relieved_minutes": relieved}
    bus.answers[Load] = load.model_copy(update=found)
    assert said in (await browser.get("/cijfers")).text


async def test_many_full_weeks_are_a_warning_in_words(bus: PaperBus) -> None:
    replica: Any = PaperReplica(THE_REGION)
    load: Any = ANSWERS[Load]
    bus.answers[Load] = load.model_copy(update={"near_limit": 60})
    replica.take(bus, PaperPool())
    page = await figures_page(Desk(replica), Actor(role=Role.COORDINATOR, name="noor"))
    assert page.figures[0].tone == "warning"
    assert "vraag anderen" in page.figures[0].note
