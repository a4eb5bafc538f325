"""Journey 13: someone cares for their own. Others take over for some hours, planned or within the day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.kernel.service import new_id
from tests.harness.letters import HELPS, OFFERED, WELCOME
from tests.harness.town import NOOR, Neighbour, Town, good, in_days, problem

CARE, TAKEN_OVER = 600, 120


@pytest.fixture
def initiative_id(town: Town) -> UUID:
    return town.initiative("dorpscoordinator")


def _takes_over(town: Town, initiative_id: UUID, capacity: int = 600, **where: Any) -> tuple[Neighbour, UUID]:
    """Someone with a certificate of conduct who takes over care; and their offer."""
    helper = town.neighbour(capacity=capacity, **where)
    until = (datetime.now(UTC) + timedelta(days=400)).date()
    seen = {"categories": ["respite"], "valid_until": until.isoformat()}
    good(town.post(f"/v1/members/{helper.id}/vogs", seen, by=NOOR))
    return helper, town.offer(helper, "respite", initiative_id=initiative_id)


def _respite(town: Town, carer: Neighbour, initiative_id: UUID, **more: Any) -> UUID:
    return town.ask(carer, "respite", TAKEN_OVER, initiative_id=initiative_id, **more)


def _choose(town: Town, request_id: UUID, offer_id: UUID) -> httpx.Response:
    body = {"request_id": request_id, "offer_id": offer_id}
    return town.post("/v1/matches", body, by=NOOR, key=str(new_id()))


def _chosen(town: Town, request_id: UUID, offer_id: UUID) -> UUID:
    """The confirmed match, once the exchange knows of the helper's certificate."""
    town.until(
        lambda: (
            _choose(town, request_id, offer_id).status_code == 201
            or town.read(f"/v1/help-requests/{request_id}", by=NOOR)["status"] == "matched"
        ),
        "the respite being confirmed",
    )
    return UUID(town.read(f"/v1/help-requests/{request_id}", by=NOOR)["match_id"])


def _relieved(town: Town, carer: Neighbour | None = None) -> int:
    """What others take over this week: of everyone's care, or as a carer sees it of their own."""
    by = NOOR if carer is None else carer.login
    return int(town.read("/v1/load-figures", by=by)["relieved_minutes"])


def test_planned_respite_gives_a_carer_room_in_that_week(town: Town, initiative_id: UUID) -> None:
    carer, neighbour = town.neighbour(capacity=CARE, carer_minutes_week=CARE), town.neighbour()
    coffee = town.offer(carer, "coffee", initiative_id=initiative_id)
    asked = town.ask(neighbour, "coffee", 60, wanted_at=in_days(8), initiative_id=initiative_id)
    # All of their week is care: nobody asks more of them, however small.
    problem(_choose(town, asked, coffee), 409, "no_capacity")

    _, offer_id = _takes_over(town, initiative_id)
    _chosen(town, _respite(town, carer, initiative_id, wanted_at=in_days(8)), offer_id)
    assert _choose(town, asked, coffee).status_code == 201
    # It is in that week and no other.
    assert _relieved(town, carer) == 0


def test_respite_within_the_day_comes_first_and_is_for_the_nearest_with_room(
    town: Town, initiative_id: UUID
) -> None:
    carer = town.neighbour(carer_minutes_week=CARE)
    own = town.read("/v1/load-figures", by=carer.login)
    assert (own["helpers"], own["carer_minutes"], own["relieved_minutes"]) == (0, CARE, 0)
    before = _relieved(town)

    full, _ = _takes_over(town, initiative_id, capacity=TAKEN_OVER - 1)
    _, far_offer = _takes_over(town, initiative_id, pc4="1012")
    near, near_offer = _takes_over(town, initiative_id)
    today = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    later = _respite(town, carer, initiative_id, wanted_at=in_days(1))
    request_id = _respite(town, carer, initiative_id, wanted_at=today, urgency="urgent")
    _is_first_on_the_list(town, request_id, later, today)

    def ranked() -> list[str]:
        found = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)
        return [helper["offer_id"] for helper in found["helpers"]]

    town.until(lambda: len(ranked()) == 2, "those with a certificate and room")
    assert ranked() == [str(near_offer), str(far_offer)]
    assert full.id != near.id

    match_id = _chosen(town, request_id, near_offer)
    town.until_letters(near, WELCOME, OFFERED, HELPS)
    assert (_relieved(town, carer), _relieved(town)) == (TAKEN_OVER, before + TAKEN_OVER)
    # Who cannot come after all: the care is theirs again, and it is on top of the list again.
    assert town.call("DELETE", f"/v1/matches/{match_id}", by=near.login).status_code == 204
    assert (_relieved(town, carer), _relieved(town)) == (0, before)
    _is_first_on_the_list(town, request_id, later, today)
    _chosen(town, request_id, far_offer)
    assert _relieved(town, carer) == TAKEN_OVER


def _is_first_on_the_list(town: Town, request_id: UUID, later: UUID, today: str) -> None:
    items = town.read("/v1/work-items?kind=without_helper&limit=200", by=NOOR)["items"]
    order = [item["request_id"] for item in items]
    item = items[order.index(str(request_id))]
    assert item["pressing"]
    assert datetime.fromisoformat(item["due"]) == datetime.fromisoformat(today)
    assert order.index(str(request_id)) < order.index(str(later))


def test_respite_on_any_day_relieves_until_it_is_done(town: Town, initiative_id: UUID) -> None:
    carer = town.neighbour(capacity=CARE, carer_minutes_week=CARE)
    helper, offer_id = _takes_over(town, initiative_id)
    match_id = _chosen(town, _respite(town, carer, initiative_id, wanted_at=None), offer_id)
    assert _relieved(town, carer) == TAKEN_OVER
    # It is theirs to spend, this week or another.
    coffee, neighbour = town.offer(carer, "coffee", initiative_id=initiative_id), town.neighbour()
    for wanted_at, minutes in ((in_days(9), 60), (None, 60)):
        asked = town.ask(neighbour, "coffee", minutes, wanted_at=wanted_at, initiative_id=initiative_id)
        assert _choose(town, asked, coffee).status_code == 201
    asked = town.ask(neighbour, "coffee", 30, wanted_at=in_days(9), initiative_id=initiative_id)
    problem(_choose(town, asked, coffee), 409, "no_capacity")

    for who in (helper, carer):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": TAKEN_OVER}, by=who.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the respite being booked")
    assert _relieved(town, carer) == 0
