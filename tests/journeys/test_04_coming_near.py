"""Two people of a series turn out to be too near: visits to come need someone else, and nobody reads why."""

from typing import Any
from uuid import UUID

import pytest

from services.region.demo.cast import Login
from tests.harness.letters import ASKER_LOSES, ENDED, HELPER_STOPS, SEARCHING
from tests.harness.record import names, until_account
from tests.harness.series import MINUTES, PLANNED, until_visits, weekly
from tests.harness.town import NOOR, Neighbour, Town, good, problem

SECRET = ("conflict", "relative", "friend", "nearness", "too_close", "familie", "ruzie", "kring")


def _series(town: Town, category: str) -> tuple[Neighbour, Neighbour, UUID, UUID]:
    """Asker, helper, offer and series: four visits planned, the first of which was done and booked."""
    asker, helper = town.neighbour(), town.neighbour(capacity=600)
    initiative_id = town.initiative("dorpscoordinator")
    offer_id = town.offer(helper, category, initiative_id=initiative_id)
    series_id = weekly(town, asker, offer_id, category, initiative_id=initiative_id)
    first, *_ = until_visits(town, series_id, *["matched"] * PLANNED)
    for person in (helper, asker):
        path = f"/v1/matches/{first['match_id']}/minutes"
        good(town.post(path, {"minutes": MINUTES}, by=person.login))
    until_visits(town, series_id, "done", *["matched"] * (PLANNED - 1))
    return asker, helper, offer_id, series_id


def _says(town: Town, one: Neighbour, other: Neighbour, tie: str) -> None:
    good(town.call("PUT", f"/v1/members/{one.id}/ties/{other.id}", {"tie": tie}, by=one.login))


@pytest.mark.parametrize("by", ["helper", "asker"])
def test_a_tie_that_is_named_later_has_someone_else_sought_for_what_is_to_come(town: Town, by: str) -> None:
    asker, helper, offer_id, series_id = _series(town, "shopping")
    visits = until_visits(town, series_id, "done", *["matched"] * 3)
    one, other = (helper, asker) if by == "helper" else (asker, helper)
    _says(town, one, other, "conflict")
    done, *later = until_visits(town, series_id, "done", "open", "open", "open")

    # What was done stands; the hours of what falls out are free again, once.
    until_account(town, asker, balance=-MINUTES, held=0)
    assert town.match(UUID(done["match_id"]))["status"] == "completed"
    for visit in visits[1:]:
        match_id = UUID(visit["match_id"])
        assert names(town.happened("ledger", match_id)) == ["HoldPlaced", "HoldReleased"]
        assert town.match(match_id)["reason"] == "cancelled"
        (fell,) = town.happened("exchange", match_id, "MatchFellThrough")
        assert not any(word in str(fell).lower() for word in SECRET)
    # Someone else is sought: each visit is on the work list, and this helper is not proposed.
    for visit in later:
        assert town.work("visit_without_helper", UUID(visit["request_id"]))
    proposals = town.read(f"/v1/help-requests/{later[0]['request_id']}/proposals", by=NOOR)
    assert proposals["helpers"] == []
    body = {"request_id": later[0]["request_id"], "offer_id": offer_id}
    problem(town.post("/v1/matches", body, by=NOOR), 409, "does_not_fit")

    # Nor is what the series plans from now on theirs.
    assert town.work("series_helper_ends", series_id)
    town.due_now("exchange", "PlanVisit", series_id)
    *_, newest = until_visits(town, series_id, "done", *["open"] * 4)
    assert newest["helper_id"] is None
    # Both hear of each visit, and once that the helper stops; to neither it is said why.
    for person, subject, stops in ((helper, ENDED, HELPER_STOPS), (asker, SEARCHING, ASKER_LOSES)):
        heard = {subject: 3, stops: 1}
        town.until(lambda who=person, all=heard: heard_of(town, who, *all) == all, "hearing of each visit")  # type: ignore[misc]
        said = " ".join(text for about in heard for text in town.letters_about(person, about)).lower()
        assert not any(word in said for word in SECRET)

    # What a coordinator reads of it is the same as when the asker had called it off. Whose circle changed
    # is read by who said so alone.
    told = _lines(town, helper, NOOR)
    assert [(line["actor"], line["reason"]) for line in told["match-fell-through"]] == [
        (None, "cancelled")
    ] * 3
    assert [line["actor"] for line in told["helper-end-planned"]] == [None]
    for person in (asker, helper):
        assert "circle-changed" not in _lines(town, person, NOOR)
        assert ("circle-changed" in _lines(town, person, person.login)) == (person is one)
    assert _lines(town, helper, helper.login)["helper-end-planned"][0]["actor"] is None


def _lines(town: Town, about: Neighbour, by: Login) -> dict[str, list[dict[str, Any]]]:
    """The lines of someone's history, by code."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in town.read(f"/v1/members/{about.id}/history?limit=500", by=by)["lines"]:
        lines.setdefault(line["code"], []).append(line)
    return lines


def test_a_coordinator_reads_the_same_when_someone_called_it_off_themselves(town: Town) -> None:
    """Or what reads otherwise would be nearness. What a coordinator did is still in the trail."""
    asker, _, _, series_id = _series(town, "shopping")
    _, one, other, _ = until_visits(town, series_id, "done", *["matched"] * 3)
    for visit, by in ((one, asker.login), (other, NOOR)):
        assert town.call("DELETE", f"/v1/matches/{visit['match_id']}", by=by).status_code == 204
    until_visits(town, series_id, "done", "open", "open", "matched")
    town.until(lambda: len(_lines(town, asker, NOOR).get("match-fell-through", ())) == 2, "both lines")
    ended = {line["match_id"]: line for line in _lines(town, asker, NOOR)["match-fell-through"]}
    assert (ended[one["match_id"]]["actor"], ended[one["match_id"]]["reason"]) == (None, "cancelled")
    assert ended[other["match_id"]]["actor"] == "coordinator:noor"


def heard_of(town: Town, who: Neighbour, *subjects: str) -> dict[str, int]:
    """How many letters someone got with each of these subjects."""
    return {subject: town.letters(who).count(subject) for subject in subjects}


def test_who_is_near_goes_on_where_that_is_no_objection(town: Town) -> None:
    asker, helper, _, series_id = _series(town, "shopping")
    _says(town, asker, helper, "friend")
    town.until(lambda: bool(town.happened("exchange", asker.id, "NearnessChanged")), "exchange looking")
    town.due_now("exchange", "PlanVisit", series_id)
    until_visits(town, series_id, "done", *["matched"] * PLANNED)
