"""Importing into a real region: what is right goes in, once; what is not is told, without its content."""

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts.envelope import Actor, Role
from contracts.exchange import GetTexts, Texts
from contracts.members import ApproveMember, DeclineMember, GetPeople, People
from services.kernel.bus import Bus
from services.kernel.errors import Misconfigured
from services.kernel.service import new_id
from services.kernel.settings import load
from services.region.configure import write_region
from services.region.databases import connect
from services.region.importing import Files, Report, import_files, sending
from services.region.importing.rows import Ids
from services.region.progress import Screen
from tests.harness.regions import RunningRegion, pause, real_region, resume

SCREEN = Screen()
IDS = Ids("proef")
NOOR = Actor(role=Role.COORDINATOR, name="noor")
SERVICE = Actor(role=Role.SERVICE, name="notifications")
MEMBER = {
    "name": "Ans de Wit",
    "email": "ans@voorbeeld.example",
    "phone": "06-12340001",
    "street": "Kade",
    "house_number": "1",
    "pc4": "3511",
    "capacity_minutes_week": "120",
    "circle": "",
    "approved": "yes",
}

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def region(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRegion]:
    async with real_region(tmp_path_factory.mktemp("region")) as (running, _):
        yield running


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV file as it may come: bytes that are no UTF-8 are written as surrogates."""
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, list(rows[0]))
    out.writeheader()
    out.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8", errors="surrogateescape"))
    return path


def member(ref: str, **other: str) -> dict[str, str]:
    return {"ref": ref, **MEMBER, "email": f"{ref.lower()}@voorbeeld.example", **other}


async def imported(region: RunningRegion, **files: Path) -> Report:
    return await import_files(region.region, Files(**files), SCREEN)


async def heads(region: RunningRegion) -> dict[str, int]:
    """How far the logs of those who take imports have come."""
    found = {}
    for service in ("members", "exchange"):
        database = await connect(region.region, service)
        found[service] = await database.fetchval("SELECT position FROM log_head")
        await database.close()
    return found


async def happened_to(region: RunningRegion, refs: str, count: int) -> dict[str, int]:
    """What members' log says of so many members, by the name of the event."""
    database = await connect(region.region, "members")
    rows = await database.fetch(
        "SELECT name, count(*) AS times FROM events WHERE entity_id = ANY($1) GROUP BY name",
        [IDS.member(f"{refs}-{n}") for n in range(count)],
    )
    await database.close()
    return {row["name"]: row["times"] for row in rows}


async def ask(region: RunningRegion, query: Any, answer: Any, actor: Actor) -> Any:
    bus = Bus(region.region, "operator")
    await bus.connect()
    try:
        return await bus.ask(query, answer, actor)
    finally:
        await bus.close()


def reasons(report: Report) -> dict[tuple[str, int], str]:
    return {(row.file, row.line): row.code for row in report.refused}


async def test_twice_is_once(region: RunningRegion, tmp_path: Path) -> None:
    people = [member(f"once-{n}", circle="once-0" if n else "") for n in range(30)]
    files = {
        "members": write(tmp_path / "members.csv", people),
        "offers": write(
            tmp_path / "offers.csv",
            [{"ref": f"once-{n}", "member_ref": f"once-{n}", "category": "dog"} for n in range(30)],
        ),
        "requests": write(
            tmp_path / "requests.csv",
            [
                {"ref": "once-1", "member_ref": "once-1", "category": "dog", "minutes": "30", "text": "Wie?"},
                {"ref": "once-2", "member_ref": "once-2", "category": "dog", "minutes": "30", "text": ""},
            ],
        ),
    }
    first = await imported(region, **files)
    assert first.refused == []
    assert first.imported == 62
    reached = await heads(region)
    second = await imported(region, **files)
    assert (second.as_json() | {"seconds": 0}) == (first.as_json() | {"seconds": 0})
    assert await heads(region) == reached
    people_found = await ask(region, GetPeople(member_ids=(IDS.member("once-7"),)), People, SERVICE)
    assert people_found.people[0].email == "once-7@voorbeeld.example"
    texts = await ask(region, GetTexts(ids=(IDS.request("once-1"),)), Texts, NOOR)
    assert texts.texts == {IDS.request("once-1"): "Wie?"}


async def test_an_import_killed_between_registering_and_approving_goes_on_when_it_is_run_again(
    region: RunningRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = write(tmp_path / "members.csv", [member(f"cut-{n}") for n in range(20)])
    killed = asyncio.Event()

    async def is_killed(*_: object) -> None:
        killed.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as first:
        first.setattr(sending._Sending, "_approve", is_killed)
        importing = asyncio.create_task(imported(region, members=people))
        await asyncio.wait_for(killed.wait(), 20)
        importing.cancel()
        await asyncio.gather(importing, return_exceptions=True)
    assert await happened_to(region, "cut", 20) == {"MemberRegistered": 20}
    for _ in range(2):
        again = await imported(region, members=people)
        assert (again.imported, again.refused) == (20, [])
        assert await happened_to(region, "cut", 20) == {"MemberRegistered": 20, "MemberApproved": 20}


async def test_a_row_that_comes_again_with_other_content_is_refused(
    region: RunningRegion, tmp_path: Path
) -> None:
    write(tmp_path / "members.csv", [member("other-1"), member("other-2")])
    await imported(region, members=tmp_path / "members.csv")
    write(tmp_path / "members.csv", [member("other-1", street="Plein"), member("other-2")])
    again = await imported(region, members=tmp_path / "members.csv")
    assert reasons(again) == {("members.csv", 2): "idempotency_key_reused"}
    assert "eerder ingelezen, met een andere inhoud" in again.refused[0].nl
    assert again.counts["members"].imported == 1


async def test_the_right_rows_of_a_bad_file_are_imported_and_the_report_repeats_nothing(
    region: RunningRegion, tmp_path: Path
) -> None:
    planted = "Geheime Zin"
    members = [
        member("bad-1"),
        member("bad-2", name=f"{planted} 111222333"),
        member("bad-3", pc4="1000", name=planted),
        member("bad-4", street=f"{planted}\x00"),
        member("bad-5", name=f"{planted} \udceb"),
        member("bad-6", circle="nobody-knows-this-one", name=planted),
        member("bad-7", capacity_minutes_week="-1"),
        member("bad-1", name=planted),
        member("bad-8"),
    ]
    offers = [
        {"ref": "bad-1", "member_ref": "bad-1", "category": "dog", "text": "Ik loop graag."},
        {"ref": "bad-2", "member_ref": "bad-2", "category": "dog", "text": planted},
        {"ref": "bad-3", "member_ref": "never-heard-of", "category": "dog", "text": planted},
        {"ref": "bad-4", "member_ref": "bad-1", "category": "astronomy", "text": planted},
        {"ref": "bad-5", "member_ref": "bad-1", "category": "dog", "text": planted + "a" * 1_000_000},
        {"ref": "bad-6", "member_ref": "bad-8", "category": "dog", "text": "Ik ook."},
    ]
    requests = [
        {"ref": "bad-1", "member_ref": "bad-1", "category": "dog", "minutes": "-3", "wanted_at": ""},
        {"ref": "bad-2", "member_ref": "bad-1", "category": "dog", "minutes": "9999999", "wanted_at": ""},
        {
            "ref": "bad-3",
            "member_ref": "bad-1",
            "category": "dog",
            "minutes": "30",
            "wanted_at": "2020-01-01T10:00",
        },
        {"ref": "bad-4", "member_ref": "bad-8", "category": "dog", "minutes": "30", "wanted_at": ""},
    ]
    report = await imported(
        region,
        members=write(tmp_path / "members.csv", members),
        offers=write(tmp_path / "offers.csv", offers),
        requests=write(tmp_path / "requests.csv", requests),
    )
    assert reasons(report) == {
        ("members.csv", 3): "bsn",
        ("members.csv", 4): "unknown_postcode",
        ("members.csv", 5): "control_characters",
        ("members.csv", 6): "not_utf8",
        ("members.csv", 7): "unknown_member",
        ("members.csv", 8): "invalid",
        ("members.csv", 9): "duplicate_ref",
        ("offers.csv", 3): "member_refused",
        ("offers.csv", 4): "unknown_member",
        ("offers.csv", 5): "invalid",
        ("offers.csv", 6): "malformed_csv",
        ("requests.csv", 2): "invalid",
        ("requests.csv", 3): "invalid",
        ("requests.csv", 4): "in_the_past",
    }
    assert {kind: count.imported for kind, count in report.counts.items()} == {
        "members": 2,
        "offers": 2,
        "requests": 1,
    }
    assert report.exit_code == 1
    report.write_refused(tmp_path / "refused.csv")
    written = (tmp_path / "refused.csv").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 1 + len(report.refused)
    for secret in (planted, "111222333", "astronomy", "voorbeeld.example"):
        assert secret not in written


async def test_a_row_put_right_is_imported_under_the_same_ref(region: RunningRegion, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    for wrong in ({"pc4": "1000"}, {"name": "111222333"}, {"capacity_minutes_week": "veel"}):
        refused = await imported(region, members=write(file, [member("right-1", **wrong)]))
        assert len(refused.refused) == 1
    assert (await imported(region, members=write(file, [member("right-1")]))).exit_code == 0


async def test_who_is_not_approved_offers_nothing_until_a_later_import_approves(
    region: RunningRegion, tmp_path: Path
) -> None:
    offers = write(tmp_path / "o.csv", [{"ref": "later-1", "member_ref": "later-1", "category": "dog"}])
    waiting = write(tmp_path / "m.csv", [member("later-1", approved="no")])
    first = await imported(region, members=waiting, offers=offers)
    assert reasons(first) == {("o.csv", 2): "not_approved"}
    approved = write(tmp_path / "m.csv", [member("later-1", approved="ja")])
    assert (await imported(region, members=approved)).exit_code == 0
    # The member is not in this import; exchange knows them.
    assert (await imported(region, offers=offers)).exit_code == 0


async def test_what_a_coordinator_decided_first_stands(region: RunningRegion, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    await imported(region, members=write(file, [member(f"noor-{n}", approved="no") for n in (1, 2)]))
    bus = Bus(region.region, "operator")
    await bus.connect()
    await bus.send(ApproveMember(member_id=IDS.member("noor-1")), NOOR, id=new_id())
    await bus.send(DeclineMember(member_id=IDS.member("noor-2")), NOOR, id=new_id())
    await bus.close()
    offers = [{"ref": f"noor-{n}", "member_ref": f"noor-{n}", "category": "dog"} for n in (1, 2)]
    report = await imported(
        region,
        members=write(file, [member("noor-1"), member("noor-2")]),
        offers=write(tmp_path / "offers.csv", offers),
    )
    assert reasons(report) == {("members.csv", 3): "already_decided", ("offers.csv", 3): "member_refused"}
    assert report.refused[0].nl.startswith("Deze deelnemer is ingeschreven, maar niet goedgekeurd.")


async def test_offers_wait_until_exchange_knows_their_members(region: RunningRegion, tmp_path: Path) -> None:
    people = write(tmp_path / "members.csv", [member(f"wait-{n}") for n in range(40)])
    offers = [{"ref": f"wait-{n}", "member_ref": f"wait-{n}", "category": "dog"} for n in range(40)]
    exchange = region.leader_of("exchange").pid
    importing = asyncio.create_task(
        imported(region, members=people, offers=write(tmp_path / "offers.csv", offers))
    )
    pause(exchange)
    await asyncio.sleep(2.5)
    resume(exchange)
    assert (await importing).refused == []


async def test_a_service_that_does_not_answer_costs_nothing_but_time(
    region: RunningRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 1.0)
    people = write(tmp_path / "members.csv", [member(f"away-{n}") for n in range(100)])
    members = region.of("members")[0]
    await asyncio.to_thread(members.stop)
    try:
        away = await imported(region, members=people)
    finally:
        members.start()
        await asyncio.to_thread(region.wait_ready)
    assert {row.code for row in away.refused} == {"no_answer"}
    assert (away.imported, away.exit_code) == (0, 2)
    assert away.seconds < 10
    assert (await imported(region, members=people)).exit_code == 0


@pytest.mark.long
async def test_the_command_line_tells_how_it_went(region: RunningRegion, tmp_path: Path) -> None:
    good = write(tmp_path / "good.csv", [member("cli-1")])
    bad = write(tmp_path / "bad.csv", [member("cli-2", pc4="1000")])
    headless = tmp_path / "headless.csv"
    headless.write_text("Ans,Kade 1\n")
    outcomes = {}
    for file in (good, bad, headless):
        ran = await asyncio.to_thread(
            subprocess.run,
            [
                *(sys.executable, "-m", "services.region.cli", "import", "--json"),
                *("--config", str(region.config), "--members", str(file)),
                *("--refused", str(tmp_path / "refused.csv")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes[file.name] = ran
    assert {name: ran.returncode for name, ran in outcomes.items()} == {
        "good.csv": 0,
        "bad.csv": 1,
        "headless.csv": 2,
    }
    assert json.loads(outcomes["good.csv"].stdout)["imported"] == 1
    assert json.loads(outcomes["bad.csv"].stdout)["refused"][0]["code"] == "unknown_postcode"
    assert "See docs/import.md" in outcomes["headless.csv"].stderr
    assert "unknown_postcode" in (tmp_path / "refused.csv").read_text(encoding="utf-8")


async def test_a_region_that_does_not_run_is_told_in_a_sentence(tmp_path: Path) -> None:
    config = write_region(tmp_path, region="stil", name="Stil", centre="3511", keys=[])
    file = write(tmp_path / "members.csv", [member("nobody")])
    with pytest.raises(Misconfigured, match=r"does not answer at .* Start it with"):
        await import_files(load(config), Files(members=file), SCREEN)
