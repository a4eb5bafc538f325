"""The console's pages about the region, at a running one: what is done on them is done."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.ledger import POOL, SUSPENSE
from services.coordinator.local_time import now
from services.kernel.dutch import day_nl, euro_nl
from tests.harness.console import Console
from tests.harness.town import NOOR, Neighbour, Town, good, word


@pytest.fixture
def console(town: Town) -> Iterator[Console]:
    found = Console(town.address)
    yield found
    found.http.close()


def helped(town: Town, asker: Neighbour, helper: Neighbour, minutes: int, **more: object) -> UUID:
    """A match that both wrote down alike, and that is booked."""
    offer_id = town.offer(helper, "shopping", **more)
    match_id = town.confirm(town.ask(asker, "shopping", minutes, **more), offer_id)
    for person in (asker, helper):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": minutes}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being booked")
    return match_id


def number(town: Town, person: Neighbour) -> int:
    return int(town.read(f"/v1/members/{person.id}", by=NOOR)["number"])


def balance(town: Town, account_id: UUID) -> int:
    """What is on an account, in minutes, as far as it was ever used."""
    response = town.get(f"/v1/accounts/{account_id}", by=NOOR)
    return int(response.json()["balance_minutes"]) if response.status_code == 200 else 0


def test_an_initiative_is_begun_changed_and_ended(town: Town, console: Console) -> None:
    name = f"Ruilkring {word()}"
    page = console.send("/initiatieven", "begin", name=name, preset="ruilkring")
    assert "Het initiatief is begonnen." in page
    listed = town.read("/v1/initiatives", by=NOOR)["initiatives"]
    (made,) = (each for each in listed if each["name"] == name)
    here = f"/initiatieven/{made['initiative_id']}"
    rules = {
        "policy.reciprocity": "encouraged",
        "policy.compensation": "credits",
        "policy.floor_minutes": 120,
        "policy.tolerance_minutes": 30,
        "policy.most_running": 3,
        "policy.from_band": "from_18",
    }
    page = console.send(here, "regels", **rules)
    assert "De nieuwe regels gelden vanaf nu." in page
    assert "Iemand mag hoogstens 2 uur meer krijgen dan geven." in page
    assert f"Deze regels gelden sinds {now().day} " in page
    policy = town.read(f"/v1/initiatives/{made['initiative_id']}", by=NOOR)["policy"]
    assert (policy["floor_minutes"], policy["most_running"], policy["from_band"]) == (-120, 3, "from_18")
    assert "Gestopt" in console.send(here, "stoppen")
    # Who had the page open still hears why not, with what was typed.
    again = console.send(here, "stoppen", status=409)
    assert "Dit initiatief is gestopt." in again


def test_hours_go_into_the_pool_and_out_of_it_without_a_name(town: Town, console: Console) -> None:
    person = town.neighbour()
    before = balance(town, POOL)
    console.send("/solidariteitspot", "aanvullen", minutes=120)
    page = console.send(
        "/solidariteitspot", "geven", to_account_id=number(town, person), minutes=45, reason="Even krap."
    )
    assert "De uren zijn gegeven." in page
    assert "Gegeven aan een deelnemer" in page
    assert person.name not in page
    assert (balance(town, POOL), balance(town, person.id)) == (before + 75, 45)
    no = console.send(
        "/solidariteitspot", "geven", 409, to_account_id=number(town, person), minutes=9999, reason="Te veel."
    )
    assert "In de solidariteitspot zitten nog" in no
    assert "Te veel." in no


def test_what_helpers_receive_stands_against_the_caps_with_expenses_apart(
    town: Town, console: Console
) -> None:
    initiative_id = town.initiative("klussendienst")
    asker, helper = town.neighbour(), town.neighbour(capacity=600, born_on="1990-04-01")
    helped(town, asker, helper, 60, initiative_id=initiative_id)
    here = f"/deelnemers/{helper.id}/vergoedingen"
    page = console.send(here, "onkosten", cents="12,50", on=now().date())
    assert "De onkosten zijn genoteerd." in page
    town.until(lambda: "€ 12,50 in" in console.read(here), "the expenses being on the page")
    year = town.read(f"/v1/members/{helper.id}/year-statements/{now().year}", by=NOOR)
    assert year["expenses_cents"] == 1250
    # The visit is in three days: that may be next month, or next year.
    assert f"{euro_nl(year['cents'])} van € 2.100,00" in console.read(here)
    assert helper.name in console.read("/vergoedingen")
    assert helper.name in console.read(f"/vergoedingen?nummer={number(town, helper)}")


def test_a_booking_is_undone_also_when_the_hours_are_spent(town: Town, console: Console) -> None:
    asker, helper = town.neighbour(), town.neighbour(capacity=600)
    match_id = helped(town, asker, helper, 60)
    console.send(f"/deelnemers/{helper.id}/vergoedingen", "grenzen", floor_minutes=0, ceiling_minutes=600)
    good(town.post("/v1/pool-gifts", {"minutes": 40}, by=helper.login), 201)
    assert "Boek de uren terug" in console.read(f"/koppelingen/{match_id}")
    here = f"/koppelingen/{match_id}/terugboeking"
    page = console.read(here)
    assert "kan nog 20 minuten terug" in page
    assert "De tussenrekening van de regio betaalt de rest: 40 minuten." in page
    found = re.search(r'name="transfer_id" value="([^"]+)"', page)
    assert found is not None
    assert "Dit is nog niet gelukt" in console.send(here, "boeking", 400, transfer_id=found.group(1))
    assert balance(town, helper.id) == 20
    suspense = balance(town, SUSPENSE)
    page = console.send(here, "boeking", transfer_id=found.group(1), reason="Verkeerd opgeschreven.")
    assert "De uren zijn teruggeboekt." in page
    assert (balance(town, asker.id), balance(town, helper.id)) == (0, 0)
    assert balance(town, SUSPENSE) == suspense - 40
    match = console.read(f"/koppelingen/{match_id}")
    assert "Teruggeboekt" in match
    assert "Boek de uren terug" not in match
    # What suspense paid is made up out of the pool.
    assert "De tussenrekening mist" in console.read("/solidariteitspot")
    console.send("/solidariteitspot", "tussenrekening", minutes=40, reason="Terugboeking.")
    assert balance(town, SUSPENSE) == suspense


def test_someone_may_ask_without_offering_until_a_day(town: Town, console: Console) -> None:
    person = town.neighbour()
    until = now().date() + timedelta(days=30)
    here = f"/deelnemers/{person.id}"
    page = console.send(here, "vrijstelling", reason="Even te veel aan het hoofd.", until=until)
    assert "De vrijstelling is gegeven." in page
    assert f"tot en met {day_nl(until)}" in page
    past = now().date() - timedelta(days=1)
    again = console.send(here, "vrijstelling", status=409, reason="Nog even.", until=past)
    assert "Nog even." in again


def test_the_figures_are_those_of_the_api(town: Town, console: Console) -> None:
    for _ in range(5):
        town.neighbour(capacity=120)
    load = town.read("/v1/load-figures", by=NOOR)
    assert f"van {load['helpers']} helpers" in console.read("/cijfers")


def test_a_coordinator_writes_down_what_someone_asks_and_offers(town: Town, console: Console) -> None:
    """Someone without e-mail calls. In an initiative in which who asks also offers something."""
    initiative_id, person = town.initiative("ruilkring"), town.neighbour()
    here = f"/deelnemers/{person.id}"
    said = {"urgency": "soon", "wish": "unknown", "initiative_id": initiative_id, "consent": "phone"}
    page = console.send(here, "hulpvraag", category="shopping", minutes=60, text="Melk en brood.", **said)
    assert "Melk en brood." in page
    ((_, asked),) = town.happened("exchange", person.id, "HelpRequested")
    assert (asked["draft"], asked["consent"], asked["asked_by"]) == (True, "phone", None)
    offered = {"category": "coffee", "initiative_id": initiative_id, "text": "Op dinsdag."}
    assert "Het aanbod is genoteerd." in console.send(here, "aanbod", **offered)
    request = f"/v1/help-requests/{asked['request_id']}"
    town.until(lambda: town.read(request, by=NOOR)["status"] == "open", "the draft being opened")
    # Who did it in whose name.
    lines = town.read(f"/v1/members/{person.id}/history", by=person.login)["lines"]
    done = {line["code"] for line in lines if line["actor"] == "coordinator:noor"}
    assert {"help-requested", "offer-posted"} <= done
    # Without their own word nothing is asked.
    said.pop("consent")
    page = console.send(here, "hulpvraag", 400, category="shopping", minutes=60, **said)
    assert "hoe vond deze deelnemer het zelf goed?" in page


def test_an_incident_is_handed_to_a_colleague(town: Town, console: Console) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    match_id = town.confirm(town.ask(asker, "coffee"), town.offer(helper, "coffee"))
    assert "Het incident is gemeld." in console.send(
        f"/koppelingen/{match_id}", "incident", text="Er is geld weg."
    )
    ((_, incident),) = town.happened("exchange", match_id, "IncidentReported")
    here = f"/incidenten/{incident['incident_id']}"
    page = console.send(here, "overdracht", handler="sam", reason="Ik ga met verlof.")
    assert "Het incident is bij een collega in behandeling." in page
    ((_, handed),) = town.happened("exchange", UUID(incident["incident_id"]), "IncidentHandedOver")
    assert (handed["former_handler"], handed["handler"]) == ("noor", "sam")
    # Noor reported it, and reads on; why she gave it away is in the file.
    assert "Ik ga met verlof." in console.read(here)
