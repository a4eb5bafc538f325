"""An incident between two people: everything between them stops at once, and nobody reads why."""

from typing import Any
from uuid import UUID

from services.kernel.service import new_id
from services.notifications.templates.letter import when
from tests.harness.letters import (
    ASKED,
    ASKER_LOSES,
    EARNED,
    ENDED,
    FOUND,
    HELPER_STOPS,
    HELPS,
    HELPS_OFTEN,
    OFFERED,
    SEARCHING,
    SPENT,
    WELCOME,
)
from tests.harness.record import names, until_account, where
from tests.harness.series import MINUTES, PLANNED, until_visits, weekly
from tests.harness.town import FEW, NOOR, SAM, Neighbour, Town, good, problem, word


def _refused(town: Town, request_id: UUID, offer_id: UUID) -> dict[str, Any]:
    body = {"request_id": request_id, "offer_id": offer_id}
    return problem(town.post("/v1/matches", body, by=NOOR, key=str(new_id())), 409, "does_not_fit")


def test_an_incident_suspends_the_pair_at_once_and_says_to_nobody_why(town: Town) -> None:
    asker, helper = town.neighbour(capacity=600), town.neighbour(capacity=600)
    initiative_id = town.initiative("dorpscoordinator")
    offer_id = town.offer(helper, "shopping", initiative_id=initiative_id)
    series_id = weekly(town, asker, offer_id, "shopping", initiative_id=initiative_id)
    first, *later = until_visits(town, series_id, *["matched"] * PLANNED)
    done, *planned = (UUID(visit["match_id"]) for visit in (first, *later))
    for person in (helper, asker):
        good(town.post(f"/v1/matches/{done}/minutes", {"minutes": MINUTES}, by=person.login))
    town.until(lambda: town.match(done)["status"] == "completed", "the first visit being booked")
    # They help each other: the other way round stops too.
    back = town.confirm(
        town.ask(helper, "coffee", 30, initiative_id=initiative_id),
        town.offer(asker, "coffee", initiative_id=initiative_id),
    )
    until_account(town, asker, balance=-MINUTES, held=3 * MINUTES)
    # Who has not heard yet that it begins, does not hear that it ends either (message.overtake).
    town.until_letters(helper, WELCOME, OFFERED, ASKED, FOUND, HELPS_OFTEN, EARNED)
    town.until_letters(asker, WELCOME, OFFERED, ASKED, FOUND, HELPS, SPENT)

    text = f"Er is geld weg, zegt de hulpvrager ({word()})."
    incident_id = _reported(town, helper, asker, planned[0], text)
    for match_id in (*planned, back):
        match = town.match(match_id)
        assert (match["status"], match["reason"]) == ("fell_through", "incident")
    until_visits(town, series_id, "done", "open", "open", "open")

    _hours_are_free_again_once(town, done, [*planned, back], helper, asker)
    _are_told_the_same_as_ever(town, helper, asker, [visit["wanted_at"] for visit in later])
    _only_coordinators_know(town, incident_id, text, planned[0], helper, asker)
    _stay_apart(town, series_id, UUID(later[0]["request_id"]), offer_id)


def _reported(town: Town, helper: Neighbour, asker: Neighbour, match_id: UUID, text: str) -> UUID:
    body = {"helper_id": helper.id, "asker_id": asker.id, "match_id": match_id, "text": text}
    problem(town.post("/v1/incidents", body, by=asker.login), 403, "not_allowed")
    key = str(new_id())
    answers = [good(town.post("/v1/incidents", body, by=NOOR, key=key), 201) for _ in range(2)]
    assert answers[0] == answers[1]
    return UUID(answers[0]["id"])


def _hours_are_free_again_once(
    town: Town, done: UUID, called_off: list[UUID], helper: Neighbour, asker: Neighbour
) -> None:
    until_account(town, asker, balance=-MINUTES, held=0)
    until_account(town, helper, balance=MINUTES, held=0)
    assert names(town.happened("ledger", done)) == ["HoldPlaced", "CreditTransferred"]
    for match_id in called_off:
        assert names(town.happened("ledger", match_id)) == ["HoldPlaced", "HoldReleased"]
        assert len(town.happened("exchange", match_id, "MatchFellThrough")) == 1


def _are_told_the_same_as_ever(town: Town, helper: Neighbour, asker: Neighbour, moments: list[str]) -> None:
    """Three visits of the series and a coffee: what does not go on, and that others are sought."""
    one = [WELCOME, OFFERED, ASKED, FOUND]
    town.until_letters(helper, *one, HELPS_OFTEN, EARNED, ENDED, ENDED, ENDED, SEARCHING, HELPER_STOPS)
    town.until_letters(asker, *one, HELPS, SPENT, SEARCHING, SEARCHING, SEARCHING, ENDED, ASKER_LOSES)
    for person, subject in ((helper, ENDED), (asker, SEARCHING)):
        letters = town.letters_about(person, subject)
        assert all(sum(when(moment) in letter for letter in letters) == 1 for moment in moments)
        assert not any(said in letter.lower() for letter in letters for said in ("incident", "geld"))


def _only_coordinators_know(
    town: Town, incident_id: UUID, text: str, match_id: UUID, helper: Neighbour, asker: Neighbour
) -> None:
    (item,) = town.work("incident_open", incident_id)
    assert (item["member_id"], item["match_id"]) == (str(asker.id), str(match_id))
    assert town.read(f"/v1/incidents/{incident_id}", by=SAM)["closed_at"] is None
    assert where(town, [text]) == {"exchange.vault"}
    for person in (helper, asker):
        problem(town.get(f"/v1/incidents/{incident_id}", by=person.login), 403, "not_allowed")
        # To them it was called off, like anything else that is.
        assert town.read(f"/v1/matches/{match_id}", by=person.login)["reason"] == "cancelled"
        own = town.read(f"/v1/members/{person.id}/history", by=person.login)["lines"]
        assert "incident" not in {line["code"].partition("-")[0] for line in own}
        assert "incident" not in {line["reason"] for line in own}
        _no_contact(town, match_id, person)


def _no_contact(town: Town, match_id: UUID, person: Neighbour) -> None:
    path = f"/v1/matches/{match_id}/contact"
    town.until(lambda: town.get(path, by=person.login).status_code == 404, "the contact being closed")


def _stay_apart(town: Town, series_id: UUID, request_id: UUID, offer_id: UUID) -> None:
    (item,) = town.work("visit_without_helper", request_id)
    assert item["category"] == "shopping"
    # The series does not stay with its helper: someone else is sought for it.
    assert town.work("series_helper_ends", series_id)
    assert len(town.happened("exchange", series_id, "HelperEndPlanned")) == 1
    proposed = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)
    assert (proposed["helpers"], proposed["excluded"]) == ([], FEW)
    no = _refused(town, request_id, offer_id)
    # The same words as for a friend or a neighbour: what is between two people is not said.
    assert no["detail_nl"] == "Deze helper past niet bij deze hulpvraag. Kies iemand uit de lijst."
    town.due_now("exchange", "PlanVisit", series_id)
    *_, newest = until_visits(town, series_id, "done", "open", "open", "open", "open")
    assert newest["helper_id"] is None


def test_when_it_is_closed_a_coordinator_says_whether_they_may_meet_again(town: Town) -> None:
    asker, helper = town.neighbour(), town.neighbour(capacity=600)
    initiative_id = town.initiative("burenhulp")
    offer_id = town.offer(helper, "chores", initiative_id=initiative_id)
    request_id = town.ask(asker, "chores", 30, initiative_id=initiative_id)
    for released in (False, True):
        body = {"helper_id": helper.id, "asker_id": asker.id, "text": "Er vielen harde woorden."}
        incident_id = UUID(good(town.post("/v1/incidents", body, by=NOOR), 201)["id"])
        _refused(town, request_id, offer_id)
        path = f"/v1/incidents/{incident_id}/closures"
        closing = {"released": released, "note": "Met beiden besproken."}
        good(town.post(path, closing, by=NOOR))
        assert town.work("incident_open", incident_id) == []
        assert town.read(f"/v1/incidents/{incident_id}", by=NOOR)["released"] is released
        again = problem(town.post(path, closing, by=NOOR), 409, "no_open_incident")
        assert again["detail_nl"].startswith("Dit incident is al afgerond")
        # One that was not released keeps them apart, also when a later one is.
        _refused(town, request_id, offer_id)


def test_its_handler_closes_it_or_gives_it_to_a_colleague(town: Town) -> None:
    asker, helper = town.neighbour(), town.neighbour()
    body = {"helper_id": helper.id, "asker_id": asker.id, "text": "Er vielen harde woorden."}
    incident_id = UUID(good(town.post("/v1/incidents", body, by=NOOR), 201)["id"])
    path, closing = f"/v1/incidents/{incident_id}", {"released": True, "note": "Uitgepraat."}
    problem(town.post(f"{path}/closures", closing, by=SAM), 403, "not_the_handler")
    give = {"handler": "sam", "reason": f"Ik ga met verlof ({word()})."}
    problem(town.post(f"{path}/handovers", give, by=SAM), 409, "names_oneself")
    good(town.post(f"{path}/handovers", give, by=NOOR))
    assert town.read(path, by=NOOR)["handler"] == "sam"
    texts = town.read(f"{path}/restricted-file", by=SAM)["texts"]
    assert texts == {"reported": body["text"], "handed-over-1": give["reason"]}
    assert where(town, [give["reason"]]) == {"exchange.vault"}
    good(town.post(f"{path}/closures", closing, by=SAM))


def test_who_lives_with_one_of_them_counts_as_them(town: Town) -> None:
    household, asker, housemate = town.neighbour(kind="household"), town.neighbour(), town.neighbour()
    for who in (asker, housemate):
        path = f"/v1/members/{who.id}/households/{household.id}"
        good(town.call("PUT", path, {"shares_balance": False}, by=NOOR))
    helper, initiative_id = town.neighbour(capacity=600), town.initiative("burenhulp")
    offer_id = town.offer(helper, "chores", initiative_id=initiative_id)
    for_home = town.confirm(town.ask(household, "chores", 30, initiative_id=initiative_id), offer_id)
    body = {"helper_id": helper.id, "asker_id": asker.id, "text": "Er vielen harde woorden."}
    good(town.post("/v1/incidents", body, by=NOOR), 201)
    assert town.match(for_home)["reason"] == "incident"
    for who in (household, housemate):
        request_id = town.ask(who, "chores", 30, initiative_id=initiative_id)
        proposed = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)
        assert proposed["helpers"] == []
        _refused(town, request_id, offer_id)


def test_a_pair_that_is_released_may_meet_again_and_what_either_does_with_others_never_stopped(
    town: Town,
) -> None:
    asker, helper, third = town.neighbour(), town.neighbour(capacity=600), town.neighbour()
    initiative_id = town.initiative("burenhulp")
    offer_id = town.offer(helper, "chores", initiative_id=initiative_id)
    with_third = town.confirm(town.ask(third, "chores", 30, initiative_id=initiative_id), offer_id)
    request_id = town.ask(asker, "chores", 30, initiative_id=initiative_id)
    town.confirm(request_id, offer_id)
    body = {"helper_id": helper.id, "asker_id": asker.id, "text": "Er vielen harde woorden."}
    incident_id = UUID(good(town.post("/v1/incidents", body, by=NOOR), 201)["id"])
    assert town.match(with_third)["status"] == "confirmed"
    _refused(town, request_id, offer_id)
    closing = {"released": True, "note": "Een misverstand, uitgepraat."}
    good(town.post(f"/v1/incidents/{incident_id}/closures", closing, by=NOOR))
    town.confirm(request_id, offer_id)
