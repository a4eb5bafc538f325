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


def test_a_deputy_is_there_in_those_days_and_who_goes_away_too_is_missed(town: Town) -> None:
    first = now().date() + timedelta(days=2)
    days = {"first_day": str(first), "last_day": str(first + timedelta(days=4))}
    within = dict.fromkeys(("first_day", "last_day"), str(first + timedelta(days=1)))
    away = [good(town.post("/v1/leaves", {"coordinator": "yara", **within}, by=NOOR), 201)["id"]]
    caros = {"coordinator": "caro", **days}
    no = problem(town.post("/v1/leaves", {**caros, "deputy": "yara"}, by=NOOR), 409, "deputy_away")
    assert no["detail_nl"] == "Deze collega is in die dagen zelf ook weg. Kies iemand anders."
    leave_id = good(town.post("/v1/leaves", {**caros, "deputy": "bas"}, by=NOOR), 201)["id"]
    away.append(leave_id)
    deputy = f"/v1/leaves/{leave_id}/deputy"
    problem(town.call("PUT", deputy, {"deputy": "yara"}, by=NOOR), 409, "deputy_away")

    def missed() -> bool:
        items = town.read("/v1/work-items?kind=leave_without_deputy&limit=200", by=SAM)["items"]
        return leave_id in {item["entity_id"] for item in items}

    assert not missed()
    # Who stands in for her goes away too: then someone else is to be found, and everyone hears it.
    away.append(good(town.post("/v1/leaves", {"coordinator": "bas", **within}, by=NOOR), 201)["id"])
    assert missed()
    good(town.call("PUT", deputy, {"deputy": "sam"}, by=NOOR))
    assert not missed()
    for each in away:
        assert town.call("DELETE", f"/v1/leaves/{each}", by=NOOR).status_code == 204


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


def test_a_complaint_is_given_to_a_colleague_who_reads_it_from_then_on_alone(town: Town) -> None:
    person = town.neighbour()
    file = {"member_id": person.id, "handler": "sam", "text": "Er werd niet gebeld."}
    complaint_id = good(town.post("/v1/complaints", file, by=NOOR), 201)["id"]
    here = f"/v1/complaints/{complaint_id}"
    give = {"handler": "noor", "reason": "Sam gaat met pensioen."}
    # Nobody takes a file to read it.
    no = problem(town.post(f"{here}/handovers", give, by=NOOR), 409, "names_oneself")
    assert no["detail_nl"].startswith("U kunt deze klacht niet zelf overnemen.")
    good(town.post(f"{here}/handovers", give, by=SAM))
    problem(town.get(f"{here}/restricted-file", by=SAM), 403, "not_the_handler")
    texts = town.read(f"{here}/restricted-file", by=NOOR)["texts"]
    assert texts == {"filed": file["text"], "handed-over-1": give["reason"]}
    found = town.read(here, by=SAM)
    assert (found["handler"], found["former_handlers"]) == ("noor", ["sam"])
    problem(town.post(f"{here}/handovers", give, by=OPERATOR), 409, "same_handler")
    unknown = {**give, "handler": "niemand"}
    problem(town.post(f"{here}/handovers", unknown, by=NOOR), 404, "unknown_coordinator")
    problem(town.post(f"{here}/handovers", {"handler": "sam"}, by=NOOR), 400, "invalid")
    lines = town.read(f"/v1/members/{person.id}/history", by=NOOR)["lines"]
    handlers = {line["code"]: line["reason"] for line in lines if line["code"].startswith("complaint-")}
    assert handlers == {"complaint-filed": "sam", "complaint-handed-over": "noor"}
    good(town.post(f"{here}/steps", {"step": "acknowledged"}, by=NOOR))
    lines = town.read(f"/v1/members/{person.id}/history", by=NOOR)["lines"]
    assert ("complaint-moved", "acknowledged") in {(line["code"], line["reason"]) for line in lines}
    own = town.read(f"/v1/members/{person.id}/history", by=person.login)["lines"]
    assert not [line for line in own if line["code"].startswith("complaint-")]


def test_who_is_part_of_it_handles_neither_a_complaint_nor_an_incident(town: Town) -> None:
    anke, other = town.anke_takes_part(), town.neighbour(capacity=600)
    as_coordinator = town.anke_coordinates

    file = {"member_id": other.id, "about_id": anke.id, "handler": "sam", "text": "Zij kwam niet."}
    complaint_id = good(town.post("/v1/complaints", file, by=NOOR), 201)["id"]
    here = f"/v1/complaints/{complaint_id}"
    for path, body in (
        (f"{here}/steps", {"step": "withdrawn"}),
        (f"{here}/handovers", {"handler": "noor", "reason": "Liever Noor."}),
    ):
        no = problem(town.post(path, body, by=as_coordinator), 409, "involved")
        assert no["detail_nl"] == "Dit gaat ook over uzelf. Laat een collega dit doen."
    to_her = {"handler": "anke", "reason": "Zij weet ervan."}
    problem(town.post(f"{here}/handovers", to_her, by=SAM), 409, "involved")

    happened = {"helper_id": other.id, "asker_id": anke.id, "text": f"Er is geld weg {word()}."}
    problem(town.post("/v1/incidents", happened, by=as_coordinator), 409, "involved")
    body = {**happened, "handler": "sam"}
    incident_id = good(town.post("/v1/incidents", body, by=as_coordinator), 201)["id"]
    here = f"/v1/incidents/{incident_id}"
    closing = {"released": True, "note": "Het was een vergissing."}
    problem(town.post(f"{here}/closures", closing, by=as_coordinator), 409, "involved")
    problem(town.get(f"{here}/restricted-file", by=as_coordinator), 409, "involved")
    problem(town.get(f"{here}/restricted-file", by=NOOR), 403, "not_the_handler")
    assert town.read(f"{here}/restricted-file", by=SAM)["texts"] == {"reported": happened["text"]}
    good(town.post(f"{here}/closures", closing, by=SAM))
    texts = town.read(f"{here}/restricted-file", by=SAM)["texts"]
    assert texts == {"reported": happened["text"], "closed": closing["note"]}
    found = town.read(here, by=NOOR)
    assert (found["reported_by"], found["handler"]) == ("anke", "sam")


def test_who_did_not_come_is_on_the_work_list_until_a_call_is_noted(town: Town) -> None:
    asker, helper = town.neighbour(), town.neighbour(capacity=600)
    initiative_id = town.initiative("burenhulp")
    offer_id = town.offer(helper, "coffee", initiative_id=initiative_id)
    request_id = town.ask(asker, "coffee", 30, initiative_id=initiative_id, wanted_at=None)
    match_id = town.confirm(request_id, offer_id)
    good(town.post(f"/v1/matches/{match_id}/no-shows", {"who": "asker"}, by=helper.login))
    (item,) = town.work("no_show", match_id)
    assert (item["member_id"], item["category"], item["reason"]) == (str(asker.id), "coffee", "asker")
    problem(town.post(f"/v1/no-shows/{match_id}/calls", by=asker.login), 403, "not_allowed")
    problem(town.post(f"/v1/no-shows/{request_id}/calls", by=NOOR), 409, "no_no_show")
    good(town.post(f"/v1/no-shows/{match_id}/calls", by=NOOR))
    assert town.work("no_show", match_id) == []
    lines = town.read(f"/v1/members/{asker.id}/history", by=NOOR)["lines"]
    assert ("call-noted", "coordinator:noor") in {(line["code"], line["actor"]) for line in lines}


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
