"""A social team hears back: by webhook, live on NATS and by asking, and each time the same."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from contracts import subjects
from services.kernel.service import new_id
from services.region.demo.cast import Login
from services.region.demo.sandbox import HEAR_BY_WEBHOOK, HEAR_ON_NATS, RECEIVE, Sandbox
from services.region.servers import free_port
from tests.harness.terminal import LISTENING, said, typing
from tests.harness.town import NOOR, OPERATOR, OTHER_TEAM, TEAM, Town, good, problem, word

ENDPOINTS = "/v1/webhook-endpoints"


def refers(town: Town, *, by: Login = TEAM) -> UUID:
    """A referral of someone who takes part, who agrees that the team hears how it ends."""
    body = {
        "person": {"member_id": str(town.neighbour().id)},
        "need": {"category": "shopping", "minutes": 60, "text": f"Kan niet tillen {word()}."},
        "consent": {"how": "in_person", "feedback": "outcome"},
        "contact": "Samira, sociaal team",
        "reference": "zaak W",
    }
    return UUID(good(town.post("/v1/referrals", body, by=by, key=str(new_id())), 201)["id"])


def answered(town: Town, referral_id: UUID) -> None:
    """A coordinator puts it aside for now: one thing that the team hears."""
    good(town.post(f"/v1/referrals/{referral_id}/holds", {"reason": "person-considers"}, by=NOOR))


def heard(town: Town, referral_id: UUID, *, by: Login = TEAM) -> list[dict[str, Any]]:
    """What the team reads in its feed about a referral, page after page."""
    found: list[dict[str, Any]] = []
    cursor = 0
    while True:
        page = town.read(f"/v1/feedback?after={cursor}&limit=3", by=by)
        found += [event for event in page["events"] if event["subject"] == str(referral_id)]
        cursor = page["cursor"]
        if not page["more"]:
            return found


def statuses(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["status"] for event in events]


# By webhook


def test_with_only_curl_and_a_receiver_that_checks_signatures(town: Town, tmp_path: Path) -> None:
    setup = Sandbox.of(town.region.region, TEAM).setup
    with typing(setup, tmp_path, RECEIVE, LISTENING, HEAR_BY_WEBHOOK, "wait") as terminal:
        assert said(terminal) == "ready"
        kind, endpoint_id, what = said(terminal).split()
        assert (kind, what) == ("nl.wederdienst.notifications.endpoint-tried.v1", "test")
        assert said(terminal) == f"endpoint {endpoint_id} takes webhooks"
        assert said(terminal).startswith("cursor ")
        referral_id = refers(town)
        answered(town, referral_id)
        kind = "nl.wederdienst.exchange.feedback-given.v1"
        assert said(terminal) == f"{kind} {referral_id} requested"
        assert said(terminal) == f"{kind} {referral_id} on-hold"
    good(town.call("DELETE", f"{ENDPOINTS}/{endpoint_id}", by=TEAM), 204)


def test_an_endpoint_is_its_teams_own_and_others_see_no_address(town: Town) -> None:
    url = f"http://127.0.0.1:{free_port()}/geheim"
    made = town.post(ENDPOINTS, {"url": url}, by=TEAM, key="een-adres")
    endpoint_id = good(made, 201)["id"]
    one = f"{ENDPOINTS}/{endpoint_id}"
    assert made.headers["Location"] == one
    # Twice is once.
    assert good(town.post(ENDPOINTS, {"url": url}, by=TEAM, key="een-adres"), 201)["id"] == endpoint_id
    secrets = town.read(f"{one}/secrets", by=TEAM)
    assert town.read(one, by=TEAM)["url"] == url
    for who in (NOOR, OPERATOR):
        seen = town.read(one, by=who)
        assert (seen["team"], seen["status"], seen["url"]) == ("west", "active", None)
        problem(town.get(f"{one}/secrets", by=who), 403, "not_allowed")
        problem(town.post(ENDPOINTS, {"url": url}, by=who), 403, "not_allowed")
    for method, path, body in (
        ("GET", one, None),
        ("GET", f"{one}/secrets", None),
        ("GET", f"{one}/deliveries", None),
        ("PATCH", one, {"url": url}),
        ("POST", f"{one}/trials", None),
        ("POST", f"{one}/secret-rotations", {}),
        ("POST", f"{one}/replays", {"feedback_id": str(new_id())}),
        ("PUT", f"{one}/pause", None),
        ("DELETE", one, None),
    ):
        problem(town.call(method, path, body, by=OTHER_TEAM), 404, "unknown_endpoint")
    good(town.post(f"{one}/secret-rotations", {"keep_hours": 0}, by=TEAM))
    after = town.read(f"{one}/secrets", by=TEAM)
    assert after["secret"] != secrets["secret"]
    assert after["former_secret"] is None
    good(town.call("PUT", f"{one}/pause", by=OPERATOR))
    assert town.read(one, by=TEAM)["status"] == "paused"
    problem(town.post(f"{one}/trials", by=TEAM), 409, "endpoint_not_active")
    good(town.call("DELETE", f"{one}/pause", by=TEAM), 204)
    good(town.call("DELETE", one, by=TEAM), 204)
    problem(town.get(one, by=TEAM), 404, "unknown_endpoint")
    # Nothing of it is left in what everyone may read, and in no log of ours.
    written = json.dumps([data for _, data in town.happened("notifications", UUID(endpoint_id))])
    for replica in town.region.of("notifications"):
        written += replica.log.read_text()
    for secret in (url, secrets["secret"], after["secret"]):
        assert secret not in written


def test_an_address_that_we_may_not_send_to_is_refused_with_what_to_do(town: Town) -> None:
    for url, status, code in (
        ("http://team.example/webhooks", 409, "url_not_safe"),
        ("https://192.168.1.1/webhooks", 409, "url_not_public"),
        ("https://169.254.169.254/latest", 409, "url_not_public"),
        ("ftp://team.example/", 400, "invalid"),
        ("https://anna:geheim@team.example/", 400, "invalid"),
    ):
        said = problem(town.post(ENDPOINTS, {"url": url}, by=TEAM), status, code)
        assert url not in str(said)


# By asking


def test_a_team_reads_its_own_feed_from_a_cursor_and_nobody_elses(town: Town) -> None:
    mine, theirs = refers(town), refers(town, by=OTHER_TEAM)
    answered(town, mine)
    town.until(lambda: statuses(heard(town, mine)) == ["requested", "on-hold"], "the team hearing both")
    town.until(
        lambda: statuses(heard(town, theirs, by=OTHER_TEAM)) == ["requested"], "the other team hearing"
    )
    assert heard(town, theirs) == heard(town, mine, by=OTHER_TEAM) == []
    for who in (NOOR, OPERATOR):
        problem(town.get("/v1/feedback", by=who), 403, "not_allowed")
    problem(town.get("/v1/feedback?after=-1", by=TEAM), 400, "invalid")
    problem(town.get("/v1/feedback?limit=501", by=TEAM), 400, "invalid")


# On NATS


def team_of(login: Login) -> str:
    assert login.team is not None
    return login.team


async def connected(town: Town, login: Login) -> Client:
    user = subjects.team_user(team_of(login))
    region = town.region.region
    return await nats.connect(
        f"nats://{region.nats.host}:{region.nats.port}",
        user=user,
        password=region.nats_password(user),
        inbox_prefix=subjects.inbox(user),
    )


async def test_a_team_hears_live_and_asks_for_what_it_missed(town: Town) -> None:
    region = town.region.region.region
    client = await connected(town, TEAM)
    try:
        live = await client.subscribe(f"wd.ref.{region}.west.out.>")
        await client.flush()
        referral_id = await asyncio.to_thread(refers, town)
        while True:
            event = json.loads((await live.next_msg(timeout=10)).data)
            if event["subject"] == str(referral_id):
                break
        assert event["data"]["status"] == "requested"
        asked = json.dumps({"after": event["feedturn"] - 1, "limit": 1}).encode()
        reply = json.loads((await client.request(f"wd.ref.{region}.west.ask", asked)).data)
        assert reply["view"]["events"] == [event]
        assert reply["view"]["cursor"] == event["feedturn"]
        for wrong in (b'{"after": -1}', b'{"team": "oost"}', b"\xff", b"[]"):
            reply = json.loads((await client.request(f"wd.ref.{region}.west.ask", wrong)).data)
            assert reply["refusal"]["code"] == "invalid"
        with pytest.raises(nats.errors.Error):
            await client.request(f"wd.ref.{region}.oost.ask", b"{}", timeout=0.5)
    finally:
        await client.close()


@pytest.mark.long
def test_with_only_the_javascript_client(town: Town, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    missed = refers(town)
    town.until(lambda: bool(heard(town, missed)), "the first being in the feed")
    cursor = heard(town, missed)[0]["feedturn"] - 1
    setup = Sandbox.of(town.region.region, TEAM).setup
    with typing(setup, tmp_path, f"export CURSOR={cursor}", HEAR_ON_NATS) as terminal:
        kind = "nl.wederdienst.exchange.feedback-given.v1"
        assert said(terminal) == f"{kind} {missed} requested"
        assert said(terminal) == "listening"
        answered(town, missed)
        assert said(terminal) == f"{kind} {missed} on-hold"
        assert said(terminal) == f"cursor {cursor + 2}"
