"""A social team refers someone at the kitchen table, and hears what that person agreed to, to the end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.kernel.service import new_id
from services.region.databases import connect
from services.region.demo.cast import Login
from services.region.verify import DRAINED, referrals_follow_their_diagram, verify
from tests.harness.town import (
    NOOR,
    OTHER_TEAM,
    TEAM,
    YARA,
    Neighbour,
    Town,
    good,
    in_days,
    plain,
    problem,
    word,
)

MINUTES = 60
BSN = "111222333"


def details(person: Neighbour) -> dict[str, Any]:
    """What a worker writes down of someone at the kitchen table."""
    told = ("name", "street", "house_number", "pc4", "phone", "email")
    return {field: person.registration[field] for field in told}


def referral(person: dict[str, Any], *, feedback: str = "outcome", **need: Any) -> dict[str, Any]:
    wanted = {"category": "shopping", "minutes": MINUTES, "text": f"Kan niet tillen {word()}.", **need}
    return {
        "person": plain(person),
        "need": wanted,
        "consent": {"how": "in_person", "feedback": feedback},
        "contact": "Samira, sociaal team West",
        "reference": "zaak W",
    }


def refers(town: Town, body: dict[str, Any], *, by: Login = TEAM) -> UUID:
    return UUID(good(town.post("/v1/referrals", body, by=by, key=str(new_id())), 201)["id"])


def seen(town: Town, referral_id: UUID, *, by: Login = TEAM) -> dict[str, Any]:
    return town.read(f"/v1/referrals/{referral_id}", by=by)


def answers(town: Town, referral_id: UUID, how: str, body: dict[str, Any] | None = None) -> None:
    good(town.post(f"/v1/referrals/{referral_id}/{how}", plain(body), by=NOOR))


def stands(town: Town, referral_id: UUID) -> tuple[Any, Any, Any]:
    """What the team reads of it: status, reason, outcome."""
    found = seen(town, referral_id)
    return found["status"], found["reason"], found["outcome"]


def until_stands(town: Town, referral_id: UUID, *wanted: Any) -> None:
    what = f"the team reading {wanted}"
    town.until(lambda: stands(town, referral_id) == wanted, what)


def test_one_message_at_the_kitchen_table_and_the_team_hears_how_it_ends(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.stranger()
    initiative_id = town.initiative("burenhulp")
    offer_id = town.offer(helper, "shopping", initiative_id=initiative_id)
    body = referral(details(asker), urgency="soon", wanted_at=in_days(2))

    # One request; sent again it is the same, with another body it is refused.
    key = str(new_id())
    answer = town.post("/v1/referrals", body, by=TEAM, key=key)
    made = good(answer, 201)
    referral_id, member_id = UUID(made["id"]), UUID(made["member_id"])
    assert answer.headers["Location"] == f"/v1/referrals/{referral_id}"
    assert good(town.post("/v1/referrals", body, by=TEAM, key=key), 201) == made
    other = {**body, "contact": "Iemand anders"}
    assert town.post("/v1/referrals", other, by=TEAM, key=key).status_code == 409
    found = seen(town, referral_id)
    assert (found["status"], found["text"], found["reference"]) == (
        "requested",
        body["need"]["text"],
        "zaak W",
    )
    assert found["team"] is found["twin_ids"] is found["overdue"] is None

    # A coordinator sees all of it at once, lets them in and looks for a helper: nothing is asked again.
    (item,) = town.work("referral_waits", referral_id)
    assert (item["due"], item["reason"]) == (found["answer_by"], "soon")
    assert town.work("new_member", member_id) == []
    assert town.read(f"/v1/members/{member_id}", by=NOOR)["name"] == asker.name
    answers(town, referral_id, "acceptances", {"initiative_id": initiative_id})
    until_stands(town, referral_id, "accepted", None, None)
    good(town.post(f"/v1/members/{member_id}/approvals", by=NOOR))
    town.until(
        lambda: town.get(f"/v1/help-requests/{referral_id}", by=NOOR).status_code == 200,
        "the referral being a help request",
    )
    request = town.read(f"/v1/help-requests/{referral_id}", by=NOOR)
    assert (request["status"], request["referral"], request["text"]) == ("open", True, body["need"]["text"])
    assert (request["urgency"], request["consent"]) == ("soon", "in_person")

    # Someone is found, cannot come after all, is found again, and helps.
    match_id = town.confirm(referral_id, offer_id)
    until_stands(town, referral_id, "in-progress", None, None)
    good(town.call("DELETE", f"/v1/matches/{match_id}?member_id={helper.id}", by=helper.login), 204)
    until_stands(town, referral_id, "accepted", None, None)
    match_id = town.confirm(referral_id, offer_id)
    for who in (helper.id, member_id):
        minutes = {"member_id": str(who), "minutes": MINUTES}
        good(town.post(f"/v1/matches/{match_id}/minutes", minutes, by=NOOR))
    until_stands(town, referral_id, "completed", None, "help-given")

    # What the team may hear is in one kind of event, in order and without gaps.
    told = [data for _, data in town.happened("exchange", referral_id, "FeedbackGiven")]
    assert [(each["number"], each["status"]) for each in told] == list(
        enumerate(("requested", "accepted", "in-progress", "accepted", "in-progress", "completed"), 1)
    )
    assert {each["team"] for each in told} == {"west"}
    written = str(town.happened("exchange", referral_id))
    assert not [each for each in (asker.name, asker.phone, body["need"]["text"]) if each in written]


def test_a_second_team_with_the_same_person_and_need_is_for_a_coordinator_to_see(town: Town) -> None:
    person = details(town.stranger())
    first = refers(town, referral(person))
    as_another_writes = {**person, "name": f"  {person['name'].upper()}", "email": None}
    second = refers(town, referral(as_another_writes), by=OTHER_TEAM)
    other_help = refers(town, referral(as_another_writes, category="dog"), by=OTHER_TEAM)
    assert seen(town, first, by=NOOR)["twin_ids"] == [str(second)]
    assert seen(town, second, by=NOOR)["twin_ids"] == [str(first)]
    assert seen(town, other_help, by=NOOR)["twin_ids"] == []
    assert {town.work("referral_waits", one)[0]["reason"] for one in (first, second)} == {"twin"}

    # Neither is merged, and neither team hears that there is another.
    assert seen(town, first, by=NOOR)["member_id"] != seen(town, second, by=NOOR)["member_id"]
    for mine, others, team in ((first, second, TEAM), (second, first, OTHER_TEAM)):
        assert seen(town, mine, by=team)["twin_ids"] is None
        problem(town.get(f"/v1/referrals/{others}", by=team), 404, "unknown_referral")
        problem(town.get(f"/v1/referrals/{others}/file", by=team), 404, "unknown_referral")
        problem(town.post(f"/v1/referrals/{others}/cancellations", by=team), 404, "unknown_referral")
        listed = town.read("/v1/referrals?limit=500", by=team)["referrals"]
        ids = {each["referral_id"] for each in listed}
        assert str(mine) in ids
        assert str(others) not in ids
    answers(town, second, "rejections", {"reason": "already-arranged"})
    found = seen(town, second, by=OTHER_TEAM)
    assert (found["status"], found["reason"]) == ("rejected", "already-arranged")
    assert stands(town, first) == ("requested", None, None)


def test_a_person_says_what_the_team_may_hear_and_may_take_it_back(town: Town) -> None:
    asker = town.neighbour()
    person = {"member_id": asker.id}
    silent, status = refers(town, referral(person, feedback="nothing")), refers(town, referral(person))
    for each in (silent, status):
        answers(town, each, "holds", {"reason": "person-considers"})
    assert stands(town, silent) == (None, None, None)
    assert stands(town, status) == ("on-hold", "person-considers", None)
    assert seen(town, silent, by=NOOR)["status"] == "on-hold"
    # By the person themselves, at once; what was told is not repeated either.
    path = f"/v1/referrals/{status}/feedback?member_id={asker.id}"
    good(town.call("DELETE", path, by=asker.login), 204)
    town.until(lambda: seen(town, status)["feedback"] == "nothing", "the feedback having stopped")
    assert stands(town, status) == (None, None, None)
    answers(town, status, "failures", {"reason": "withdrawn"})
    assert stands(town, status) == (None, None, None)
    # Also who tries to take it back does not hear how it stands.
    no = problem(town.post(f"/v1/referrals/{status}/cancellations", by=TEAM), 409, "not_taken_back")
    assert not [word for word in ("niet gelukt", "helper", "failed") if word in str(no)]
    heard = [data["status"] for _, data in town.happened("exchange", status, "FeedbackGiven")]
    assert heard == ["requested", "on-hold"]
    assert town.happened("exchange", silent, "FeedbackGiven") == []


def test_a_coordinator_says_no_or_that_nobody_was_found_and_a_team_takes_back(town: Town) -> None:
    asker = town.neighbour()
    body = referral({"member_id": asker.id}, wish="known")
    rejected, failed, cancelled = (refers(town, body) for _ in range(3))
    problem(
        town.post(f"/v1/referrals/{rejected}/rejections", {"reason": "geen zin"}, by=NOOR), 400, "invalid"
    )
    problem(town.post(f"/v1/referrals/{rejected}/acceptances", {}, by=YARA), 403, "other_area")
    problem(town.post(f"/v1/referrals/{rejected}/acceptances", {}, by=TEAM), 403, "not_allowed")
    answers(town, rejected, "rejections", {"reason": "needs-professional"})
    assert stands(town, rejected) == ("rejected", "needs-professional", None)
    no = problem(town.post(f"/v1/referrals/{rejected}/acceptances", {}, by=NOOR), 409, "wrong_status")
    assert no["detail_nl"] == (
        "Deze verwijzing staat op 'afgewezen': dit kan nu niet. Kijk eerst hoe het ervoor staat."
    )
    for each in (failed, cancelled):
        answers(town, each, "acceptances", {})
    answers(town, failed, "failures", {"reason": "no-helper-found"})
    assert stands(town, failed) == ("failed", "no-helper-found", None)
    good(town.post(f"/v1/referrals/{cancelled}/cancellations", by=TEAM))
    assert stands(town, cancelled) == ("cancelled", None, None)
    for each in (failed, cancelled):
        request = town.read(f"/v1/help-requests/{each}", by=NOOR)
        assert (request["status"], request["wish"]) == ("withdrawn", "known")


def test_nobody_answers_in_time_and_everyone_sees_it(town: Town) -> None:
    asker = town.neighbour()
    waits = refers(town, referral({"member_id": asker.id}))

    def sees(who: Login) -> list[Any]:
        items = town.read("/v1/work-items?kind=referral_waits&limit=200", by=who)["items"]
        return [item["reason"] for item in items if item["entity_id"] == str(waits)]

    assert sees(YARA) == []
    town.due_now("exchange", "CheckReferral", waits, term="reminder")
    town.until(lambda: sees(NOOR) == ["reminded"], "the reminder")
    assert sees(YARA) == []
    town.due_now("exchange", "CheckReferral", waits, term="answer")
    town.until(lambda: sees(YARA) == ["overdue"], "the term having passed")
    answers(town, waits, "rejections", {"reason": "incomplete"})
    town.until(lambda: not sees(YARA) and not sees(NOOR), "nothing waiting any more")


def test_who_is_declined_or_erased_is_not_waited_for_and_nothing_of_them_is_kept(town: Town) -> None:
    person = details(town.stranger())
    body = referral(person)
    made = good(town.post("/v1/referrals", body, by=TEAM, key=str(new_id())), 201)
    good(town.post(f"/v1/members/{made['member_id']}/declinations", by=NOOR))
    until_stands(town, UUID(made["id"]), "rejected", "not-admitted", None)
    asker = town.neighbour()
    referral_id = refers(town, referral({"member_id": asker.id}))
    answers(town, referral_id, "acceptances", {})
    good(town.post(f"/v1/members/{asker.id}/erasures", {}, by=NOOR))
    until_stands(town, referral_id, "failed", "withdrawn", None)
    found = seen(town, referral_id)
    assert not found["text"]
    assert not found["contact"]


# CloudEvents over HTTP


def event(data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": "urn:nld:oin:00000001234567890000:systeem:zaken",
        "type": "nl.wederdienst.team.person-referred.v1",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
        **attributes,
    }


STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}


def test_the_same_event_twice_is_one_referral_whichever_mode_it_comes_in(town: Town) -> None:
    sent = event(referral({"member_id": town.neighbour().id}))
    first = good(town.call("POST", "/v1/referrals", sent, by=TEAM, headers=STRUCTURED), 201)
    # In binary mode, and under another Idempotency-Key.
    attributes = {f"ce-{name}": str(value) for name, value in sent.items() if name != "data"}
    again = town.call("POST", "/v1/referrals", sent["data"], by=TEAM, key=str(new_id()), headers=attributes)
    assert good(again, 201) == first
    assert len(town.happened("exchange", UUID(first["id"]), "PersonReferred")) == 1
    # Another team may use the same id: it is another event.
    other = good(town.call("POST", "/v1/referrals", sent, by=OTHER_TEAM, headers=STRUCTURED), 201)
    assert other["id"] != first["id"]
    changed = {**sent, "data": {**sent["data"], "reference": "iets anders"}}
    assert town.call("POST", "/v1/referrals", changed, by=TEAM, headers=STRUCTURED).status_code == 409


RIGHT = referral({"number": 1001, "pc4": "3515"})


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        pytest.param({"status": "accepted"}, 400, "invalid", "data.status", id="a status of its own"),
        pytest.param({"team": "oost"}, 400, "invalid", "data.team", id="another team"),
        pytest.param({"reference": BSN}, 400, "bsn", "data.reference", id="a BSN as reference"),
        pytest.param({"contact": f"Bel {BSN}"}, 400, "bsn", "data.contact", id="a BSN in the contact"),
        pytest.param(
            {"need": {**RIGHT["need"], "text": f"BSN {BSN}"}}, 400, "bsn", "data.need.text", id="in the text"
        ),
        pytest.param(
            {"person": {"name": f"Jo {BSN}", "street": "A", "house_number": "1", "pc4": "3515"}},
            400,
            "bsn",
            "data.person.name",
            id="in a name",
        ),
        pytest.param(
            {"person": {"number": int(BSN), "pc4": "3515"}},
            400,
            "invalid",
            "data.person.number",
            id="as number",
        ),
        pytest.param({"person": {"name": "Jo"}}, 400, "invalid", "data.person", id="half a person"),
        pytest.param(
            {"consent": {"how": "in_person", "feedback": "everything"}},
            400,
            "invalid",
            "data.consent.feedback",
            id="more than may be told",
        ),
        pytest.param(
            {"need": {"category": "magic", "minutes": 0}}, 400, "invalid", "data.need.category", id="no help"
        ),
        pytest.param(
            {"person": {"number": 9_999_999, "pc4": "3515"}}, 404, "unknown_member", None, id="nobody"
        ),
    ],
)
def test_a_bad_referral_is_refused_with_all_that_is_wrong(
    town: Town, change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    sent = event({**RIGHT, **change})
    no = problem(town.call("POST", "/v1/referrals", sent, by=TEAM, headers=STRUCTURED), status, code)
    assert BSN not in str(no)
    if field is not None:
        assert field in {each["field"] for each in no["errors"]}


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"time": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "from_the_future"),
        ({"id": BSN}, "bsn"),
        ({"specversion": "0.3"}, "invalid"),
        ({"type": "nl.wederdienst.team.person-erased.v1"}, "invalid"),
        ({"data": None}, "invalid"),
    ],
    ids=["from the future", "a BSN as id", "an older CloudEvents", "another type", "without data"],
)
def test_a_bad_event_is_refused(town: Town, attributes: dict[str, Any], code: str) -> None:
    sent = {**event(RIGHT), **attributes}
    problem(town.call("POST", "/v1/referrals", sent, by=TEAM, headers=STRUCTURED), 400, code)


def test_too_much_no_json_and_other_media_types_are_refused(town: Town) -> None:
    large = {**RIGHT, "need": {**RIGHT["need"], "text": "a" * 1_000_000}}
    problem(town.post("/v1/referrals", large, by=TEAM), 413, "too_large")
    long = {**RIGHT, "need": {**RIGHT["need"], "text": "a" * 2_001}}
    problem(town.post("/v1/referrals", long, by=TEAM), 400, "invalid")
    bearer = {"Authorization": f"Bearer {TEAM.key}"}
    for kind, status, code in (
        ("application/cloudevents-batch+json", 415, "unsupported_media_type"),
        ("text/plain", 415, "unsupported_media_type"),
        ("application/cloudevents+json", 400, "invalid"),
    ):
        raw = town.http.post("/v1/referrals", content=b"{", headers={**bearer, "Content-Type": kind})
        no = problem(raw, status, code)
        assert status != 415 or no["detail"].endswith("application/json or application/cloudevents+json.")
    # Nowhere else is anything but JSON taken.
    elsewhere = town.http.post(
        "/v1/offers", json={}, headers={**bearer, "Content-Type": "application/cloudevents+json"}
    )
    problem(elsewhere, 415, "unsupported_media_type")
    for who in (NOOR, town.neighbour().login):
        problem(town.post("/v1/referrals", RIGHT, by=who), 403, "not_allowed")


# What always holds


async def test_the_region_shows_that_referrals_keep_to_their_diagram_and_that_it_would_see_otherwise(
    town: Town,
) -> None:
    referral_id = await asyncio.to_thread(_rejected, town)
    report = await verify(town.region.region, folder=town.folder, drain_seconds=15, planted=[BSN])
    found = [(check.name, check.wrong) for check in report.checks if not check.ok]
    # Someone in town may have chosen other hours just now: what waits for them may wait an hour more.
    assert [(name, what) for name, what in found if name != DRAINED] == []
    exchange = await connect(town.region.region, "exchange")
    try:
        for name, said, wrong in (
            ("ReferralMoved", {"status": "completed"}, "from requested to completed"),
            ("FeedbackGiven", {"number": 7}, "told at"),
        ):
            spoiled = exchange.transaction()
            await spoiled.start()
            await exchange.execute(
                "UPDATE events SET data = (data::jsonb || $3::jsonb)::json "
                "WHERE entity_id = $1 AND name = $2",
                referral_id,
                name,
                json.dumps(said),
            )
            check = await referrals_follow_their_diagram(exchange)
            await spoiled.rollback()
            assert [line for line in check.wrong if str(referral_id) in line and wrong in line], check.wrong
    finally:
        await exchange.close()


def _rejected(town: Town) -> UUID:
    referral_id = refers(town, referral({"member_id": town.neighbour().id}))
    answers(town, referral_id, "rejections", {"reason": "incomplete"})
    return referral_id
