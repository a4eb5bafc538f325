"""The main job over HTTP, with every process real: from signing up to hours booked, and each refusal."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.categories import CATEGORIES
from services.kernel.service import new_id
from services.region.demo.cast import Login
from tests.harness.letters import (
    ASKED,
    DIFFERED,
    EARNED,
    ENDED,
    FOUND,
    HELPS,
    OFFERED,
    SEARCHING,
    SPENT,
    WELCOME,
)
from tests.harness.regions import standing_still
from tests.harness.town import NOOR, OPERATOR, SAM, TEAM, Neighbour, Town, good, in_days, plain, problem

HOME, A_STREET_ON, FAR = "3515", "3514", "3811"
MINUTES = 90


def test_from_signing_up_to_hours_booked_and_a_favour_in_return(town: Town) -> None:
    helper = town.stranger(capacity_minutes_week=600, pc4=HOME)
    _signs_up_and_is_approved(town, helper)
    asker = town.neighbour()
    others = {
        "a street on": town.neighbour(capacity=600, pc4=A_STREET_ON),
        "far": town.neighbour(capacity=600, pc4=FAR),
        "too full": town.neighbour(capacity=MINUTES - 1),
        "resting": town.neighbour(capacity=0),
    }
    offer_id = _offers(town, helper, "shopping", "Ik ga op vrijdag naar de winkel.")
    offered = {who: town.offer(person, "shopping") for who, person in others.items()}
    request_id = town.ask(asker, "shopping", MINUTES, text="Ik mag na mijn operatie niet tillen.")

    known = {str(offer_id), *map(str, offered.values())}
    # Neighbours of other tests may offer the same nearby.
    ranked = [one for one in _proposals(town, request_id) if one["offer_id"] in known]
    assert [one["offer_id"] for one in ranked] == [
        str(offer_id),
        str(offered["a street on"]),
        str(offered["far"]),
    ]
    for one in ranked:
        assert one["reasons"]
        assert all(
            reason["nl"] and reason["en"] and reason["nl"] != reason["en"] for reason in one["reasons"]
        )
    # What is in favour stands first, and near by is said to be near.
    codes = [reason["code"] for reason in ranked[0]["reasons"]]
    assert codes != [reason["code"] for reason in ranked[2]["reasons"]]
    assert (ranked[0]["distance_km"], ranked[2]["distance_km"] > 10) == (0.0, True)

    confirmed = town.post(
        "/v1/matches", {"request_id": request_id, "offer_id": offer_id}, by=NOOR, key=str(new_id())
    )
    match = good(confirmed, 201)
    match_id = match["match_id"]
    assert confirmed.headers["Location"] == f"/v1/matches/{match_id}"
    assert (match["status"], match["minutes"]) == ("confirmed", MINUTES)
    assert (match["helper_id"], match["asker_id"]) == (str(helper.id), str(asker.id))
    assert town.read(f"/v1/help-requests/{request_id}", by=asker.login)["status"] == "matched"
    _account(town, asker, balance=0, held=MINUTES)

    for who, other in ((helper, asker), (asker, helper)):
        _sees_contact(town, match_id, who, other)

    for person in (helper, asker):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": MINUTES}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    _account(town, helper, balance=MINUTES)
    _account(town, asker, balance=-MINUTES)
    assert town.read(f"/v1/help-requests/{request_id}", by=asker.login)["status"] == "done"

    favours = town.read(f"/v1/matches/{match_id}/return-favours", by=asker.login)["favours"]
    assert len(favours) == 3
    assert all(CATEGORIES[each["category"]].small for each in favours)
    # A match that is over shows nobody's details any more.
    town.until(
        lambda: town.get(f"/v1/matches/{match_id}/contact", by=asker.login).status_code == 404,
        "the contact being closed",
    )

    town.until_letters(helper, WELCOME, OFFERED, HELPS, EARNED)
    town.until_letters(asker, WELCOME, ASKED, FOUND, SPENT)
    for person in others.values():
        town.until_letters(person, WELCOME, OFFERED)
    assert asker.name in town.letter(helper, HELPS)
    assert asker.phone in town.letter(helper, HELPS)
    assert helper.name in town.letter(asker, FOUND)
    assert helper.phone in town.letter(asker, FOUND)
    assert all(favour["nl"].lower() in town.letter(asker, SPENT).lower() for favour in favours)


def _signs_up_and_is_approved(town: Town, person: Neighbour) -> None:
    made = town.post("/v1/members", person.registration, by=NOOR, key=person.idempotency_key)
    assert good(made, 201)["id"] == str(person.id)
    assert made.headers["Location"] == f"/v1/members/{person.id}"
    member = town.read(f"/v1/members/{person.id}", by=NOOR)
    assert (member["status"], member["name"], member["pc4"]) == ("registered", person.name, HOME)
    items = town.read("/v1/work-items?kind=new_member&limit=200", by=NOOR)["items"]
    assert str(person.id) in {item["member_id"] for item in items}
    good(town.post(f"/v1/members/{person.id}/approvals", by=NOOR))
    assert town.read(f"/v1/members/{person.id}", by=person.login)["status"] == "approved"
    town.until(
        lambda: town.get(f"/v1/accounts/{person.id}", by=person.login).status_code == 200, "an account"
    )
    _account(town, person, balance=0)


def _offers(town: Town, person: Neighbour, category: str, text: str) -> UUID:
    """An offer of someone just approved: the exchange may hear of them a moment later."""
    made: list[httpx.Response] = []

    def offered() -> bool:
        made.append(town.post("/v1/offers", {"category": category, "text": text}, by=person.login))
        return made[-1].status_code != 409

    town.until(offered, "a new member offering")
    offer_id = UUID(good(made[-1], 201)["id"])
    offer = town.read(f"/v1/offers/{offer_id}", by=NOOR)
    assert (offer["text"], offer["member_id"], offer["status"]) == (text, str(person.id), "open")
    return offer_id


def _proposals(town: Town, request_id: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.read(f"/v1/help-requests/{request_id}/proposals?limit=50", by=NOOR)[
        "helpers"
    ]
    return found


def _account(town: Town, person: Neighbour, *, balance: int, held: int = 0) -> None:
    def is_so() -> bool:
        account = town.account(person)
        return (account["balance_minutes"], account["held_minutes"]) == (balance, held)

    town.until(is_so, f"a balance of {balance} minutes with {held} held")
    account = town.account(person)
    assert account["available_minutes"] == balance - held >= account["floor_minutes"]


def _sees_contact(town: Town, match_id: str, who: Neighbour, other: Neighbour) -> None:
    path = f"/v1/matches/{match_id}/contact"
    town.until(lambda: town.get(path, by=who.login).status_code == 200, "the contact being open")
    (person,) = town.read(path, by=who.login)["others"]
    assert (person["name"], person["phone"], person["email"]) == (other.name, other.phone, other.email)


# ---- what is refused


@pytest.fixture(scope="module")
def two(town: Town) -> tuple[Neighbour, Neighbour]:
    """Someone who gardens, with ten hours a week, and someone with a garden."""
    return town.neighbour(capacity=600), town.neighbour()


def _refused(town: Town, request_id: UUID, offer_id: UUID, code: str, *, by: Login = NOOR) -> dict[str, Any]:
    body = {"request_id": request_id, "offer_id": offer_id}
    return problem(town.post("/v1/matches", body, by=by, key=str(new_id())), 409, code)


def test_who_is_not_approved_may_not_offer_nor_ask(town: Town) -> None:
    newcomer = town.newcomer()
    problem(town.post("/v1/offers", {"category": "dog"}, by=newcomer.login), 409, "not_approved")
    body = {"category": "dog", "minutes": 30}
    problem(town.post("/v1/help-requests", body, by=newcomer.login), 409, "not_approved")
    good(town.post(f"/v1/members/{newcomer.id}/declinations", by=NOOR))
    problem(town.post("/v1/offers", {"category": "dog"}, by=newcomer.login), 409, "not_approved")
    problem(town.post(f"/v1/members/{newcomer.id}/approvals", by=NOOR), 409, "already_decided")
    town.until_letters(newcomer)


def test_a_helper_without_capacity_left_is_refused_and_others_are_proposed(
    town: Town, two: tuple[Neighbour, Neighbour]
) -> None:
    busy = town.neighbour(capacity=100)
    free, asker = two
    full, roomy = town.offer(busy, "chores"), town.offer(free, "chores")
    town.confirm(town.ask(asker, "chores", 60), full)
    request_id = town.ask(asker, "chores", 60)
    no = _refused(town, request_id, full, "no_capacity")
    assert "120" in no["detail_nl"]
    assert "100" in no["detail_nl"]
    offered = {one["offer_id"] for one in _proposals(town, request_id)}
    assert str(full) not in offered
    assert str(roomy) in offered
    town.until_letters(busy, WELCOME, OFFERED, HELPS)


def test_nobody_goes_below_the_credit_floor_and_nobody_is_told(town: Town) -> None:
    helper, asker = town.neighbour(capacity=2400), town.neighbour()
    floor = town.account(asker)["floor_minutes"]
    offer_id = town.offer(helper, "gardening")
    request_id = town.ask(asker, "gardening", -floor + 1)
    _refused(town, request_id, offer_id, "below_floor")
    _account(town, asker, balance=0, held=0)
    assert town.read(f"/v1/help-requests/{request_id}", by=asker.login)["status"] == "open"
    # To the floor itself is allowed, and then no minute more.
    town.confirm(town.ask(asker, "gardening", -floor), offer_id)
    _account(town, asker, balance=0, held=-floor)
    _refused(town, town.ask(asker, "gardening", 1), offer_id, "below_floor")
    gift = {"to_account_id": helper.id, "minutes": 1}
    problem(town.post("/v1/transfers", gift, by=asker.login), 409, "below_floor")
    town.until_letters(helper, WELCOME, OFFERED, HELPS)


def test_a_request_is_matched_once(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    helper, asker = two
    offer_id = town.offer(helper, "company")
    request_id = town.ask(asker, "company", 10)
    town.confirm(request_id, offer_id)
    _refused(town, request_id, offer_id, "already_matched", by=SAM)


def test_of_two_coordinators_who_confirm_at_once_one_wins(
    town: Town, two: tuple[Neighbour, Neighbour]
) -> None:
    helper, asker = two
    offer_id = town.offer(helper, "company")
    request_id = town.ask(asker, "company", 10)
    body = {"request_id": request_id, "offer_id": offer_id}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda who: town.post("/v1/matches", body, by=who), (NOOR, SAM)))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    good(won, 201)
    problem(lost, 409, "already_matched")


def test_what_was_withdrawn_before_cannot_be_matched(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    helper, asker = two
    offer_id, gone = town.offer(helper, "cooking"), town.offer(helper, "cooking")
    request_id, stays = town.ask(asker, "cooking", 10), town.ask(asker, "cooking", 10)
    assert town.call("DELETE", f"/v1/help-requests/{request_id}", by=asker.login).status_code == 204
    assert town.call("DELETE", f"/v1/offers/{gone}", by=helper.login).status_code == 204
    _refused(town, request_id, offer_id, "withdrawn")
    _refused(town, stays, gone, "withdrawn")


def test_withdrawn_while_the_hours_are_being_set_apart_the_match_falls_through(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    offer_id = town.offer(helper, "bins")
    request_id = town.ask(asker, "bins", 30)
    body, key = {"request_id": request_id, "offer_id": offer_id}, str(new_id())
    with standing_still(town.region, "ledger"):
        waiting = town.post("/v1/matches", body, by=NOOR, key=key)
        match_id = UUID(good(waiting, 202)["id"])
        assert waiting.headers["Location"] == f"/v1/matches/{match_id}"
        assert town.match(match_id)["status"] == "reserved"
        assert town.call("DELETE", f"/v1/help-requests/{request_id}", by=asker.login).status_code == 204
    town.until(lambda: town.match(match_id)["status"] == "fell_through", "the match falling through")
    assert town.match(match_id)["reason"] == "withdrawn"
    # The same wish again hears how it ended.
    problem(town.post("/v1/matches", body, by=NOOR, key=key), 409, "withdrawn")
    _account(town, asker, balance=0, held=0)
    # The helper's week is free again: all of it can be given to someone else.
    town.confirm(town.ask(town.neighbour(), "bins", 600), offer_id)
    town.until_letters(helper, WELCOME, OFFERED, HELPS)
    town.until_letters(asker, WELCOME, ASKED)


def test_a_match_called_off_frees_the_hours_and_tells_both(town: Town) -> None:
    helper, asker = town.neighbour(capacity=60), town.neighbour()
    offer_id = town.offer(helper, "walking")
    request_id = town.ask(asker, "walking", 60)
    match_id = town.confirm(request_id, offer_id)
    # Who has not heard yet that it begins, does not hear that it ends either (message.overtake).
    town.until_letters(helper, WELCOME, OFFERED, HELPS)
    town.until_letters(asker, WELCOME, ASKED, FOUND)
    assert town.call("DELETE", f"/v1/matches/{match_id}", by=helper.login).status_code == 204
    assert town.match(match_id)["reason"] == "helper_withdrew"
    assert town.read(f"/v1/help-requests/{request_id}", by=asker.login)["status"] == "open"
    _account(town, asker, balance=0, held=0)
    problem(
        town.post(f"/v1/matches/{match_id}/minutes", {"minutes": 60}, by=helper.login), 409, "not_confirmed"
    )
    town.confirm(request_id, offer_id)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, HELPS, ENDED)
    town.until_letters(asker, WELCOME, ASKED, FOUND, FOUND, SEARCHING)


def test_minutes_that_differ_book_nothing_until_they_agree(town: Town) -> None:
    helper, asker = town.neighbour(capacity=60), town.neighbour()
    match_id = town.confirm(town.ask(asker, "coffee", 60), town.offer(helper, "coffee"))
    path = f"/v1/matches/{match_id}/minutes"
    good(town.post(path, {"minutes": 60}, by=helper.login))
    good(town.post(path, {"minutes": 45}, by=asker.login))
    assert town.match(match_id)["minutes_differ"]
    town.until_letters(helper, WELCOME, OFFERED, HELPS, DIFFERED)
    _account(town, asker, balance=0, held=60)
    good(town.post(path, {"minutes": 45}, by=helper.login))
    _account(town, asker, balance=-45)
    _account(town, helper, balance=45)
    assert not town.match(match_id)["minutes_differ"]


# ---- the same wish twice


def test_the_same_key_twice_is_one_wish_with_one_answer(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    helper, asker = two

    def twice(method: str, path: str, body: Any, by: Login) -> dict[str, Any]:
        key = str(new_id())
        first, again = (town.call(method, path, body, by=by, key=key) for _ in range(2))
        assert first.status_code < 300, first.text
        assert (first.status_code, first.content) == (again.status_code, again.content)
        found: dict[str, Any] = first.json() if first.content else {}
        return found

    person = town.stranger()
    made = twice("POST", "/v1/members", person.registration, NOOR)
    twice("POST", f"/v1/members/{made['id']}/approvals", None, NOOR)
    twice("PUT", f"/v1/members/{helper.id}/capacity", {"capacity_minutes_week": 900}, helper.login)
    offer = twice("POST", "/v1/offers", {"category": "computer", "text": "Een uurtje."}, helper.login)
    asked = {"category": "computer", "minutes": 20, "wanted_at": in_days(2)}
    request = twice("POST", "/v1/help-requests", asked, asker.login)
    spare = twice("POST", "/v1/help-requests", asked, asker.login)
    assert spare["id"] != request["id"]
    twice("DELETE", f"/v1/help-requests/{spare['id']}", None, asker.login)
    chosen = {"request_id": request["id"], "offer_id": offer["id"]}
    match = twice("POST", "/v1/matches", chosen, NOOR)
    for who in (helper, asker):
        twice("POST", f"/v1/matches/{match['match_id']}/minutes", {"minutes": 20}, who.login)
    before = town.account(helper)["balance_minutes"]
    twice("POST", "/v1/transfers", {"to_account_id": asker.id, "minutes": 7}, helper.login)
    town.until(lambda: town.match(match["match_id"])["status"] == "completed", "the match being completed")
    assert town.account(helper)["balance_minutes"] - before in (-7, 13)


def test_the_same_key_with_another_body_is_refused_and_changes_nothing(town: Town) -> None:
    giver, taker = town.neighbour(), town.neighbour()
    key = str(new_id())
    gift = {"to_account_id": taker.id, "minutes": 30}
    good(town.post("/v1/transfers", gift, by=giver.login, key=key), 201)
    other = {**gift, "minutes": 31}
    problem(town.post("/v1/transfers", other, by=giver.login, key=key), 409, "idempotency_key_reused")
    _account(town, giver, balance=-30)
    # For someone else, or another operation, the same key is a wish of its own.
    back = {"to_account_id": giver.id, "minutes": 30}
    good(town.post("/v1/transfers", back, by=taker.login, key=key), 201)
    good(town.post("/v1/offers", {"category": "dog"}, by=giver.login, key=key), 201)
    _account(town, giver, balance=0)


def test_a_refusal_is_repeated_too(town: Town) -> None:
    poor, rich = town.neighbour(), town.neighbour()
    body, key = {"to_account_id": rich.id, "minutes": 601}, str(new_id())
    first = problem(town.post("/v1/transfers", body, by=poor.login, key=key), 409, "below_floor")
    good(town.post("/v1/transfers", {"to_account_id": poor.id, "minutes": 100}, by=rich.login), 201)
    # By now there is enough, but this wish has had its answer.
    again = problem(town.post("/v1/transfers", body, by=poor.login, key=key), 409, "below_floor")
    assert again["detail_nl"] == first["detail_nl"]
    good(town.post("/v1/transfers", body, by=poor.login, key=str(new_id())), 201)


def test_the_same_key_many_times_at_once_registers_one_person(town: Town) -> None:
    person = town.stranger()
    with ThreadPoolExecutor(8) as many:
        answers = list(
            many.map(
                lambda _: town.post("/v1/members", person.registration, by=NOOR, key=person.idempotency_key),
                range(16),
            )
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    items = town.read("/v1/work-items?kind=new_member&limit=200", by=NOOR)["items"]
    assert [item["member_id"] for item in items].count(str(person.id)) == 1


# ---- who may do what


def test_a_member_may_do_only_what_is_theirs(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    me, other = two
    newcomer = town.newcomer()
    asked = town.ask(other, "transport", 10)
    offer_id = town.offer(me, "transport")
    match_id = town.confirm(asked, offer_id)
    third = town.neighbour()
    not_allowed = [
        ("POST", f"/v1/members/{newcomer.id}/approvals", None),
        ("POST", f"/v1/members/{newcomer.id}/declinations", None),
        ("POST", "/v1/members", newcomer.registration),
        ("POST", "/v1/matches", {"request_id": asked, "offer_id": offer_id}),
        ("POST", "/v1/offers", {"member_id": other.id, "category": "dog"}),
        ("POST", "/v1/help-requests", {"member_id": other.id, "category": "dog", "minutes": 30}),
        ("PUT", f"/v1/members/{other.id}/capacity", {"capacity_minutes_week": 0}),
        ("POST", "/v1/transfers", {"from_account_id": other.id, "to_account_id": me.id, "minutes": 5}),
        ("GET", f"/v1/members/{other.id}", None),
        ("GET", f"/v1/accounts/{other.id}", None),
        ("GET", f"/v1/help-requests/{asked}/proposals", None),
        ("GET", "/v1/work-items", None),
    ]
    for method, path, body in not_allowed:
        problem(town.call(method, path, body, by=me.login), 403, "not_allowed")
    in_anothers_name = {"member_id": other.id, "minutes": 10}
    problem(town.post(f"/v1/matches/{match_id}/minutes", in_anothers_name, by=me.login), 403, "may_not_act")
    problem(town.call("DELETE", f"/v1/help-requests/{asked}", by=me.login), 403, "not_theirs")
    problem(town.call("DELETE", f"/v1/offers/{offer_id}", by=other.login), 403, "not_theirs")
    # To whom it is none of, there is no such thing.
    problem(town.get(f"/v1/help-requests/{asked}", by=me.login), 404, "unknown_request")
    problem(town.get(f"/v1/matches/{match_id}", by=third.login), 404, "unknown_match")
    problem(town.get(f"/v1/matches/{match_id}/contact", by=third.login), 404, "no_contact")
    problem(town.call("DELETE", f"/v1/matches/{match_id}", by=third.login), 403, "not_yours")
    minutes = {"minutes": 10}
    problem(town.post(f"/v1/matches/{match_id}/minutes", minutes, by=third.login), 403, "not_yours")
    assert town.read(f"/v1/members/{newcomer.id}", by=NOOR)["status"] == "registered"


def test_a_social_team_refers_and_may_do_nothing_more(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    helper, asker = two
    person = town.stranger()
    problem(town.post("/v1/members", person.registration, by=TEAM, key=str(new_id())), 403, "not_allowed")
    made = good(town.post("/v1/members", person.registration, by=NOOR, key=str(new_id())), 201)
    chosen = {"request_id": town.ask(asker, "baking", 10), "offer_id": town.offer(helper, "baking")}
    for method, path, body in (
        ("POST", f"/v1/members/{made['id']}/approvals", None),
        ("POST", "/v1/matches", chosen),
        ("GET", f"/v1/members/{made['id']}", None),
        ("GET", "/v1/work-items", None),
        ("GET", f"/v1/accounts/{asker.id}", None),
        ("GET", f"/v1/offers/{chosen['offer_id']}", None),
    ):
        problem(town.call(method, path, body, by=TEAM), 403, "not_allowed")
    good(town.post(f"/v1/members/{made['id']}/approvals", by=SAM))


def test_an_operator_runs_the_region_and_matches_nobody(town: Town, two: tuple[Neighbour, Neighbour]) -> None:
    helper, asker = two
    chosen = {"request_id": town.ask(asker, "dog", 10), "offer_id": town.offer(helper, "dog")}
    problem(town.post("/v1/matches", chosen, by=OPERATOR), 403, "not_allowed")
    problem(town.get(f"/v1/members/{asker.id}", by=OPERATOR), 403, "not_allowed")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer no-such-key", "Basic bm9vcjpub29y", "Bearer é", NOOR.key],
    ids=["none", "empty", "bare", "unknown", "basic", "not ASCII", "without Bearer"],
)
def test_without_a_key_nothing_is_answered(town: Town, authorization: str | None) -> None:
    headers = [(b"Authorization", authorization.encode())] if authorization is not None else []
    for method, path in (("GET", "/v1/work-items"), ("POST", "/v1/members"), ("GET", "/v1/nowhere")):
        answer = town.http.request(method, path, headers=headers, json=None if method == "GET" else {})
        problem(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    # What the API is like is no secret.
    assert town.http.get("/v1/openapi.json").status_code == 200


def test_what_is_not_there_is_a_problem_too(town: Town) -> None:
    nobody = new_id()
    problem(town.get("/v1/nowhere", by=NOOR), 404, "not_found")
    problem(town.get(f"/v1/members/{nobody}", by=NOOR), 404, "unknown_member")
    problem(town.get(f"/v1/matches/{nobody}", by=NOOR), 404, "unknown_match")
    problem(town.get(f"/v1/help-requests/{nobody}/proposals", by=NOOR), 404, "unknown_request")
    problem(town.post(f"/v1/members/{nobody}/approvals", by=NOOR), 404, "unknown_member")
    problem(town.call("DELETE", f"/v1/offers/{nobody}", by=NOOR), 404, "unknown_offer")
    body = plain({"request_id": nobody, "offer_id": nobody})
    problem(town.post("/v1/matches", body, by=NOOR), 404, "unknown_request")
    answer = town.call("PATCH", "/v1/offers", {}, by=NOOR)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"
