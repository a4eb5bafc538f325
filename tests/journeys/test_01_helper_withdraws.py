"""A helper calls off the evening before: the request is open as it was, the next best are proposed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from services.kernel.service import new_id
from services.notifications.templates.letter import when
from tests.harness.letters import ASKED, ENDED, FOUND, HELPS, OFFERED, SEARCHING, WELCOME
from tests.harness.record import names, timers, until_account
from tests.harness.town import NOOR, SAM, Neighbour, Town, in_days, problem

HOME, A_STREET_ON, FAR = "3515", "3514", "3811"
MINUTES = 90


def test_withdrawn_the_evening_before_the_request_is_open_as_it_was_and_the_next_best_are_proposed(
    town: Town,
) -> None:
    initiative_id = town.initiative("dorpscoordinator")
    places = {"first": HOME, "second": A_STREET_ON, "third": FAR}
    helpers = {who: town.neighbour(capacity=MINUTES, pc4=pc4) for who, pc4 in places.items()}
    offers = {who: town.offer(one, "transport", initiative_id=initiative_id) for who, one in helpers.items()}
    asker, tomorrow = town.neighbour(), in_days(1)
    request_id = town.ask(
        asker,
        "transport",
        MINUTES,
        wanted_at=tomorrow,
        urgency="soon",
        wish="unknown",
        text="Naar de oogarts en terug.",
        initiative_id=initiative_id,
    )
    asked = _request(town, asker, request_id)
    assert _proposed(town, request_id) == [str(offers[who]) for who in ("first", "second", "third")]
    match_id = town.confirm(request_id, offers["first"])
    _know_of_it(town, helpers["first"], asker)
    until_account(town, asker, balance=0, held=MINUTES)
    assert not town.work("without_helper", request_id)

    assert town.call("DELETE", f"/v1/matches/{match_id}", by=helpers["first"].login).status_code == 204

    match = town.match(match_id)
    assert (match["status"], match["reason"]) == ("fell_through", "helper_withdrew")
    # Day, urgency, wish, words and the moment of asking: nothing of it moved.
    assert _request(town, asker, request_id) == asked
    assert (asked["status"], asked["match_id"], asked["urgency"]) == ("open", None, "soon")
    _on_top_of_the_work_list(town, request_id, asked)
    # Who just withdrew stands last, with the reason; that they changed their mind again is possible.
    assert _proposed(town, request_id) == [str(offers[who]) for who in ("second", "third", "first")]
    _said_of(town, request_id, offers["first"], "Zegde deze afspraak eerder af")
    _hold_was_released_once(town, match_id, asker)

    town.until_letters(helpers["first"], WELCOME, OFFERED, HELPS, ENDED)
    town.until_letters(asker, WELCOME, ASKED, FOUND, SEARCHING)
    _are_told(town, helpers["first"], asker, tomorrow)
    problem(town.get(f"/v1/matches/{match_id}/contact", by=asker.login), 404, "no_contact")

    substitute_id = town.confirm(request_id, offers["second"])
    town.until_letters(asker, WELCOME, ASKED, FOUND, FOUND, SEARCHING)
    town.until_letters(helpers["second"], WELCOME, OFFERED, HELPS)
    assert when(tomorrow) in town.letter(helpers["second"], HELPS)
    until_account(town, asker, balance=0, held=MINUTES)
    assert _request(town, asker, request_id)["match_id"] == str(substitute_id)
    assert not town.work("without_helper", request_id)
    _hold_was_released_once(town, match_id, asker)


def _request(town: Town, asker: Neighbour, request_id: UUID) -> dict[str, Any]:
    return town.read(f"/v1/help-requests/{request_id}", by=asker.login)


def _helpers(town: Town, request_id: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)["helpers"]
    return found


def _proposed(town: Town, request_id: UUID) -> list[str]:
    return [helper["offer_id"] for helper in _helpers(town, request_id)]


def _said_of(town: Town, request_id: UUID, offer_id: UUID, why: str) -> None:
    (helper,) = (one for one in _helpers(town, request_id) if one["offer_id"] == str(offer_id))
    (reason,) = (one for one in helper["reasons"] if one["nl"] == why)
    assert not reason["plus"]
    assert reason["en"] != reason["nl"]


def _know_of_it(town: Town, helper: Neighbour, asker: Neighbour) -> None:
    """Both were told that the match stands: so both must hear that it does not."""
    town.until_letters(helper, WELCOME, OFFERED, HELPS)
    town.until_letters(asker, WELCOME, ASKED, FOUND)


def _on_top_of_the_work_list(town: Town, request_id: UUID, asked: dict[str, Any]) -> None:
    """For every coordinator: since it was first asked, due on its day, and pressing."""
    (item,) = town.work("without_helper", request_id)
    assert (item["since"], item["due"]) == (asked["requested_at"], asked["wanted_at"])
    assert item["pressing"]
    for coordinator in (NOOR, SAM):
        items = town.read("/v1/work-items?limit=200", by=coordinator)["items"]
        presses = [one["entity_id"] for one in items if one["pressing"]]
        assert str(request_id) in presses


def _are_told(town: Town, helper: Neighbour, asker: Neighbour, moment: str) -> None:
    """What was called off, and to the asker that the day stays. Why is nobody's business."""
    to_asker, to_helper = town.letter(asker, SEARCHING), town.letter(helper, ENDED)
    day = f"Uw afspraak van {when(moment)}"
    assert f"{day} kan helaas niet doorgaan met deze helper." in to_asker
    assert "De dag die u koos, blijft staan. U hoeft niets te doen." in to_asker
    assert f"{day} om iemand te helpen gaat niet door. U hoeft niets te doen." in to_helper
    assert helper.name not in to_asker
    assert asker.name not in to_helper


def _hold_was_released_once(town: Town, match_id: UUID, asker: Neighbour) -> None:
    """Of this match the ledger set apart and gave back, and booked nothing."""

    def of_the_match() -> list[tuple[str, dict[str, Any]]]:
        return town.happened("ledger", match_id)

    town.until(lambda: "HoldReleased" in names(of_the_match()), "the hold being released")
    placed, released = of_the_match()
    assert (placed[0], released[0]) == ("HoldPlaced", "HoldReleased")
    assert placed[1]["account_id"] == released[1]["account_id"] == str(asker.id)
    assert placed[1]["minutes"] == released[1]["minutes"] == MINUTES
    assert town.account(asker)["balance_minutes"] == 0


def test_however_often_it_is_called_off_it_ends_once(town: Town) -> None:
    helper, asker = town.neighbour(capacity=MINUTES), town.neighbour()
    initiative_id = town.initiative("dorpscoordinator")
    offer_id = town.offer(helper, "transport", initiative_id=initiative_id)
    request_id = town.ask(asker, "transport", MINUTES, wanted_at=in_days(1), initiative_id=initiative_id)
    match_id = town.confirm(request_id, offer_id)
    _know_of_it(town, helper, asker)

    key, path = str(new_id()), f"/v1/matches/{match_id}?member_id={helper.id}"

    def call_off(times: int) -> int:
        """Helper and coordinator on the telephone with each other: both press the button, twice."""
        by = (helper.login, NOOR)[times % 2]
        return town.call("DELETE", path, by=by, key=key).status_code

    with ThreadPoolExecutor(4) as at_once:
        answers = sorted(at_once.map(call_off, range(4)))
    # One of the two did it, and hears so again; the other hears that it is done.
    assert answers == [204, 204, 409, 409]
    no = problem(town.call("DELETE", path, by=NOOR), 409, "not_confirmed")
    assert no["detail_nl"] == "Deze koppeling loopt niet (meer). U hoeft niets te doen."
    assert no["detail"] == "This match is not running (any more). You need not do anything."

    # Also the term of the reservation, that still had to pass, changes nothing any more.
    town.due_now("exchange", "LapseReservation", match_id)
    town.until(lambda: not timers(town, "exchange", "LapseReservation", match_id), "the term having passed")
    assert names(town.happened("exchange", match_id, "MatchFellThrough")) == ["MatchFellThrough"]
    _hold_was_released_once(town, match_id, asker)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, ENDED)
    town.until_letters(asker, WELCOME, ASKED, FOUND, SEARCHING)
    # The week of the helper is free again, as it was.
    town.confirm(request_id, offer_id)
    until_account(town, asker, balance=0, held=MINUTES)
