"""An 81-year-old without e-mail, whose son asks for weekly shopping: her own yes, contact by people, and
someone new when the student who helps stops."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.kernel.dutch import local
from services.kernel.service import new_id
from services.notifications.templates.letter import day
from tests.harness.letters import (
    ASKED,
    ASKER_LOSES,
    ENDED,
    FOUND,
    HELPER_STOPS,
    HELPS,
    HELPS_OFTEN,
    OFFERED,
    SEARCHING,
    WELCOME,
)
from tests.harness.record import names, until_account, where
from tests.harness.series import MINUTES, PLANNED, start, until_visits
from tests.harness.town import NOOR, TEAM, Neighbour, Town, good, in_days, problem

TAKEN_OVER = "Iemand anders neemt uw hulp over"

BORN_ON = "1945-03-09"


def _mother(town: Town, channel: str | None = "phone") -> Neighbour:
    """Someone of 81 without e-mail, who likes to be called."""
    person = town.neighbour(email=None, born_on=BORN_ON)
    if channel is not None:
        good(town.call("PUT", f"/v1/members/{person.id}/channel", {"channel": channel}, by=NOOR))
    return person


def _shopping(mother: Neighbour, son: Neighbour, **more: Any) -> dict[str, Any]:
    return {
        "member_id": mother.id,
        "asked_by": son.id,
        "category": "shopping",
        "minutes": MINUTES,
        "wanted_at": in_days(3),
        "recurrence": "FREQ=WEEKLY",
        **more,
    }


def _may_ask(town: Town, mother: Neighbour, son: Neighbour) -> None:
    path = f"/v1/members/{mother.id}/representatives/{son.id}"
    good(town.call("PUT", path, {"how": "in_person"}, by=NOOR))


def _to_bring(town: Town, person: Neighbour) -> dict[str, dict[str, Any]]:
    """What a person must bring someone, by its subject."""
    messages = town.read("/v1/messages-to-bring?limit=100", by=NOOR)["messages"]
    return {each["letter"]["subject"]: each for each in messages if each["member_id"] == str(person.id)}


def _until_to_bring(town: Town, person: Neighbour, *subjects: str) -> dict[str, dict[str, Any]]:
    town.until(lambda: set(_to_bring(town, person)) == set(subjects), f"{subjects} waiting for a person")
    return _to_bring(town, person)


def _brought(town: Town, message: dict[str, Any], *, reached: bool) -> None:
    path = f"/v1/messages-to-bring/{message['message_id']}/deliveries"
    good(town.post(path, {"reached": reached}, by=NOOR))


def test_a_son_asks_for_his_mother_once_she_agreed_to_it_herself(town: Town) -> None:
    mother, son, third = _mother(town), town.neighbour(), town.neighbour()
    path = "/v1/help-requests"
    no = problem(town.post(path, _shopping(mother, son), by=son.login), 409, "consent_missing")
    assert no["detail_nl"] == (
        "Zeg hoe de hulpvrager het zelf goed vond: persoonlijk, aan de telefoon of op papier."
    )
    body = _shopping(mother, son, consent="phone")
    no = problem(town.post(path, body, by=son.login), 403, "may_not_act")
    assert no["detail_nl"] == (
        "U mag nog niets vragen of regelen voor deze deelnemer. Een buurtcoördinator kan dat voor u mogelijk "
        "maken."
    )
    # He cannot say her yes for her, nor ask in her name as if he were her.
    grant = f"/v1/members/{mother.id}/representatives/{son.id}"
    problem(town.call("PUT", grant, {"how": "phone"}, by=son.login), 403, "not_allowed")
    problem(town.post(path, {**body, "asked_by": None}, by=son.login), 403, "not_allowed")
    assert town.happened("exchange", mother.id, "HelpRequested") == []

    _may_ask(town, mother, son)
    request_id = UUID(good(town.post(path, body, by=son.login), 201)["id"])
    _consent_is_on_record(town, request_id, mother, son)
    for who in (son, mother):
        assert town.read(f"{path}/{request_id}", by=who.login)["status"] == "open"
    problem(town.get(f"{path}/{request_id}", by=third.login), 404, "unknown_request")
    (item,) = town.work("without_helper", request_id)
    assert item["member_id"] == str(mother.id)

    # She takes her word back: what was asked stands, and he asks nothing more for her.
    assert town.call("DELETE", grant, by=mother.login).status_code == 204
    town.until(
        lambda: town.post(path, body, by=son.login).status_code == 403, "the exchange having heard of it"
    )
    assert town.read(f"{path}/{request_id}", by=mother.login)["status"] == "open"
    # It is her help: he hears of it from her.
    town.until_letters(son, WELCOME)


@pytest.mark.parametrize("how", ["departures", "erasures"])
def test_a_son_who_takes_part_no_more_asks_nothing_more_for_his_mother(town: Town, how: str) -> None:
    mother, son = _mother(town), town.neighbour()
    body = _shopping(mother, son, consent="phone")
    _may_ask(town, mother, son)
    path = "/v1/help-requests"
    town.until(lambda: town.post(path, body, by=son.login).status_code == 201, "the son being allowed to ask")
    good(town.post(f"/v1/members/{son.id}/{how}", {}, by=son.login))
    town.until(lambda: town.post(path, body, by=son.login).status_code == 403, "the right to ask being over")
    no = problem(town.post(path, body, by=son.login), 403, "may_not_act")
    assert no["detail_nl"].endswith("Een buurtcoördinator kan dat voor u mogelijk maken.")
    # She sees so, and can let someone else ask.
    town.until(
        lambda: town.read(f"/v1/members/{mother.id}", by=mother.login)["representatives"] == [],
        "her own page saying so",
    )
    (ended,) = town.happened("members", mother.id, "RepresentationEnded")
    assert ended[1]["representative_id"] == str(son.id)


def _consent_is_on_record(town: Town, request_id: UUID, mother: Neighbour, son: Neighbour) -> None:
    request = town.read(f"/v1/help-requests/{request_id}", by=NOOR)
    assert (request["member_id"], request["asked_by"]) == (str(mother.id), str(son.id))
    assert (request["consent"], request["recurrence"]) == ("phone", "FREQ=WEEKLY")
    member = town.read(f"/v1/members/{mother.id}", by=NOOR)
    assert member["representatives"] == [{"representative_id": str(son.id), "how": "in_person"}]
    assert (member["email"], member["channel"], member["age_band"]) == (None, "phone", "from_21")
    # How old she is exactly is said nowhere but in the vault of members.
    assert where(town, [BORN_ON]) == {"members.vault"}
    lines = {line["code"]: line for line in town.read(f"/v1/members/{mother.id}/history", by=NOOR)["lines"]}
    asked, granted = lines["help-requested"], lines["representation-granted"]
    assert (asked["person_id"], asked["other_id"]) == (str(mother.id), str(son.id))
    assert asked["actor"] == f"member:{son.login.id}"
    assert (granted["actor"], granted["other_id"]) == ("coordinator:noor", str(son.id))


def test_contact_is_a_letter_or_a_call_and_one_that_fails_escalates(town: Town) -> None:
    mother, son = _mother(town, channel=None), town.neighbour()
    # Without e-mail and before she chose: a letter to print, with her address.
    letter = _until_to_bring(town, mother, WELCOME)[WELCOME]
    (item,) = town.work("bring_message", UUID(letter["message_id"]))
    assert (item["reason"], item["member_id"]) == ("letter", str(mother.id))
    assert (letter["letter"]["name"], letter["letter"]["street"], letter["letter"]["house_number"]) == (
        mother.name,
        mother.registration["street"],
        mother.registration["house_number"],
    )
    assert letter["letter"]["text"].startswith(f"Beste {mother.name},")
    _brought(town, letter, reached=True)
    assert town.work("bring_message", mother.id) == []

    good(town.call("PUT", f"/v1/members/{mother.id}/channel", {"channel": "phone"}, by=NOOR))
    _may_ask(town, mother, son)
    body = _shopping(mother, son, consent="phone")
    town.until(lambda: town.post("/v1/help-requests", body, by=son.login).status_code == 201, "asking")
    call = _until_to_bring(town, mother, ASKED)[ASKED]
    assert (call["channel"], call["letter"]["phone"]) == ("phone", mother.phone)
    _escalates_after_three_times(town, mother, call)
    # To her nothing was ever mailed.
    assert town.happened("notifications", mother.id, "MessageSent", "MessageFailed") == []


def _escalates_after_three_times(town: Town, mother: Neighbour, call: dict[str, Any]) -> None:
    message_id = UUID(call["message_id"])
    path = f"/v1/messages-to-bring/{message_id}/deliveries"
    for who in (mother.login, TEAM):
        problem(town.post(path, {"reached": False}, by=who), 403, "not_allowed")
    for attempts in (1, 2):
        _brought(town, call, reached=False)
        assert _to_bring(town, mother)[ASKED]["attempts"] == attempts
        assert [item["reason"] for item in town.work("bring_message", message_id)] == ["phone"]
    assert town.work("not_reached", message_id) == []

    for _ in range(2):
        # The third time someone must go and look; a fourth makes it no other task.
        _brought(town, call, reached=False)
        (item,) = town.work("not_reached", message_id)
        assert datetime.fromisoformat(item["due"]) - datetime.fromisoformat(item["since"]) == timedelta(
            days=1
        )
        assert item["pressing"]
        assert town.work("bring_message", message_id) == []
        assert _to_bring(town, mother)[ASKED]["escalated"]

    _brought(town, call, reached=True)
    assert town.work("not_reached", message_id) == []
    again = problem(town.post(path, {"reached": True}, by=NOOR), 409, "not_waiting")
    assert again["detail_nl"] == "Dit bericht wacht niet (meer) op u. U hoeft niets te doen."
    told = names(town.happened("notifications", message_id))
    assert [told.count(name) for name in ("ContactAttempted", "ContactEscalated", "MessageDelivered")] == [
        4,
        1,
        1,
    ]


def test_the_end_date_of_the_student_who_helps_has_someone_else_found_in_time(town: Town) -> None:
    mother, son = _mother(town), town.neighbour()
    student, successor = town.neighbour(capacity=600), town.neighbour(capacity=600)
    initiative_id = town.initiative("dorpscoordinator")
    series_id = _asked_and_started(town, mother, son, student, initiative_id)
    _, last, *beyond = until_visits(town, series_id, *["matched"] * PLANNED)
    until_account(town, mother, balance=0, held=PLANNED * MINUTES)

    last_day = local(datetime.fromisoformat(last["wanted_at"])).date()
    path = f"/v1/series/{series_id}/helper-last-day"
    problem(town.call("PUT", path, {"last_day": last_day.isoformat()}, by=mother.login), 403, "not_yours")
    for _ in range(2):
        good(town.call("PUT", path, {"last_day": last_day.isoformat()}, by=student.login))
    until_visits(town, series_id, "matched", "matched", "open", "open")
    _hours_are_free_again_once(town, mother, beyond)
    _is_on_the_work_list(town, series_id, last_day, beyond)
    _are_told_in_time(town, mother, student, last_day)
    # What is planned beyond that day is not the student's any more.
    town.due_now("exchange", "PlanVisit", series_id)
    *_, newest = until_visits(town, series_id, "matched", "matched", "open", "open", "open")
    # It is on the work list at once, weeks ahead, with who could do it.
    (item,) = town.work("visit_without_helper", UUID(newest["request_id"]))
    assert datetime.fromisoformat(item["due"]) == datetime.fromisoformat(newest["wanted_at"])

    _takes_over(town, series_id, UUID(beyond[0]["request_id"]), successor, initiative_id)
    # The visits that were open are taken along in the one confirmation.
    until_visits(town, series_id, *["matched"] * 5)
    assert not town.work("visit_without_helper", UUID(newest["request_id"]))
    town.due_now("exchange", "PlanVisit", series_id)
    visits = until_visits(town, series_id, *["matched"] * 6)
    by = [visit["helper_id"] for visit in visits if visit["helper_id"]]
    assert by == [str(student.id)] * 2 + [str(successor.id)] * 4
    town.until_letters(successor, WELCOME, OFFERED, HELPS, HELPS_OFTEN)
    town.until_letters(student, WELCOME, OFFERED, HELPS_OFTEN, ENDED, ENDED, HELPER_STOPS, TAKEN_OVER)
    town.until_letters(son, WELCOME)


def _asked_and_started(
    town: Town, mother: Neighbour, son: Neighbour, student: Neighbour, initiative_id: UUID
) -> UUID:
    _may_ask(town, mother, son)
    body = _shopping(mother, son, consent="paper", initiative_id=initiative_id)
    series_id = UUID(good(town.post("/v1/help-requests", body, by=son.login), 201)["id"])
    start(town, series_id, town.offer(student, "shopping", initiative_id=initiative_id))
    town.until_letters(student, WELCOME, OFFERED, HELPS_OFTEN)
    assert f"U bereikt {mother.name} zo: {mother.phone}." in town.letter(student, HELPS_OFTEN)
    calls = _until_to_bring(town, mother, WELCOME, ASKED, FOUND)
    assert f"{student.name} komt vaker: elke " in calls[FOUND]["letter"]["text"]
    for call in calls.values():
        _brought(town, call, reached=True)
    return series_id


def _hours_are_free_again_once(town: Town, mother: Neighbour, beyond: list[dict[str, Any]]) -> None:
    until_account(town, mother, balance=0, held=2 * MINUTES)
    for visit in beyond:
        match_id = UUID(visit["match_id"])
        assert town.match(match_id)["reason"] == "helper_withdrew"
        assert names(town.happened("ledger", match_id)) == ["HoldPlaced", "HoldReleased"]


def _is_on_the_work_list(town: Town, series_id: UUID, last_day: date, beyond: list[dict[str, Any]]) -> None:
    (ends,) = town.work("series_helper_ends", series_id)
    assert local(datetime.fromisoformat(ends["due"])).date() == last_day + timedelta(days=1)
    for visit in beyond:
        (item,) = town.work("visit_without_helper", UUID(visit["request_id"]))
        assert datetime.fromisoformat(item["due"]) == datetime.fromisoformat(visit["wanted_at"])


def _are_told_in_time(town: Town, mother: Neighbour, student: Neighbour, last_day: date) -> None:
    calls = _until_to_bring(town, mother, ASKER_LOSES, SEARCHING)
    stops = calls[ASKER_LOSES]["letter"]["text"]
    assert f"Uw helper stopt. De laatste dag is {day(last_day.isoformat())}." in stops
    assert "Wij zoeken op tijd iemand anders voor daarna." in stops
    # Twice: once for each visit that falls out.
    assert len(town.work("bring_message", mother.id)) == 3
    town.until_letters(student, WELCOME, OFFERED, HELPS_OFTEN, ENDED, ENDED, HELPER_STOPS)


def _takes_over(
    town: Town, series_id: UUID, request_id: UUID, successor: Neighbour, initiative_id: UUID
) -> None:
    offer_id = town.offer(successor, "shopping", initiative_id=initiative_id)
    best = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)["helpers"][0]
    assert best["offer_id"] == str(offer_id)
    body = {"request_id": request_id, "offer_id": offer_id, "from_now_on": True}
    good(town.post("/v1/matches", body, by=NOOR, key=str(new_id())), 201)
    series = town.read(f"/v1/series/{series_id}", by=NOOR)
    assert (series["helper_id"], series["helper_last_day"]) == (str(successor.id), None)
    assert town.work("series_helper_ends", series_id) == []
    assert town.work("visit_without_helper", request_id) == []


@pytest.mark.parametrize("how", ["in_person", "phone", "paper"])
def test_a_coordinator_asks_for_someone_and_says_how_they_agreed(town: Town, how: str) -> None:
    mother, son = _mother(town), town.neighbour()
    request = good(town.post("/v1/help-requests", _shopping(mother, son, consent=how), by=NOOR), 201)
    assert town.read(f"/v1/help-requests/{request['id']}", by=NOOR)["consent"] == how
