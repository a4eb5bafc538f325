"""Asking without offering where asking takes an offer: a small one opens it, so does a waiver, and a
social team never waits."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES
from services.kernel.service import new_id
from tests.harness.letters import ASKED, FOUND, HELPS, OFFERED, WELCOME
from tests.harness.record import names, until_account, where
from tests.harness.town import NOOR, TEAM, YARA, Neighbour, Town, good, in_days, problem, word

ONE_MORE_STEP = "Uw hulpvraag: nog één stap"
OPENED = "Uw hulpvraag staat open"

STILL_A_DRAFT = (
    "Deze hulpvraag wacht nog op een aanbod van de hulpvrager. Klein mag: bespreek wat past, of geef een "
    "ontheffing.",
    "This request still waits for an offer of the asker. Something small will do: talk about what fits, or "
    "grant a waiver.",
)
MINUTES = 60


def _trading_circle(town: Town) -> UUID:
    """An initiative in which who asks also offers."""
    initiative_id = town.initiative("ruilkring")
    found = town.read(f"/v1/initiatives/{initiative_id}", by=NOOR)
    assert found["policy"]["reciprocity"] == "required"
    return initiative_id


def _ask(town: Town, person: Neighbour, initiative_id: UUID, category: str = "gardening") -> dict[str, Any]:
    body = {
        "category": category,
        "minutes": MINUTES,
        # Not so near that a coordinator looks at the draft at once.
        "wanted_at": in_days(5),
        "initiative_id": initiative_id,
    }
    return good(town.post("/v1/help-requests", body, by=person.login), 201)


def _status(town: Town, request_id: UUID) -> str:
    return str(town.read(f"/v1/help-requests/{request_id}", by=NOOR)["status"])


def _cannot_be_matched(town: Town, request_id: UUID, offer_id: UUID) -> None:
    body = {"request_id": request_id, "offer_id": offer_id}
    no = problem(town.post("/v1/matches", body, by=NOOR, key=str(new_id())), 409, "draft")
    assert (no["detail_nl"], no["detail"]) == STILL_A_DRAFT


def test_a_small_offer_opens_a_request_that_waits(town: Town) -> None:
    asker, gardener = town.neighbour(), town.neighbour(capacity=600)
    circle, elsewhere = _trading_circle(town), _trading_circle(town)
    gardens = town.offer(gardener, "gardening", initiative_id=circle)

    asked = _ask(town, asker, circle)
    request_id = UUID(asked["id"])
    assert asked["draft"]
    favours = _three_small_things(town, asker, asked["favours"])
    assert _status(town, request_id) == "draft"
    _cannot_be_matched(town, request_id, gardens)
    # A draft is nobody's search yet; on the work list it is once it waits for days (integration/work_list).
    assert town.work("without_helper", request_id) == []
    assert town.work("draft_waits", request_id) == []
    town.until_letters(asker, WELCOME, ONE_MORE_STEP)
    letter = town.letter(asker, ONE_MORE_STEP)
    assert {f"- {favour['nl']}" for favour in favours} <= set(letter.splitlines())
    assert "Lukt het nu niet? Bel ook, dan denken wij mee." in letter

    # An offer in another circle is not one in this; a small one in this opens it.
    town.offer(asker, favours[0]["category"], initiative_id=elsewhere)
    assert _status(town, request_id) == "draft"
    town.offer(asker, favours[0]["category"], initiative_id=circle)
    assert _status(town, request_id) == "open"
    (item,) = town.work("without_helper", request_id)
    assert item["category"] == "gardening"
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, OPENED, OFFERED, OFFERED)

    # One more opens nothing twice, and what is asked from now on is open at once.
    town.offer(asker, favours[1]["category"], initiative_id=circle)
    opened = town.happened("exchange", request_id, "RequestOpened")
    assert [said["because"] for _, said in opened] == ["offered"]
    later = _ask(town, asker, circle, "shopping")
    assert (later["draft"], later["favours"]) == (False, [])
    _is_matched_with_hours_held_once(town, request_id, gardens, asker)
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, OPENED, ASKED, FOUND, OFFERED, OFFERED, OFFERED)
    town.until_letters(gardener, WELCOME, OFFERED, HELPS)


def _three_small_things(town: Town, asker: Neighbour, favours: list[dict[str, str]]) -> list[dict[str, str]]:
    """Small, different, not offered yet, not what they ask for themselves, and the same each time."""
    assert len({favour["category"] for favour in favours}) == 3
    assert all(CATEGORIES[favour["category"]].small for favour in favours)
    assert all(favour["nl"] == CATEGORIES[favour["category"]].nl for favour in favours)
    assert town.read(f"/v1/members/{asker.id}/return-favours", by=asker.login)["favours"] == favours
    return favours


def _is_matched_with_hours_held_once(town: Town, request_id: UUID, offer_id: UUID, asker: Neighbour) -> None:
    match_id = town.confirm(request_id, offer_id)
    until_account(town, asker, balance=0, held=MINUTES)
    assert names(town.happened("ledger", match_id)) == ["HoldPlaced"]
    assert town.work("without_helper", request_id) == []


def test_what_they_ask_for_themselves_is_not_suggested_to_give(town: Town) -> None:
    circle = _trading_circle(town)
    asker = town.neighbour()
    suggested = town.read(f"/v1/members/{asker.id}/return-favours", by=asker.login)["favours"]
    # The very first thing that would be suggested is what they need help with.
    asked = _ask(town, asker, circle, suggested[0]["category"])
    given = {favour["category"] for favour in asked["favours"]}
    assert len(given) == 3
    assert suggested[0]["category"] not in given


def test_a_waiver_with_a_reason_and_an_end_date_opens_it(town: Town) -> None:
    asker, gardener = town.neighbour(), town.neighbour(capacity=600)
    circle = _trading_circle(town)
    gardens = town.offer(gardener, "gardening", initiative_id=circle)
    request_id = UUID(_ask(town, asker, circle)["id"])
    assert _status(town, request_id) == "draft"
    town.until_letters(asker, WELCOME, ONE_MORE_STEP)

    today = datetime.now(UTC).date()
    reason = f"Herstelt van een operatie en kan nu niets teruggeven ({word()})."
    waiver = {"reason": reason, "until": (today + timedelta(days=60)).isoformat()}
    path = f"/v1/members/{asker.id}/waivers"
    _is_a_coordinators_decision(town, path, waiver, asker)
    good(town.post(path, waiver, by=NOOR))

    assert _status(town, request_id) == "open"
    opened = town.happened("exchange", request_id, "RequestOpened")
    assert [said["because"] for _, said in opened] == ["waived"]
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, OPENED)
    # Why it was granted is in the vault of exchange, and in no letter, event or list.
    assert where(town, [reason]) == {"exchange.vault"}
    lines = town.read(f"/v1/members/{asker.id}/history", by=NOOR)["lines"]
    granted = next(line for line in lines if line["code"] == "reciprocity-waived")
    assert (granted["actor"], granted["reason"]) == ("coordinator:noor", None)

    # While it lasts they ask without offering, and a second waiver opens nothing twice.
    assert not _ask(town, asker, circle, "shopping")["draft"]
    good(town.post(path, waiver, by=NOOR))
    assert len(town.happened("exchange", request_id, "RequestOpened")) == 1
    _is_matched_with_hours_held_once(town, request_id, gardens, asker)
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, OPENED, ASKED, FOUND)


def test_what_waits_opens_when_the_initiative_asks_nothing_in_return_any_more(town: Town) -> None:
    asker = town.neighbour()
    circle = _trading_circle(town)
    request_id = UUID(_ask(town, asker, circle)["id"])
    assert _status(town, request_id) == "draft"
    town.until_letters(asker, WELCOME, ONE_MORE_STEP)
    path = f"/v1/initiatives/{circle}/policy"
    policy = {"reciprocity": "encouraged"}
    no = problem(town.call("PUT", path, {"policy": policy}, by=YARA), 403, "whole_region")
    assert "hele regio" in no["detail_nl"]
    good(town.call("PUT", path, {"policy": policy}, by=NOOR))
    town.until(lambda: _status(town, request_id) == "open", "the draft being opened")
    opened = town.happened("exchange", request_id, "RequestOpened")
    assert [said["because"] for _, said in opened] == ["rules_changed"]
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, OPENED)


def _is_a_coordinators_decision(town: Town, path: str, waiver: dict[str, str], asker: Neighbour) -> None:
    for who in (asker.login, TEAM):
        problem(town.post(path, waiver, by=who), 403, "not_allowed")
    problem(town.post(path, {"until": waiver["until"]}, by=NOOR), 400, "invalid")
    problem(town.post(path, {"reason": waiver["reason"]}, by=NOOR), 400, "invalid")
    over = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    no = problem(town.post(path, {**waiver, "until": over}, by=NOOR), 409, "in_the_past")
    assert no["detail_nl"] == "Deze dag is al voorbij. Kies een dag die nog komt."


def test_an_urgent_referral_is_never_blocked(town: Town) -> None:
    asker, gardener = town.neighbour(), town.neighbour(capacity=600)
    circle = _trading_circle(town)
    gardens = town.offer(gardener, "gardening", initiative_id=circle)
    # They gave nothing, and what they asked themselves waits for that.
    own = UUID(_ask(town, asker, circle)["id"])
    need = {"category": "gardening", "minutes": MINUTES, "wanted_at": in_days(2), "urgency": "urgent"}
    body = {"person": {"member_id": str(asker.id)}, "need": need, "contact": "Samira"}
    # Urgent or not, it is theirs to say yes or no.
    problem(town.post("/v1/referrals", body, by=TEAM), 400, "invalid")
    consent = {"how": "phone", "feedback": "status"}
    made = good(town.post("/v1/referrals", {**body, "consent": consent}, by=TEAM, key=str(new_id())), 201)
    request_id = UUID(made["id"])
    good(town.post(f"/v1/referrals/{request_id}/acceptances", {"initiative_id": str(circle)}, by=NOOR))
    request = town.read(f"/v1/help-requests/{request_id}", by=NOOR)
    assert (request["status"], request["referral"], request["urgency"]) == ("open", True, "urgent")
    assert request["consent"] == "phone"
    # It presses: a day from now someone should have been found.
    (item,) = town.work("without_helper", request_id)
    assert item["pressing"]
    term = datetime.fromisoformat(item["due"]) - datetime.fromisoformat(item["since"])
    assert term == timedelta(days=1)

    _is_matched_with_hours_held_once(town, request_id, gardens, asker)
    # It opens that one and no other.
    assert _status(town, own) == "draft"
    _cannot_be_matched(town, own, gardens)
    town.until_letters(asker, WELCOME, ONE_MORE_STEP, ASKED, FOUND)
    town.until_letters(gardener, WELCOME, OFFERED, HELPS)
