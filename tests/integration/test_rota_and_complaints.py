"""The coordinator instance's own commands in a running region: over the bus, back in its tables, rebuilt."""

import asyncio
from datetime import timedelta

from services.coordinator.local_time import now
from services.region.operating import rebuild
from services.region.verify import verify
from tests.harness.town import NOOR, OPERATOR, SAM, Town, good, problem, word


def test_leave_is_planned_and_a_deputy_named_and_both_read_back_at_once(town: Town) -> None:
    first = now().date() + timedelta(days=3)
    leave = {"coordinator": "noor", "first_day": str(first), "last_day": str(first + timedelta(days=4))}
    leave_id = good(town.post("/v1/leaves", leave, by=NOOR), 201)["id"]
    (found,) = (each for each in town.read("/v1/leaves", by=SAM)["leaves"] if each["leave_id"] == leave_id)
    assert found["deputy"] is None
    # It begins within a week: everyone is warned at once.
    waiting = "/v1/work-items?kind=leave_without_deputy"
    town.until(lambda: bool(town.read(waiting, by=SAM)["items"]), "the warning that there is no deputy")
    good(town.call("PUT", f"/v1/leaves/{leave_id}/deputy", {"deputy": "sam"}, by=NOOR))
    assert not town.read(waiting, by=SAM)["items"]
    assert town.call("DELETE", f"/v1/leaves/{leave_id}", by=NOOR).status_code == 204


def test_only_coordinators_with_a_key_are_given_work(town: Town) -> None:
    first = str(now().date())
    leave = {"coordinator": "noor", "first_day": first, "last_day": first, "deputy": "niemand"}
    problem(town.post("/v1/leaves", leave, by=NOOR), 404, "unknown_coordinator")


def test_a_complaint_is_read_by_its_handler_alone_and_goes_when_someone_is_erased(town: Town) -> None:
    person, other = town.neighbour(), town.neighbour()
    said = f"Dit zei zij bij de klacht {word()}."
    file = {"member_id": person.id, "about_id": other.id, "handler": "sam", "text": said}
    complaint_id = good(town.post("/v1/complaints", file, by=NOOR), 201)["id"]
    step = {"step": "acknowledged", "text": "Gebeld."}
    good(town.post(f"/v1/complaints/{complaint_id}/steps", step, by=SAM))
    path = f"/v1/complaints/{complaint_id}/restricted-file"
    assert town.read(path, by=SAM)["texts"] == {"filed": said, "acknowledged": "Gebeld."}
    problem(town.get(path, by=NOOR), 403, "not_the_handler")
    good(town.post(f"/v1/members/{other.id}/erasures", {"settle": "pool"}, by=NOOR))
    town.until(lambda: town.read(path, by=SAM)["texts"] == {}, "the texts of the complaint being gone")


def test_what_a_coordinator_did_in_someones_name_is_in_their_history(town: Town) -> None:
    person = town.neighbour()
    path = f"/v1/members/{person.id}/capacity"
    good(town.call("PUT", path, {"capacity_minutes_week": 90}, by=NOOR))
    good(town.call("PUT", path, {"capacity_minutes_week": 60}, by=person.login))
    lines = town.read(f"/v1/members/{person.id}/history", by=NOOR)["lines"]
    actors = [line["actor"] for line in lines if line["code"] == "capacity-changed"]
    assert actors == [f"member:{person.login.id}", "coordinator:noor"]


def test_everything_here_can_be_rebuilt_from_five_logs(town: Town) -> None:
    region = town.region.region
    assert asyncio.run(rebuild(region, "coordinator")) > 0
    good(
        town.post("/v1/duties", {"coordinator": "sam", "begins_at": _at(1), "ends_at": _at(2)}, by=OPERATOR),
        201,
    )
    report = asyncio.run(verify(region))
    assert [check for check in report.checks if check.name.startswith("5") and check.wrong] == []


def _at(days: int) -> str:
    return (now() + timedelta(days=days)).isoformat()
