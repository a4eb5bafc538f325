"""What can be done and read over HTTP: all that the contracts promise a person, and how it answers."""

import re
from datetime import date
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest

from contracts.access import MAY
from contracts.catalogue import COMMANDS, HANDLED_BY, QUERIES, kebab
from contracts.envelope import Refusal, Role
from contracts.exchange import CancelMatch, RequestHelp
from contracts.households import JoinHousehold
from contracts.ledger import GiveToPool, Posting, Statement
from contracts.members import ChangeContactDetails, EraseMember, PauseHelping
from contracts.notifications import PaperLetter, PaperLetters
from contracts.proposals import ExclusionReason, Favour, Favours, RankedHelpers, SuggestReturnFavours
from contracts.safety import DecideMinutes
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.statement import COLUMNS, wants_csv
from services.coordinator.api.topics import TOPICS
from services.coordinator.outcome import WHY_NOT_BOOKED, why_not
from services.coordinator.waiting import WAITING
from services.ledger import booking
from tests.unit.callers import AT, MEMBER_ID, ONE, OTHER, bearer, is_problem, row_of_match
from tests.unit.paper import PaperBus, PaperPool

ANSWERED_ELSEWHERE = {
    "GetTexts": "the text stands in an offer or a request",
    "GetPeople": "names stand in a member",
    "FindPeople": "a name may not stand in an address: the console posts it",
    "GetMatch": "a match is read from this instance's own projection",
    "GetBalances": "a balance is read from this instance's own projection",
    "AskContact": "how to reach someone of another region stands in what is lent or borrowed",
    "RegisterReferred": "who is new is signed up with their referral",
    "StrandEvent": "it came over NATS",
    "ReadLog": "for services and the command line",
    "GetMarks": "for services and the command line",
}
"""Questions that a person may ask, without an operation of their name."""

OTHERWISE_NAMED = {
    "GetContacts": "get-contact",
    "GetInitiatives": "list-initiatives",
    "GetPeers": "list-peers",
}


@pytest.mark.parametrize(
    ("who", "for_whom"), [("noor", OTHER), ("anke", OTHER), ("yara", MEMBER_ID)], ids=lambda one: str(one)
)
async def test_small_things_in_return_are_for_who_was_helped_or_for_the_member_who_asks(
    client: httpx.AsyncClient, bus: PaperBus, pool: PaperPool, who: str, for_whom: UUID
) -> None:
    """Anke coordinates and takes part too: what she reads of a match is not about herself."""
    pool.rows["matches_seen"] = [row_of_match()]
    bus.answers[Favours] = Favours(favours=())
    assert (await client.get(f"/v1/matches/{ONE}/return-favours", headers=bearer(who))).status_code == 200
    assert [query for query, _ in bus.asked] == [SuggestReturnFavours(member_id=for_whom)]


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
    pool.rows = {"matches_seen": [fell], "refusals_seen": [{"left_cents": 1_234_56, "caps_year": 2025}]}
    body = {"request_id": str(ONE), "offer_id": str(OTHER)}
    response = await client.post("/v1/matches", headers=bearer("noor"), json=body)
    no = is_problem(response, 409, "compensation_cap")
    assert ("is nog € 1.234,56 over, volgens de grenzen van 2025" in no["detail_nl"]) is ledger_said
    assert ("€ 1,234.56 is left by the limits of 2025" in no["detail"]) is ledger_said


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
        **dict.fromkeys(("other_id", "request_id", "series_id", "loan_id", "minutes")),
        "code": "match-fell-through",
        "at": AT,
        "actor": "coordinator:noor",
        "person_id": MEMBER_ID,
        "match_id": ONE,
        "reason": "incident",
    }
    pool.rows["history"] = [line]
    path = f"/v1/members/{MEMBER_ID}/history"
    for who, reason, actor in (("yara", None, None), ("noor", "incident", "coordinator:noor")):
        (found,) = (await client.get(path, headers=bearer(who))).json()["lines"]
        # Who ended a match, or that nobody did, would tell a member why.
        assert (found["reason"], found["actor"]) == (reason, actor)
    own = next(read for read in pool.read if "history h" in str(read[0]))
    kept_back: Any = own[3]
    assert {"incident-reported", "no-show-noted", "complaint-filed", "match-reserved"} <= set(kept_back)


ANKE = UUID(int=0xA2)
OWN_COMPLAINT = {
    **dict.fromkeys(("request_id", "series_id", "loan_id", "minutes", "match_id", "reason")),
    "at": AT,
    "actor": "coordinator:noor",
    "person_id": MEMBER_ID,
    "other_id": ANKE,
}


async def test_a_coordinator_reads_no_line_of_a_complaint_that_is_about_themselves(
    client: httpx.AsyncClient, pool: PaperPool
) -> None:
    codes = ("complaint-filed", "complaint-moved", "incident-reported", "match-confirmed")
    pool.rows["history"] = [{**OWN_COMPLAINT, "code": code} for code in codes]
    path = f"/v1/members/{MEMBER_ID}/history"
    for who, read in (("noor", codes), ("anke", codes[-1:])):
        lines = (await client.get(path, headers=bearer(who))).json()["lines"]
        assert tuple(line["code"] for line in lines) == read


@pytest.mark.parametrize("about", ["complaints", "incidents"])
async def test_to_a_coordinator_who_is_part_of_it_a_complaint_or_incident_is_unknown(
    client: httpx.AsyncClient, pool: PaperPool, about: str
) -> None:
    people: dict[str, Any] = {"member_id": MEMBER_ID, "about_id": ANKE, "former_handlers": []}
    terms = {"acknowledge_by": AT, "decide_by": AT, "acknowledge_passed": False, "decide_passed": False}
    dates = {"filed_at": AT, "moved_at": AT, "reported_at": AT, "closed_at": None, "released": False}
    happened = {"helper_id": MEMBER_ID, "asker_id": ANKE, "match_id": None, "reported_by": "noor"}
    row = {**people, **terms, **dates, **happened, "complaint_id": ONE, "incident_id": ONE}
    row |= {"handler": "noor", "status": "filed", "version": 1}
    pool.rows = {"complaints": [row], "incidents_seen": [row]}
    for who, there in (("noor", 1), ("anke", 0)):
        found = (await client.get(f"/v1/{about}", headers=bearer(who))).json()[about]
        assert len(found) == there
        response = await client.get(f"/v1/{about}/{ONE}", headers=bearer(who))
        assert response.status_code == (200 if there else 404)


async def test_a_few_who_are_left_out_cannot_be_told_from_none(
    client: httpx.AsyncClient, bus: PaperBus
) -> None:
    for few in ({}, {"vog": 1}, {"vog": 4}):
        counts = {"distance": 7, **few}
        bus.answers[RankedHelpers] = RankedHelpers.model_validate(
            {"helpers": (), "found": 0, "excluded": counts}
        )
        path = f"/v1/help-requests/{ONE}/proposals"
        found = (await client.get(path, headers=bearer("noor"))).json()["excluded"]
        assert found == {**dict.fromkeys(get_args(ExclusionReason)), "distance": 7}


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


@pytest.mark.parametrize(
    ("reason", "nl", "en"),
    [
        ("below_floor", "te weinig uren vrij", "too few hours free"),
        ("compensation_cap", "boven het bedrag", "more than a volunteer may"),
        ("no_account", "geen rekening", "has no account"),
        (None, "De uren konden niet worden geboekt.", "The hours could not be booked."),
    ],
)
async def test_hours_that_were_not_booked_say_why_and_what_to_do_now(
    client: httpx.AsyncClient, pool: PaperPool, reason: str | None, nl: str, en: str
) -> None:
    nothing = ("request_id", "category", "pc4", "helper_minutes", "asker_minutes", "coordinator", "due")
    said = {"kind": "not_booked", "entity_id": ONE, "match_id": ONE, "member_id": OTHER, "reason": reason}
    work = {**dict.fromkeys(nothing), **said, "since": AT, "fixed": False, "number": 1042, "pressing": False}
    pool.rows = {"(SELECT kind": [work], "(SELECT * FROM (SELECT": []}
    (item,) = (await client.get("/v1/work-items", headers=bearer("noor"))).json()["items"]
    assert nl in item["detail_nl"]
    assert en in item["detail"]
    for words, now in ((item["detail_nl"], "eslis"), (item["detail"], "decide how long it took")):
        assert now in words
    pool.rows["(SELECT kind"] = [{**work, "kind": "minutes_differ", "reason": None}]
    (item,) = (await client.get("/v1/work-items", headers=bearer("noor"))).json()["items"]
    assert (item["detail"], item["detail_nl"]) == (None, None)


def test_every_reason_of_the_ledger_to_book_nothing_has_words() -> None:
    source = (Path(booking.__file__)).read_text(encoding="utf-8")
    reasons = set(re.findall(r'_refused\(command, context, "(\w+)"', source))
    assert reasons == set(WHY_NOT_BOOKED)


@pytest.mark.parametrize(
    "route", [route for topic in TOPICS for route in topic.COMMANDS], ids=lambda it: it.path
)
def test_what_changes_something_says_in_its_path_what(route: Route) -> None:
    """What `changed` answers is that id; an operation without one makes something instead."""
    assert route.respond is not changed or route.ids
