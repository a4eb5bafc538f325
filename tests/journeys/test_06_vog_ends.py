"""A VOG ends in the middle of help that comes back every week: reminders, and substitutes in time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.kernel.service import new_id
from services.notifications.templates.letter import day, when
from tests.harness.letters import (
    ASKED,
    EARNED,
    ENDED,
    FOUND,
    HELPS,
    HELPS_OFTEN,
    OFFERED,
    SEARCHING,
    SPENT,
    VOG_ENDS,
    WELCOME,
)
from tests.harness.record import names, timers, until_account
from tests.harness.series import MINUTES, PLANNED, until_visits, weekly
from tests.harness.town import FEW, NOOR, Neighbour, Town, good, problem

LAPSED = "Uw VOG is verlopen"


def _vog(town: Town, helper: Neighbour, days: int) -> tuple[UUID, date]:
    """A certificate seen by Noor: its id and its last day."""
    until = datetime.now(UTC).date() + timedelta(days=days)
    seen = {"categories": ["respite"], "valid_until": until.isoformat()}
    good(town.post(f"/v1/members/{helper.id}/vogs", seen, by=NOOR))
    recorded = town.happened("members", helper.id, "VogRecorded")
    return UUID(recorded[-1][1]["vog_id"]), until


def test_the_helper_is_reminded_90_and_30_days_before_and_once_each(town: Town) -> None:
    helper = town.neighbour(capacity=600)
    vog_id, until = _vog(town, helper, days=200)
    for told, days in ((1, 90), (2, 30)):
        town.due_now("members", "RemindVog", vog_id, days_left=days)
        town.until_letters(helper, WELCOME, *[VOG_ENDS] * told)
    first, second = town.letters_about(helper, VOG_ENDS)
    for letter, days in ((first, 90), (second, 30)):
        assert f"geldt nog {days} dagen: tot en met {day(until.isoformat())}." in letter
        assert "even de zorg overnemen" in letter
        assert "Bel uw buurtcoördinator. Dan vragen wij samen een nieuwe aan." in letter
    reminded = town.happened("members", vog_id, "VogReminded")
    assert [said["days_left"] for _, said in reminded] == [90, 30]

    # A newer one takes its place: of the older nothing more is heard, and nothing lapses.
    newer_id, _ = _vog(town, helper, days=900)
    town.due_now("members", "RemindVog", vog_id, days_left=0)
    town.until(lambda: timers(town, "members", "RemindVog", vog_id) == 0, "the last timer of the older")
    assert not town.happened("members", vog_id, "VogLapsed")
    town.due_now("members", "RemindVog", newer_id, days_left=90)
    town.until_letters(helper, WELCOME, VOG_ENDS, VOG_ENDS, VOG_ENDS)


def test_a_vog_that_ends_suspends_what_is_to_come_and_substitutes_are_sought(town: Town) -> None:
    asker, helper, other = town.neighbour(), town.neighbour(capacity=600), town.neighbour(capacity=600)
    initiative_id = town.initiative("dorpscoordinator")
    vog_id, until = _vog(town, helper, days=12)
    _vog(town, other, days=400)
    offer_id = town.offer(helper, "respite", initiative_id=initiative_id)
    series_id = weekly(town, asker, offer_id, "respite", initiative_id=initiative_id)
    # Visits beyond its last day were never this helper's: someone else is sought four weeks before.
    done, second, third, fourth = until_visits(town, series_id, "matched", "matched", "open", "open")
    (ends,) = town.work("vog_ends", helper.id)
    assert (ends["category"], ends["entity_id"]) == ("respite", str(vog_id))
    assert datetime.fromisoformat(ends["due"]).date() == until
    until_account(town, asker, balance=0, held=2 * MINUTES)
    _first_visit_is_done(town, UUID(done["match_id"]), helper, asker)

    town.due_now("members", "RemindVog", vog_id, days_left=0)
    until_visits(town, series_id, "done", "open", "open", "open")
    suspended = UUID(second["match_id"])
    match = town.match(suspended)
    assert (match["status"], match["reason"]) == ("fell_through", "vog_lapsed")
    # Why is nobody's business but the coordinators'.
    seen = town.read(f"/v1/matches/{suspended}", by=asker.login)
    assert (seen["status"], seen["reason"]) == ("fell_through", "cancelled")

    _past_minutes_stand(town, UUID(done["match_id"]), suspended, helper, asker)
    _are_told(town, helper, asker, second["wanted_at"])
    for visit in (second, third, fourth):
        (item,) = town.work("visit_without_helper", UUID(visit["request_id"]))
        assert datetime.fromisoformat(item["due"]) == datetime.fromisoformat(visit["wanted_at"])
    no = _refused(town, UUID(second["request_id"]), offer_id)
    assert "heeft voor deze hulp op die dag geen geldige VOG" in no["detail_nl"]
    _someone_else_comes(town, UUID(second["request_id"]), initiative_id, other, asker)
    # The rest waits for someone still; the helper's other help was never in question.
    until_visits(town, series_id, "done", "matched", "open", "open")
    dog = town.ask(asker, "dog", 30, initiative_id=initiative_id)
    town.confirm(dog, town.offer(helper, "dog", initiative_id=initiative_id))


def _first_visit_is_done(town: Town, match_id: UUID, helper: Neighbour, asker: Neighbour) -> None:
    for person in (helper, asker):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": MINUTES}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the first visit being booked")


def _past_minutes_stand(town: Town, done: UUID, suspended: UUID, helper: Neighbour, asker: Neighbour) -> None:
    until_account(town, asker, balance=-MINUTES, held=0)
    until_account(town, helper, balance=MINUTES, held=0)
    assert town.match(done)["status"] == "completed"
    assert names(town.happened("ledger", done)) == ["HoldPlaced", "CreditTransferred"]
    assert names(town.happened("ledger", suspended)) == ["HoldPlaced", "HoldReleased"]


def _are_told(town: Town, helper: Neighbour, asker: Neighbour, wanted_at: str) -> None:
    town.until_letters(helper, WELCOME, OFFERED, HELPS_OFTEN, EARNED, LAPSED, ENDED)
    town.until_letters(asker, WELCOME, ASKED, FOUND, SPENT, SEARCHING)
    lapsed = town.letter(helper, LAPSED)
    assert "geldt niet meer voor deze hulp: even de zorg overnemen." in lapsed
    assert "Ander aanbod van u blijft staan." in lapsed
    for text in (town.letter(helper, ENDED), town.letter(asker, SEARCHING)):
        assert when(wanted_at) in text
        assert "VOG" not in text
    assert "Wij zoeken nu iemand anders. De dag die u koos, blijft staan." in town.letter(asker, SEARCHING)


def _refused(town: Town, request_id: UUID, offer_id: UUID) -> dict[str, Any]:
    body = {"request_id": request_id, "offer_id": offer_id}
    return problem(town.post("/v1/matches", body, by=NOOR, key=str(new_id())), 409, "no_vog")


def _someone_else_comes(
    town: Town, request_id: UUID, initiative_id: UUID, other: Neighbour, asker: Neighbour
) -> None:
    """For this one visit; the series stays the helper's, who may come back with a new certificate."""
    offer_id = town.offer(other, "respite", initiative_id=initiative_id)
    proposed = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)
    (only,) = proposed["helpers"]
    assert (only["offer_id"], proposed["excluded"]) == (str(offer_id), FEW)
    town.confirm(request_id, offer_id)
    assert town.work("visit_without_helper", request_id) == []
    town.until_letters(other, WELCOME, OFFERED, HELPS)
    town.until_letters(asker, WELCOME, ASKED, FOUND, FOUND, SPENT, SEARCHING)
    until_account(town, asker, balance=-MINUTES, held=MINUTES)


def test_with_a_new_vog_the_helper_is_planned_again(town: Town) -> None:
    asker, helper = town.neighbour(), town.neighbour(capacity=600)
    initiative_id = town.initiative("burenhulp")
    vog_id, _ = _vog(town, helper, days=200)
    offer_id = town.offer(helper, "respite", initiative_id=initiative_id)
    series_id = weekly(town, asker, offer_id, "respite", initiative_id=initiative_id)
    until_visits(town, series_id, *["matched"] * PLANNED)
    town.due_now("members", "RemindVog", vog_id, days_left=0)
    visits = until_visits(town, series_id, *["open"] * PLANNED)
    # What is planned while there is none finds no helper either.
    town.due_now("exchange", "PlanVisit", series_id)
    until_visits(town, series_id, *["open"] * (PLANNED + 1))

    _vog(town, helper, days=900)
    town.due_now("exchange", "PlanVisit", series_id)
    until_visits(town, series_id, *["open"] * (PLANNED + 1), "matched")
    # What fell away is given back by a person, who looks first whether someone else was asked.
    town.confirm(UUID(visits[0]["request_id"]), offer_id)
