"""Referrals over NATS: under the team's own user and subject, answered where someone waits, never lost."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects
from services.coordinator.desk import COMMAND_SPACE
from services.kernel.service import new_id
from services.region.demo.sandbox import EXAMPLES, REFER, REFER_OVER_NATS, Sandbox
from tests.harness.terminal import typed
from tests.harness.town import NOOR, OPERATOR, OTHER_TEAM, TEAM, Town, good, problem
from tests.journeys.test_15_referral import BSN, STRUCTURED, details, event, referral, seen


@asynccontextmanager
async def connected(town: Town, team: str = "west") -> AsyncIterator[Client]:
    """The team's own system, with the user that the region gave it."""
    region, user = town.region.region, subjects.team_user(team)
    client = await nats.connect(
        f"nats://{region.nats.host}:{region.nats.port}",
        user=user,
        password=region.nats_password(user),
        inbox_prefix=subjects.inbox(user).encode(),
        error_cb=_quiet,
    )
    try:
        yield client
    finally:
        await client.close()


async def _quiet(_: Exception) -> None:
    """What is refused to a user is told to the connection; the tests look at what comes of it."""


def where(town: Town, team: str = "west") -> str:
    return subjects.referrals_in(town.region.region.region, team)


async def asked(town: Town, body: Any, headers: dict[str, str] | None = None) -> tuple[Msg, dict[str, Any]]:
    async with connected(town) as client:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await client.request(where(town), raw, timeout=10, headers=headers)
        return answer, json.loads(answer.data)


async def test_a_team_refers_over_nats_and_it_is_the_same_referral_over_http(town: Town) -> None:
    sent = event(referral(details(town.stranger())))
    answer, made = await asked(town, sent, {"Content-Type": STRUCTURED["Content-Type"]})
    assert answer.headers == {"Content-Type": "application/json"}
    found = seen(town, UUID(made["id"]))
    assert (found["status"], found["member_id"]) == ("requested", made["member_id"])
    # Binary mode, and HTTP: one event, one referral.
    attributes = {f"ce-{name}": value for name, value in sent.items() if name != "data"}
    _, again = await asked(town, sent["data"], attributes)
    assert again["id"] == made["id"]
    over_http = town.call("POST", "/v1/referrals", sent, by=TEAM, headers=STRUCTURED)
    assert good(over_http, 201)["id"] == made["id"]
    happened = await asyncio.to_thread(town.happened, "exchange", UUID(made["id"]), "PersonReferred")
    assert len(happened) == 1


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"data": {"status": "accepted"}}, "invalid", 400),
        ({"time": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "from_the_future", 400),
        ({"id": BSN}, "bsn", 400),
        ({"data": {"person": {"member_id": str(new_id())}}}, "unknown_member", 404),
        ({"data": {"reference": "a" * 70_000}}, "too_large", 413),
    ],
    ids=["a status of its own", "from the future", "a BSN", "nobody", "too much"],
)
async def test_a_bad_event_is_answered_with_all_that_is_wrong(
    town: Town, change: dict[str, Any], code: str, status: int
) -> None:
    right = event(referral({"number": 1001, "pc4": "3515"}))
    data = {**right["data"], **change.get("data", {})}
    answer, said = await asked(town, {**right, **change, "data": data})
    assert answer.headers == {"Content-Type": "application/problem+json"}
    assert (said["code"], said["status"]) == (code, status)
    assert said["detail_nl"].endswith(".")
    assert BSN not in str(said)
    assert [item for item in _stranded(town) if item["code"] == code] == []


async def test_plain_json_and_nonsense_are_no_events(town: Town) -> None:
    _, said = await asked(town, referral({"number": 1001, "pc4": "3515"}))
    assert said["code"] == "no_cloudevent"
    _, said = await asked(town, b"\xff\x00")
    assert said["code"] == "invalid"


def _stranded(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.read("/v1/stranded-events", by=OPERATOR)["events"]
    return found


async def test_what_nobody_waits_for_is_taken_in_or_kept_for_a_person(town: Town) -> None:
    good_one, person = event(referral(details(town.stranger()))), town.stranger()
    bad = event({**referral(details(person)), "team": "oost"}, id=str(new_id()))
    with_bsn = event({**referral(details(person)), "reference": f"dossier {BSN}"})
    async with connected(town) as client:
        for each in (good_one, bad, with_bsn):
            await client.publish(where(town), json.dumps(each).encode())
        await client.flush()
    taken_in = uuid5(COMMAND_SPACE, f"team/west/{good_one['source']} {good_one['id']}")
    town.until(
        lambda: town.get(f"/v1/referrals/{taken_in}", by=TEAM).status_code == 200, "the good one taken in"
    )
    town.until(lambda: len(_stranded(town)) >= 2, "the others being kept for a person")
    kept = {item["code"]: item for item in _stranded(town)}
    assert (kept["invalid"]["kept"], kept["bsn"]["kept"]) == (True, False)
    stranded_id = kept["invalid"]["stranded_id"]
    text = town.read(f"/v1/stranded-events/{stranded_id}", by=OPERATOR)["text"]
    assert json.loads(text) == bad
    (item,) = town.work("event_stranded", UUID(stranded_id))
    assert (item["coordinator"], item["reason"]) == ("west", "invalid")
    problem(town.get("/v1/stranded-events", by=TEAM), 403, "not_allowed")
    # Dealt with, nothing of it is kept.
    for each in kept.values():
        good(town.post(f"/v1/stranded-events/{each['stranded_id']}/settlements", by=NOOR))
    town.until(lambda: _stranded(town) == [], "nothing being stranded any more")
    # Sent once more, it is seen once more.
    async with connected(town) as client:
        await client.publish(where(town), json.dumps(bad).encode())
        await client.flush()
    town.until(lambda: [item["code"] for item in _stranded(town)] == ["invalid"], "it being kept again")
    (again,) = _stranded(town)
    assert again["stranded_id"] != stranded_id
    good(town.post(f"/v1/stranded-events/{again['stranded_id']}/settlements", by=NOOR))
    assert town.read(f"/v1/stranded-events/{stranded_id}", by=OPERATOR)["text"] == ""


async def test_a_team_speaks_and_hears_for_itself_alone(town: Town) -> None:
    sent = event(referral(details(town.stranger())))
    async with connected(town) as client:
        for elsewhere in (
            where(town, "oost"),
            subjects.command(town.region.region.region, "members", "ApproveMember"),
            subjects.query(town.region.region.region, "members", "GetPeople"),
        ):
            with pytest.raises(nats.errors.Error):
                await client.request(elsewhere, json.dumps(sent).encode(), timeout=0.5)
        heard: list[Msg] = []

        async def hear(message: Msg) -> None:
            heard.append(message)

        for others in (
            subjects.referrals_out(town.region.region.region, "oost"),
            where(town, "oost"),
            f"wd.evt.{town.region.region.region}.>",
            f"{subjects.inbox('team-oost')}.>",
        ):
            await client.subscribe(others, cb=hear)
        async with connected(town, "oost") as oost:
            answer = await oost.request(where(town, "oost"), json.dumps(sent).encode(), timeout=10)
            made = json.loads(answer.data)["id"]
        await client.flush()
        assert heard == []
    problem(town.get(f"/v1/referrals/{made}", by=TEAM), 404, "unknown_referral")
    assert seen(town, UUID(made), by=OTHER_TEAM)["status"] == "requested"


# The examples that are given to teams


def in_the_sandbox(town: Town, folder: Path, *lines: str) -> str:
    """What these say there, with the example's referral being of someone who lives here."""
    found = json.loads((EXAMPLES / "referral.json").read_text())
    found["person"] = details(town.stranger())
    mine = folder / "mine.json"
    mine.write_text(json.dumps(found))
    return typed(Sandbox.of(town.region.region, TEAM).setup, folder, f"cp {mine} referral.json", *lines)


def test_a_teams_own_system_in_plain_python_refers_with_only_nats_py(town: Town, tmp_path: Path) -> None:
    program = EXAMPLES / "social_team.py"
    lines = [line for line in program.read_text().splitlines() if line.startswith(("import ", "from "))]
    used = {line.split()[1].partition(".")[0] for line in lines}
    assert used - set(sys.stdlib_module_names) == {"nats"}
    # Whoever does not know whether it arrived runs it again.
    told = in_the_sandbox(town, tmp_path, REFER_OVER_NATS, REFER_OVER_NATS)
    first, again = (json.loads(line) for line in told.splitlines())
    assert first["id"] == again["id"]
    assert seen(town, UUID(first["id"]))["reference"] == "zaak W-17"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_a_team_refers_with_only_curl(town: Town, tmp_path: Path) -> None:
    told = in_the_sandbox(town, tmp_path, REFER, "echo", REFER)
    first, again = (json.loads(line) for line in told.splitlines())
    assert first == again
    assert seen(town, UUID(first["id"]))["text"] == "Kan sinds de operatie niet zwaar tillen."
