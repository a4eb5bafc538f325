"""What can be done and read over HTTP: all that the contracts promise a person, and how it answers."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from contracts.access import MAY
from contracts.catalogue import COMMANDS, HANDLED_BY, QUERIES, kebab
from contracts.envelope import Refusal, Role
from contracts.exchange import CancelMatch, RequestHelp
from contracts.households import JoinHousehold
from contracts.ledger import GiveToPool, Posting, Statement
from contracts.members import ChangeContactDetails, EraseMember, PauseHelping
from contracts.notifications import PaperLetter, PaperLetters
from contracts.proposals import Favour, Favours
from contracts.safety import DecideMinutes
from services.coordinator.api import app
from services.coordinator.api.statement import COLUMNS, wants_csv
from services.coordinator.api.topics import TOPICS
from services.coordinator.outcome import why_not
from services.coordinator.waiting import WAITING
from tests.unit.paper import PaperBus, PaperPool, PaperReplica
from tests.unit.test_coordinator_api import MEMBER_ID, REGION, bearer, is_problem

ONE, OTHER = UUID(int=0xB1), UUID(int=0xB2)
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

ANSWERED_ELSEWHERE = {
    "GetTexts": "the text stands in an offer or a request",
    "GetPeople": "names stand in a member",
    "GetMatch": "a match is read from this instance's own projection",
    "GetBalances": "a balance is read from this instance's own projection",
    "ReadLog": "for services and the command line",
    "GetMarks": "for services and the command line",
}
"""Questions that a person may ask, without an operation of their name."""

OTHERWISE_NAMED = {"GetContacts": "get-contact", "GetInitiatives": "list-initiatives"}


@pytest.fixture
def bus() -> PaperBus:
    return PaperBus()


@pytest.fixture
def pool() -> PaperPool:
    return PaperPool()


@pytest.fixture(scope="module")
def shared() -> tuple[PaperReplica, FastAPI]:
    replica: Any = PaperReplica(REGION)
    return replica, app(replica)


@pytest.fixture
def api(shared: tuple[PaperReplica, FastAPI], bus: PaperBus, pool: PaperPool) -> FastAPI:
    replica, found = shared
    replica.take(bus, pool)
    return found


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://test") as client:
        yield client


def row_of_match(**changed: Any) -> dict[str, Any]:
    """A match as it was seen, confirmed."""
    nothing = ("reason", "helper_minutes", "asker_minutes", "agreed_minutes", "decided_by", "moved_from")
    return {
        "match_id": ONE,
        **dict.fromkeys((*nothing, "no_show", "series_id")),
        "request_id": UUID(int=0xC1),
        "offer_id": UUID(int=0xC2),
        "helper_id": MEMBER_ID,
        "asker_id": OTHER,
        "category": "dog",
        "minutes": 60,
        "wanted_at": AT,
        "initiative_id": UUID(int=1),
        "compensation": "credits",
        "chosen_by": "noor",
        "status": "confirmed",
        "minutes_differ": False,
        "thanked": False,
        "reserved_at": AT,
        "confirmed_at": AT,
        "changed_at": AT,
        "version": 1,
        **changed,
    }


# Everything that a person may do has one address


def operations(document: dict[str, Any]) -> set[str]:
    return {operation["operationId"] for path in document["paths"].values() for operation in path.values()}


async def test_every_wish_and_question_of_a_person_has_an_address(client: httpx.AsyncClient) -> None:
    there = operations((await client.get("/v1/openapi.json")).json())
    for name in (*COMMANDS, *QUERIES):
        people = set(MAY.get(name, {})) - {Role.SERVICE}
        if people and name not in ANSWERED_ELSEWHERE:
            assert OTHERWISE_NAMED.get(name, kebab(name)) in there, f"{name}: {sorted(people)} may but cannot"


def test_every_row_of_a_table_is_a_command_that_someone_may_give() -> None:
    rows = [route for topic in TOPICS for route in topic.COMMANDS]
    assert len({route.command for route in rows}) == len(rows)
    assert len({(route.method, route.path) for route in rows}) == len(rows)
    for route in rows:
        assert route.command in HANDLED_BY, route.path
        assert MAY[route.command.__name__], route.path
        # What the path names is a field of the command, so nothing of it is lost.
        assert route.path.count("{") == len(route.ids), route.path


async def test_whoever_is_not_in_the_table_may_not_read(client: httpx.AsyncClient) -> None:
    for path in (
        "/v1/incidents",
        f"/v1/incidents/{ONE}",
        "/v1/complaints",
        f"/v1/complaints/{ONE}",
        "/v1/duties",
        "/v1/leaves",
        "/v1/messages-to-bring",
        "/v1/work-items",
        f"/v1/members/{ONE}/vogs",
        f"/v1/members/{ONE}/history",
    ):
        is_problem(await client.get(path, headers=bearer("yara")), 403, "not_allowed")
        if path not in ("/v1/duties", "/v1/leaves"):
            is_problem(await client.get(path, headers=bearer("beheer")), 403, "not_allowed")


# How a body becomes a command


async def test_what_may_all_be_left_out_needs_no_body(client: httpx.AsyncClient, bus: PaperBus) -> None:
    path = f"/v1/members/{MEMBER_ID}/pause"
    assert (await client.put(path, headers=bearer("yara"))).status_code == 200
    assert (await client.put(path, headers=bearer("yara"), json={"until": "2026-12-01"})).status_code == 200
    assert [command for command, *_ in bus.sent] == [
        PauseHelping(member_id=MEMBER_ID),
        PauseHelping(member_id=MEMBER_ID, until=date(2026, 12, 1)),
    ]


async def test_two_ids_in_a_path_are_both_the_commands(client: httpx.AsyncClient, bus: PaperBus) -> None:
    path = f"/v1/members/{ONE}/households/{OTHER}"
    body = {"shares_balance": False, "may_act": True}
    assert (await client.put(path, headers=bearer("noor"), json=body)).status_code == 200
    ((command, *_),) = bus.sent
    assert command == JoinHousehold(member_id=ONE, household_id=OTHER, shares_balance=False, may_act=True)


async def test_contact_details_are_changed_in_part(client: httpx.AsyncClient, bus: PaperBus) -> None:
    path = f"/v1/members/{ONE}/contact-details"
    assert (await client.patch(path, headers=bearer("noor"), json={"phone": ""})).status_code == 200
    ((command, *_),) = bus.sent
    assert command == ChangeContactDetails(member_id=ONE, phone="")
    form = await client.patch(path, headers=bearer("noor"), data={"phone": "x"})
    is_problem(form, 415, "unsupported_media_type")


async def test_a_coordinator_says_in_the_address_whose_wish_it_is_to_call_off(
    client: httpx.AsyncClient, bus: PaperBus
) -> None:
    path = f"/v1/matches/{ONE}"
    for query in ("", f"?member_id={OTHER}"):
        assert (await client.delete(path + query, headers=bearer("noor"))).status_code == 204
    assert (await client.delete(path, headers=bearer("yara"))).status_code == 204
    assert [command for command, *_ in bus.sent] == [
        CancelMatch(match_id=ONE),
        CancelMatch(match_id=ONE, member_id=OTHER),
        CancelMatch(match_id=ONE, member_id=MEMBER_ID),
    ]
    is_problem(await client.delete(f"{path}?member_id=someone", headers=bearer("noor")), 400, "invalid")


async def test_a_gift_to_the_pool_is_of_the_member_or_of_the_region(
    client: httpx.AsyncClient, bus: PaperBus
) -> None:
    for who in ("yara", "noor"):
        response = await client.post("/v1/pool-gifts", headers=bearer(who), json={"minutes": 30})
        assert response.status_code == 201
    assert [command for command, *_ in bus.sent] == [
        GiveToPool(from_account_id=MEMBER_ID, minutes=30),
        GiveToPool(minutes=30),
    ]


async def test_erasing_says_what_happens_to_the_hours(client: httpx.AsyncClient, bus: PaperBus) -> None:
    body = {"settle": "beneficiary", "beneficiary_id": str(OTHER)}
    response = await client.post(f"/v1/members/{ONE}/erasures", headers=bearer("noor"), json=body)
    assert response.status_code == 200
    ((command, *_),) = bus.sent
    assert command == EraseMember(member_id=ONE, settle="beneficiary", beneficiary_id=OTHER)


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/v1/help-requests", {"recurrence": "FREQ=YEARLY"}, "recurrence"),
        ("POST", f"/v1/members/{ONE}/vogs", {"categories": [], "valid_until": "2027-01-01"}, "categories"),
        ("POST", f"/v1/members/{ONE}/vogs", {"categories": ["finances"], "valid_until": "x"}, "valid_until"),
        ("POST", f"/v1/members/{ONE}/waivers", {"reason": "", "until": "2027-01-01"}, "reason"),
        ("POST", f"/v1/matches/{ONE}/decisions", {"minutes": "60", "note": "zo"}, "minutes"),
        ("POST", f"/v1/matches/{ONE}/no-shows", {"who": "nobody"}, "who"),
        ("PUT", f"/v1/accounts/{ONE}/limits", {"floor_minutes": 1}, "floor_minutes"),
        ("POST", "/v1/duties", {"coordinator": "Noor van Dam"}, "coordinator"),
    ],
)
async def test_what_does_not_fit_the_contract_is_a_400_that_names_the_field(
    client: httpx.AsyncClient, bus: PaperBus, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    said = is_problem(await client.request(method, path, headers=bearer("noor"), json=body), 400, "invalid")
    assert field in {error["field"].partition(".")[0] for error in said["errors"]}
    assert bus.sent == []


# How an answer becomes a response


async def test_a_request_that_waits_for_an_offer_says_so_with_three_small_things(
    client: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    favours = tuple(Favour(category=c, nl=c, en=c) for c in ("dog", "coffee", "baking"))
    bus.answers[Favours] = Favours(favours=favours)
    body = {"category": "dog", "minutes": 30}
    for status, draft in (("open", False), ("draft", True)):
        pool.rows["requests_seen"] = [{"status": status}]
        response = await client.post("/v1/help-requests", headers=bearer("yara"), json=body)
        assert response.status_code == 201
        said = response.json()
        assert said["draft"] is draft
        assert len(said["favours"]) == (3 if draft else 0)
        assert response.headers["Location"] == f"/v1/help-requests/{said['id']}"
    assert bus.sent[0][0] == RequestHelp(member_id=MEMBER_ID, category="dog", minutes=30)


async def test_a_draft_is_durable_also_when_nothing_can_be_suggested(
    client: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    pool.rows["requests_seen"] = [{"status": "draft"}]
    body = {"member_id": str(ONE), "category": "dog", "minutes": 30}
    response = await client.post("/v1/help-requests", headers=bearer("team"), json=body)
    assert (response.status_code, response.json()["favours"]) == (201, [])


async def test_who_asks_for_someone_else_says_so(client: httpx.AsyncClient, bus: PaperBus) -> None:
    body = {"category": "dog", "minutes": 30, "member_id": str(OTHER)}
    own = {**body, "asked_by": str(MEMBER_ID), "consent": "phone"}
    assert (await client.post("/v1/help-requests", headers=bearer("yara"), json=own)).status_code == 201
    ((command, *_),) = bus.sent
    assert isinstance(command, RequestHelp)
    assert (command.member_id, command.asked_by, command.consent) == (OTHER, MEMBER_ID, "phone")


@pytest.mark.parametrize(("status", "booked"), [("completed", True), ("unbooked", False)])
async def test_deciding_minutes_waits_for_the_ledger(
    client: httpx.AsyncClient, bus: PaperBus, pool: PaperPool, status: str, booked: bool
) -> None:
    found = row_of_match(status=status, agreed_minutes=45)
    pool.rows["matches_seen"] = [Row(found)]
    body = {"minutes": 45, "note": "Beiden gebeld."}
    response = await client.post(f"/v1/matches/{ONE}/decisions", headers=bearer("noor"), json=body)
    assert response.status_code == 200
    assert response.json() == {"match_id": str(ONE), "minutes": 45, "booked": booked}
    assert bus.sent[0][0] == DecideMinutes(match_id=ONE, minutes=45, note="Beiden gebeld.")


async def test_a_decision_that_the_ledger_has_not_booked_yet_is_a_202(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr("services.coordinator.lookout.Lookout.booked", not_yet)
    body = {"minutes": 45, "note": "Beiden gebeld."}
    response = await client.post(f"/v1/matches/{ONE}/decisions", headers=bearer("noor"), json=body)
    assert response.status_code == 202
    assert response.headers["Location"] == f"/v1/matches/{ONE}"


class Row(dict[str, Any]):
    """A row that can be read by position too, as the database gives them."""

    def __getitem__(self, key: Any) -> Any:
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)


@pytest.mark.parametrize("reason", ["compensation_cap", "incident", "paused", "left", None, "new some day"])
def test_every_reason_why_a_match_fell_through_has_words(reason: str | None) -> None:
    no = why_not(reason)
    assert no.nl.endswith(".")
    assert no.en.endswith(".")


@pytest.mark.parametrize("ledger_said", [True, False])
async def test_a_cap_that_is_reached_says_what_is_left(
    client: httpx.AsyncClient, pool: PaperPool, monkeypatch: pytest.MonkeyPatch, ledger_said: bool
) -> None:
    async def known(*_: object, **__: object) -> bool:
        return True

    async def seen(*_: object, **__: object) -> bool:
        return ledger_said

    monkeypatch.setattr("services.coordinator.lookout.Lookout.settled", known)
    monkeypatch.setattr("services.coordinator.lookout.Lookout.refused", seen)
    fell = row_of_match(status="fell_through", reason="compensation_cap", confirmed_at=None)
    pool.rows = {"matches_seen": [fell], "refusals_seen": [{"left_cents": 1_234_56}]}
    body = {"request_id": str(ONE), "offer_id": str(OTHER)}
    response = await client.post("/v1/matches", headers=bearer("noor"), json=body)
    no = is_problem(response, 409, "compensation_cap")
    assert ("is nog € 1.234,56 over" in no["detail_nl"]) is ledger_said
    assert ("€ 1,234.56 is left" in no["detail"]) is ledger_said


@pytest.mark.parametrize(
    ("code", "status"),
    [("unknown_series", 404), ("other_area", 403), ("not_the_handler", 403), ("unknown_postcode", 400)],
)
async def test_refusals_of_the_new_rules_have_their_status(
    client: httpx.AsyncClient, bus: PaperBus, code: str, status: int
) -> None:
    bus.refusal = Refusal(code=code, nl="Dit kan niet.", en="Not possible.")
    is_problem(await client.delete(f"/v1/series/{ONE}", headers=bearer("noor")), status, code)


# What is read


@pytest.mark.parametrize("reason", ["incident", "no_show", "vog_lapsed", "consent_withdrawn"])
async def test_the_two_people_do_not_read_what_is_said_of_one_of_them(
    client: httpx.AsyncClient, pool: PaperPool, reason: str
) -> None:
    fell = row_of_match(status="fell_through", reason=reason, no_show="asker", decided_by="sam")
    pool.rows["matches_seen"] = [fell]
    seen = {
        who: (await client.get(f"/v1/matches/{ONE}", headers=bearer(who))).json() for who in ("noor", "yara")
    }
    assert (seen["noor"]["reason"], seen["noor"]["no_show"]) == (reason, "asker")
    assert (seen["yara"]["reason"], seen["yara"]["no_show"]) == ("cancelled", None)
    assert seen["yara"]["chosen_by"] is seen["yara"]["decided_by"] is None


async def test_who_asked_for_someone_reads_the_request_and_a_third_does_not(
    client: httpx.AsyncClient, pool: PaperPool
) -> None:
    request = {
        **dict.fromkeys(("recurrence", "last_day", "series_id", "match_id", "wanted_at")),
        "request_id": ONE,
        "member_id": OTHER,
        "category": "dog",
        "pc4": "3511",
        "minutes": 30,
        "urgency": "normal",
        "wish": "known",
        "initiative_id": UUID(int=1),
        "asked_by": MEMBER_ID,
        "consent": "phone",
        "referral": False,
        "status": "draft",
        "requested_at": AT,
    }
    pool.rows["requests_seen"] = [request]
    response = await client.get(f"/v1/help-requests/{ONE}", headers=bearer("yara"))
    assert (response.json()["status"], response.json()["wish"]) == ("draft", "known")
    pool.rows["requests_seen"] = [{**request, "asked_by": None}]
    is_problem(await client.get(f"/v1/help-requests/{ONE}", headers=bearer("yara")), 404, "unknown_request")


async def test_a_member_reads_their_own_history_without_what_coordinators_keep(
    client: httpx.AsyncClient, pool: PaperPool
) -> None:
    line = {
        **dict.fromkeys(("other_id", "request_id", "series_id", "minutes")),
        "code": "match-fell-through",
        "at": AT,
        "actor": "coordinator:noor",
        "person_id": MEMBER_ID,
        "match_id": ONE,
        "reason": "incident",
    }
    pool.rows["history"] = [line]
    path = f"/v1/members/{MEMBER_ID}/history"
    for who, reason in (("yara", "cancelled"), ("noor", "incident")):
        (found,) = (await client.get(path, headers=bearer(who))).json()["lines"]
        assert (found["reason"], found["actor"]) == (reason, "coordinator:noor")
    own = next(read for read in pool.read if "history h" in str(read[0]))
    kept_back: Any = own[3]
    assert {"incident-reported", "no-show-noted", "complaint-filed", "match-reserved"} <= set(kept_back)


STATEMENT = Statement(
    account_id=MEMBER_ID,
    opening_minutes=-30,
    closing_minutes=60,
    postings=(
        Posting(
            transfer_id=ONE,
            posted_at=AT,
            minutes=90,
            balance_minutes=60,
            kind="match",
            match_id=OTHER,
            other_account_id=UUID(int=1),
        ),
    ),
)


async def test_a_statement_is_json_or_a_table_as_was_asked(client: httpx.AsyncClient, bus: PaperBus) -> None:
    bus.answers[Statement] = STATEMENT
    path = f"/v1/accounts/{MEMBER_ID}/statement?from_day=2026-11-01&to_day=2026-11-30"
    told = await client.get(path, headers=bearer("yara"))
    assert Statement.model_validate(told.json()) == STATEMENT
    table = await client.get(path, headers={**bearer("yara"), "Accept": "text/csv"})
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.headers["Vary"] == "Accept"
    first, opening, posting, closing = table.text.split("\r\n")[:-1]
    assert first == ",".join(COLUMNS)
    assert opening.startswith(",opening,,-30,")
    assert posting == f"2026-11-24T10:00:00Z,match,90,60,{ONE},{OTHER},{UUID(int=1)},"
    assert closing.startswith(",closing,,60,")
    is_problem(
        await client.get(f"/v1/accounts/{MEMBER_ID}/statement", headers=bearer("yara")), 400, "invalid"
    )


@pytest.mark.parametrize(
    ("accept", "table"),
    [
        (None, False),
        ("*/*", False),
        ("text/*", True),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV; q=0.9, application/json;q=0.1", True),
        ("text/csv;q=0", False),
        ("text/csv;q=much", False),
    ],
)
def test_who_likes_a_table_better(accept: str | None, table: bool) -> None:
    assert wants_csv(accept) is table


async def test_messages_to_bring_come_with_their_text(
    client: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    row = {"member_id": OTHER, "template": "match-asker", "channel": "letter", "attempts": 0}
    pool.rows["messages_seen"] = [
        {**row, "message_id": id, "escalated": False, "since": AT} for id in (ONE, OTHER)
    ]
    letter = PaperLetter(
        message_id=ONE, member_id=OTHER, channel="letter", name="A. Jansen", pc4="3511", subject="S", text="T"
    )
    bus.answers[PaperLetters] = PaperLetters(letters=(letter,))
    found = (await client.get("/v1/messages-to-bring?channel=letter", headers=bearer("noor"))).json()[
        "messages"
    ]
    assert [each["letter"] and each["letter"]["name"] for each in found] == ["A. Jansen", None]


@pytest.mark.parametrize("kind", list(WAITING))
async def test_every_kind_of_work_can_be_asked_for(
    client: httpx.AsyncClient, pool: PaperPool, kind: str
) -> None:
    response = await client.get(f"/v1/work-items?kind={kind}", headers=bearer("noor"))
    assert response.status_code == 200
    assert response.json() == {"items": [], "counts": {}}
