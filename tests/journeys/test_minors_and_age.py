"""A minor asks and is helped while a guardian agrees; where an initiative asks for adults, age is known."""

from datetime import date

from services.coordinator.local_time import now
from services.kernel.service import new_id
from tests.harness.town import NOOR, Neighbour, Town, good, problem


def _minor(town: Town) -> Neighbour:
    today = now().date()
    return town.neighbour(born_on=str(date(today.year - 17, today.month, 1)))


def test_a_minor_asks_once_a_guardian_agrees_and_it_ends_when_they_no_longer_do(town: Town) -> None:
    minor, helper = _minor(town), town.neighbour(capacity=600)
    body = {"category": "dog", "minutes": 30}
    for by, said in ((minor.login, body), (NOOR, {**body, "member_id": minor.id, "consent": "phone"})):
        no = problem(town.post("/v1/help-requests", said, by=by), 409, "guardian_missing")
    assert no["detail_nl"].endswith("een ouder of voogd gaf nog geen toestemming. Vraag die eerst.")

    consent = f"/v1/members/{minor.id}/guardian-consent"
    good(town.call("PUT", consent, {"how": "paper", "guardian": "Een ouder"}, by=NOOR))
    town.until(lambda: town.post("/v1/help-requests", body, by=minor.login).status_code == 201, "asking")
    request_id = town.ask(minor, "dog")
    match_id = town.confirm(request_id, town.offer(helper, "dog"))

    assert town.call("DELETE", consent, by=NOOR).status_code == 204
    town.until(lambda: town.match(match_id)["status"] == "fell_through", "nobody coming any more")
    found = town.read(f"/v1/help-requests/{request_id}", by=minor.login)
    assert found["status"] == "withdrawn"
    problem(town.post("/v1/help-requests", body, by=minor.login), 409, "guardian_missing")


def test_where_only_adults_help_a_coordinator_says_once_how_old_someone_is(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    initiative_id = town.initiative("klussendienst")
    offer_id = town.offer(helper, "chores", initiative_id=initiative_id)
    request_id = town.ask(asker, "chores", initiative_id=initiative_id)
    (best,) = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)["helpers"]
    assert "age_unknown" in [reason["code"] for reason in best["reasons"]]

    choose = {"request_id": request_id, "offer_id": offer_id}
    no = problem(town.post("/v1/matches", choose, by=NOOR, key=str(new_id())), 409, "age_unknown")
    assert "bewaar de leeftijd op de pagina van de deelnemer" in no["detail_nl"]
    path, adult = f"/v1/members/{helper.id}/age-band", {"age_band": "from_21"}
    problem(town.call("PUT", path, adult, by=helper.login), 403, "not_allowed")
    good(town.call("PUT", path, adult, by=NOOR))
    town.until(
        lambda: town.post("/v1/matches", choose, by=NOOR, key=str(new_id())).status_code == 201,
        "the helper being chosen",
    )
    assert town.read(f"/v1/members/{helper.id}", by=NOOR)["age_band"] == "from_21"
    # Where a date of birth says so, nobody says otherwise.
    minor = _minor(town)
    said = town.call("PUT", f"/v1/members/{minor.id}/age-band", adult, by=NOOR)
    problem(said, 409, "birth_date_known")
