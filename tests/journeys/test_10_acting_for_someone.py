"""Acting for someone goes beyond asking: a son withdraws, skips, moves, reports and thanks for his mother,
and a member of a household for the household. Who may not, or no longer may, does nothing of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.region.demo.cast import Login
from tests.harness.record import until_account
from tests.harness.series import MINUTES, PLANNED, start, until_visits
from tests.harness.town import NOOR, Neighbour, Town, good, problem


def _may_act(town: Town, mother: Neighbour, son: Neighbour) -> str:
    path = f"/v1/members/{mother.id}/representatives/{son.id}"
    good(town.call("PUT", path, {"how": "in_person"}, by=NOOR))
    return path


def _asked_by_son(town: Town, mother: Neighbour, son: Neighbour, **more: Any) -> UUID:
    """He asks for her; waits until the exchange knows that he may."""
    body = {"member_id": mother.id, "asked_by": son.id, "consent": "phone", "category": "shopping"}
    body |= {"minutes": MINUTES, **more}
    made = []

    def asked() -> bool:
        made.append(town.post("/v1/help-requests", body, by=son.login))
        return made[-1].status_code == 201

    town.until(asked, "the son being allowed to ask")
    return UUID(made[-1].json()["id"])


def _refused(town: Town, mother: Neighbour, who: Login, match_id: UUID) -> None:
    """Nothing of hers is theirs to arrange."""
    path, hers = f"/v1/matches/{match_id}", {"member_id": mother.id}
    later = (datetime.now().astimezone() + timedelta(days=9)).isoformat()
    for method, address, body in (
        ("DELETE", f"{path}?member_id={mother.id}", None),
        ("POST", f"{path}/skips", hers),
        ("POST", f"{path}/moves", {**hers, "wanted_at": later}),
        ("POST", f"{path}/minutes", {**hers, "minutes": MINUTES}),
        ("POST", f"{path}/thanks", {**hers, "text": "Dank u wel."}),
    ):
        no = problem(town.call(method, address, body, by=who), 403, "may_not_act")
    assert no["detail_nl"] == (
        "U mag nog niets vragen of regelen voor deze deelnemer. Een buurtcoördinator kan dat voor u mogelijk "
        "maken."
    )


def test_a_son_arranges_for_his_mother_what_was_asked(town: Town) -> None:
    mother, son, helper, other = town.neighbour(), *(town.neighbour(capacity=600) for _ in range(3))
    someone_elses = town.neighbour()
    _may_act(town, other, someone_elses)
    ends = _may_act(town, mother, son)
    initiative_id = town.initiative("dorpscoordinator")
    weekly = {"recurrence": "FREQ=WEEKLY", "wanted_at": _in_days(3), "initiative_id": initiative_id}
    series_id = _asked_by_son(town, mother, son, **weekly)
    start(town, series_id, town.offer(helper, "shopping", initiative_id=initiative_id))
    first, second, third, _ = until_visits(town, series_id, *["matched"] * PLANNED)
    until_account(town, mother, balance=0, held=PLANNED * MINUTES)

    # He sees what he arranges; a stranger does not.
    match_id = UUID(first["match_id"])
    assert town.read(f"/v1/series/{series_id}", by=son.login)["asker_id"] == str(mother.id)
    assert town.read(f"/v1/matches/{match_id}", by=son.login)["status"] == "confirmed"
    problem(town.get(f"/v1/matches/{match_id}", by=someone_elses.login), 404, "unknown_match")
    _refused(town, mother, someone_elses.login, match_id)

    _skips(town, mother, son, UUID(second["match_id"]))
    until_visits(town, series_id, "matched", "withdrawn", "matched", "matched")
    until_account(town, mother, balance=0, held=(PLANNED - 1) * MINUTES)
    _moves(town, mother, son, third)
    _reports_and_thanks(town, mother, son, helper, match_id)
    until_account(town, mother, balance=-MINUTES, held=(PLANNED - 2) * MINUTES)
    _who_did_it_in_whose_name(town, mother, son)

    # She takes her word back: from then on it is hers alone.
    assert town.call("DELETE", ends, by=mother.login).status_code == 204
    still = UUID(third["match_id"])
    skip = {"member_id": mother.id}
    town.until(
        lambda: (
            town.get(f"/v1/matches/{still}", by=son.login).status_code == 404
            and town.post(f"/v1/matches/{still}/thanks", skip, by=son.login).status_code == 403
        ),
        "the exchange having heard that he may not any more",
    )
    _refused(town, mother, son.login, still)
    assert town.match(still)["status"] == "confirmed"


def _in_days(days: int) -> str:
    at = datetime.now().astimezone() + timedelta(days=days)
    return at.replace(minute=0, second=0, microsecond=0).isoformat()


def _skips(town: Town, mother: Neighbour, son: Neighbour, match_id: UUID) -> None:
    path = f"/v1/matches/{match_id}/skips"
    good(town.post(path, {"member_id": mother.id}, by=son.login))
    assert town.match(match_id)["reason"] == "skipped"


def _moves(town: Town, mother: Neighbour, son: Neighbour, visit: dict[str, Any]) -> None:
    later = datetime.fromisoformat(visit["wanted_at"]) + timedelta(hours=2)
    body = {"member_id": mother.id, "wanted_at": later.isoformat()}
    good(town.post(f"/v1/matches/{visit['match_id']}/moves", body, by=son.login))
    found = town.read(f"/v1/help-requests/{visit['request_id']}", by=son.login)
    assert datetime.fromisoformat(found["wanted_at"]) == later


def _reports_and_thanks(
    town: Town, mother: Neighbour, son: Neighbour, helper: Neighbour, match_id: UUID
) -> None:
    path = f"/v1/matches/{match_id}"
    hers = {"member_id": mother.id, "minutes": MINUTES}
    # The helper reports for themselves alone, whoever lets them act.
    good(town.post(f"{path}/minutes", {"minutes": MINUTES}, by=helper.login))
    problem(town.post(f"{path}/minutes", hers, by=helper.login), 403, "may_not_act")
    good(town.post(f"{path}/minutes", hers, by=son.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    good(town.post(f"{path}/thanks", {"member_id": mother.id, "text": "Dank u wel."}, by=son.login))


def _who_did_it_in_whose_name(town: Town, mother: Neighbour, son: Neighbour) -> None:
    lines = town.read(f"/v1/members/{mother.id}/history?limit=500", by=NOOR)["lines"]
    by_son = {line["code"] for line in lines if line["actor"] == f"member:{son.login.id}"}
    assert {"help-requested", "visit-moved", "minutes-reported", "helper-thanked"} <= by_son
    assert {"request-withdrawn", "match-fell-through"} <= by_son


def test_a_son_withdraws_what_was_asked_also_when_a_coordinator_asked_it(town: Town) -> None:
    mother, son = town.neighbour(), town.neighbour()
    body = {"member_id": mother.id, "category": "shopping", "minutes": MINUTES}
    path = "/v1/help-requests"
    problem(town.post(path, body, by=NOOR), 409, "consent_missing")
    request_id = good(town.post(path, {**body, "consent": "phone"}, by=NOOR), 201)["id"]
    assert town.read(f"{path}/{request_id}", by=NOOR)["consent"] == "phone"
    withdraw = f"{path}/{request_id}?member_id={mother.id}"
    problem(town.get(f"{path}/{request_id}", by=son.login), 404, "unknown_request")
    problem(town.call("DELETE", withdraw, by=son.login), 403, "may_not_act")
    _may_act(town, mother, son)
    town.until(lambda: town.call("DELETE", withdraw, by=son.login).status_code == 204, "he may withdraw it")
    assert town.read(f"{path}/{request_id}", by=son.login)["status"] == "withdrawn"


def test_he_never_leaves_nor_spends_nor_speaks_of_ties_for_her(town: Town) -> None:
    mother, son = town.neighbour(), town.neighbour()
    _may_act(town, mother, son)
    _asked_by_son(town, mother, son)
    her = f"/v1/members/{mother.id}"
    for method, path, body in (
        ("POST", f"{her}/departures", {}),
        ("POST", f"{her}/erasures", {}),
        ("PUT", f"{her}/ties/{son.id}", {"tie": "relative"}),
        ("PUT", f"/v1/accounts/{mother.id}/limits", {"floor_minutes": -60}),
        ("PUT", f"{her}/representatives/{son.id}", {"how": "phone"}),
        ("POST", "/v1/transfers", {"from_account_id": mother.id, "to_account_id": son.id, "minutes": 30}),
    ):
        problem(town.call(method, path, body, by=son.login), 403, "not_allowed")


def test_a_member_of_a_household_reports_for_it(town: Town) -> None:
    home, ans, cor = town.neighbour(kind="household"), town.neighbour(), town.neighbour()
    for who, may_act in ((ans, True), (cor, False)):
        path = f"/v1/members/{who.id}/households/{home.id}"
        good(town.call("PUT", path, {"may_act": may_act}, by=NOOR))
    helper = town.neighbour(capacity=600)
    request_id = _asked_by_son(town, home, ans, category="gardening")
    match_id = town.confirm(request_id, town.offer(helper, "gardening"))
    path = f"/v1/matches/{match_id}/minutes"
    for_home = {"member_id": home.id, "minutes": MINUTES}
    problem(town.post(path, for_home, by=cor.login), 403, "may_not_act")
    good(town.post(path, {"minutes": MINUTES}, by=helper.login))
    # Her own name is not that of the household.
    problem(town.post(path, {"minutes": MINUTES}, by=ans.login), 403, "not_yours")
    good(town.post(path, for_home, by=ans.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    until_account(town, home, balance=-MINUTES)
