"""Moving in from TimeOverflow into a real region: members with their balances, offers, requests; once."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts.envelope import Actor, Role
from contracts.exchange import GetTexts, Texts
from contracts.ledger import OPENING, Balances, GetBalances
from contracts.members import GetPeople, People
from services.kernel.bus import Bus
from services.region.databases import connect
from services.region.importing import Report, sending
from services.region.importing.rows import Ids
from services.region.importing.timeoverflow import Reports, Terms, found_in, import_timeoverflow
from services.region.progress import Screen
from services.region.verify import verify
from tests.harness.regions import RunningRegion, pause, real_region, resume

SCREEN = Screen()
IDS = Ids("proef")
NOOR = Actor(role=Role.COORDINATOR, name="noor")
SERVICE = Actor(role=Role.SERVICE, name="notifications")

MEMBERS = "N,Naam,E-mail,Telefoonnummer,Alternatief telefoonnummer,Aangemaakt,Laatst,Taal,Balans"
POSTS = '"",Aanbieding,Labels,Gebruiker,Aangemaakt'
TRANSFERS = "Datum,Van,Aan,Bericht,Aantal"

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def region(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRegion]:
    async with real_region(tmp_path_factory.mktemp("region")) as (running, _):
        yield running


def member(number: int, seconds: int, *, mail: str | None = None) -> str:
    mail = f"deelnemer{number}@tijdbank.example" if mail is None else mail
    return f"{number},Deelnemer {number},{mail},06-1234{number:04},,2019-05-02 10:00:00 UTC,,nl,{seconds}"


def download(
    folder: Path,
    members: Sequence[str],
    *,
    offers: Sequence[str] = (),
    requests: Sequence[str] = (),
    transfers: Sequence[str] = (),
    without_address: Sequence[int] = (),
) -> Path:
    """A folder as TimeOverflow's download leaves it, with a list of addresses beside the reports."""
    folder.mkdir(exist_ok=True)
    numbers = [int(row.split(",")[0]) for row in members]
    lives = [f"{n},Kade,{n},3511,120" for n in numbers if n not in without_address]
    files = {
        "Members_2026-11-20": [MEMBERS, *members],
        "Offers_2026-11-20": [POSTS, *offers],
        "Inquiries_2026-11-20": [POSTS, *requests],
        "Transfers_2026-11-20": [TRANSFERS, *transfers],
        "addresses": ["number,street,house_number,pc4,capacity_minutes_week", *lives],
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


async def moved(region: RunningRegion, folder: Path, terms: Terms | None = None) -> Report:
    reports = found_in(folder, Reports())
    return await import_timeoverflow(region.region, reports, terms or Terms(), SCREEN)


async def heads(region: RunningRegion) -> dict[str, int]:
    """How far the logs of those who take a move have come."""
    found = {}
    for service in ("members", "exchange", "ledger"):
        database = await connect(region.region, service)
        found[service] = await database.fetchval("SELECT position FROM log_head")
        await database.close()
    return found


async def ask(region: RunningRegion, query: Any, answer: Any, actor: Actor = NOOR) -> Any:
    bus = Bus(region.region, "operator")
    await bus.connect()
    try:
        return await bus.ask(query, answer, actor)
    finally:
        await bus.close()


async def minutes(region: RunningRegion, *numbers: int) -> dict[int, int]:
    """The balances of these members."""
    ids = {IDS.member(f"timeoverflow-{number}"): number for number in numbers}
    found = await ask(region, GetBalances(account_ids=tuple(ids)), Balances)
    return {ids[each.account_id]: each.balance_minutes for each in found.balances}


async def opening(region: RunningRegion) -> int:
    found = await ask(region, GetBalances(account_ids=(OPENING,)), Balances)
    return sum(each.balance_minutes for each in found.balances)


def reasons(report: Report) -> dict[tuple[str, int], str]:
    return {(row.file, row.line): row.code for row in report.refused}


async def test_a_whole_time_bank_moves_in_once(region: RunningRegion, tmp_path: Path) -> None:
    people = [member(100 + n, 3600 * (1 if n % 2 else -1)) for n in range(30)]
    transfers = [
        f"2026-01-02 10:00:00 UTC,Deelnemer {100 + n} ({100 + n}),Deelnemer {101 + n} ({101 + n}),Hulp,1:00"
        for n in range(0, 30, 2)
    ]
    folder = download(
        tmp_path / "takeout",
        people,
        offers=[
            ",Jardinería,,,",
            *(f"{900 + n},Snoeien,,Deelnemer {100 + n} ({100 + n}),x" for n in range(5)),
        ],
        requests=[",Boodschappen,,,", "950,Wie haalt brood?,,Deelnemer 110 (110),2019-05-01 10:00:00 UTC"],
        transfers=transfers,
    )
    before = await opening(region)
    first = await moved(region, folder)
    assert (first.refused, first.notes) == ([], [])
    assert {kind: count.imported for kind, count in first.counts.items()} == {
        "members": 30,
        "offers": 5,
        "requests": 1,
        "balances": 30,
    }
    assert await minutes(region, 100, 101) == {100: -60, 101: 60}
    assert await opening(region) == before
    reached = await heads(region)
    second = await moved(region, folder)
    assert (second.as_json() | {"seconds": 0}) == (first.as_json() | {"seconds": 0})
    assert await heads(region) == reached
    found = await ask(region, GetPeople(member_ids=(IDS.member("timeoverflow-107"),)), People, SERVICE)
    assert found.people[0].email == "deelnemer107@tijdbank.example"
    request = IDS.request("timeoverflow-950")
    assert (await ask(region, GetTexts(ids=(request,)), Texts)).texts == {request: "Wie haalt brood?"}


async def test_rows_put_right_add_only_what_was_missing(region: RunningRegion, tmp_path: Path) -> None:
    people = [member(201, 5400), member(202, -5400), member(203, 0, mail="geen adres")]
    offers = [",Cocina,,,", "981,Soep,,Deelnemer 202 (202),x"]
    folder = download(tmp_path / "takeout", people, offers=offers, without_address=[202])
    first = await moved(region, folder)
    assert reasons(first) == {
        ("Members_2026-11-20.csv", 3): "no_address",
        ("Members_2026-11-20.csv", 4): "invalid",
        ("Offers_2026-11-20.csv", 3): "member_refused",
    }
    assert await minutes(region, 201, 202) == {201: 90}
    before = await opening(region)
    people[2] = member(203, 0)
    second = await moved(region, download(folder, people, offers=offers))
    assert second.refused == []
    assert await minutes(region, 201, 202, 203) == {201: 90, 202: -90, 203: 0}
    assert await opening(region) == before + 90


async def test_balances_that_do_not_add_up_wait_for_who_is_not_listed(
    region: RunningRegion, tmp_path: Path
) -> None:
    folder = download(tmp_path / "takeout", [member(301, 7200), member(302, -3600)])
    ledger = (await heads(region))["ledger"]
    first = await moved(region, folder)
    assert reasons(first) == {("Members_2026-11-20.csv", 1): "balances_do_not_add_up"}
    assert first.exit_code == 1
    assert (first.counts["members"].imported, first.counts["balances"].imported) == (2, 0)
    second = await moved(region, folder, Terms(not_listed_seconds=-3600))
    assert second.refused == []
    assert await minutes(region, 301, 302) == {301: 120, 302: -60}
    assert (await heads(region))["ledger"] > ledger


async def test_a_later_report_changes_no_balance(region: RunningRegion, tmp_path: Path) -> None:
    folder = tmp_path / "takeout"
    await moved(region, download(folder, [member(401, 3600), member(402, -3600)]))
    again = await moved(region, download(folder, [member(401, 7200), member(402, -7200)]))
    assert [(row.line, row.code) for row in again.refused] == [
        (2, "idempotency_key_reused"),
        (3, "idempotency_key_reused"),
    ]
    assert await minutes(region, 401, 402) == {401: 60, 402: -60}


async def test_a_balance_beyond_the_floor_comes_along(region: RunningRegion, tmp_path: Path) -> None:
    folder = download(tmp_path / "takeout", [member(501, 180_000), member(502, -180_000)])
    assert (await moved(region, folder)).refused == []
    assert await minutes(region, 501, 502) == {501: 3000, 502: -3000}


async def test_balances_wait_until_the_ledger_has_their_accounts(
    region: RunningRegion, tmp_path: Path
) -> None:
    people = [member(600 + n, 60 * (1 if n % 2 else -1)) for n in range(40)]
    ledger = region.leader_of("ledger").pid
    pause(ledger)
    moving = asyncio.create_task(moved(region, download(tmp_path / "takeout", people)))
    await asyncio.sleep(2.5)
    resume(ledger)
    report = await moving
    assert report.refused == []
    assert report.counts["balances"].imported == 40


async def test_a_ledger_that_does_not_answer_costs_balances_alone_and_only_until_the_next_import(
    region: RunningRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = download(
        tmp_path / "takeout",
        [member(651, 3600), member(652, -3600)],
        offers=[",Cocina,,,", "991,Soep,,Deelnemer 652 (652),x"],
    )
    ledger = region.of("ledger")[0]
    await asyncio.to_thread(ledger.stop)
    try:
        with monkeypatch.context() as hurried:
            hurried.setattr(sending, "ANSWER_SECONDS", 1.0)
            away = await moved(region, folder)
    finally:
        ledger.start()
        await asyncio.to_thread(region.wait_ready)
    assert {row.code for row in away.refused} == {"no_answer"}
    counts = {kind: (count.imported, count.refused) for kind, count in away.counts.items()}
    assert counts == {"members": (2, 0), "offers": (1, 0), "requests": (0, 0), "balances": (0, 2)}
    assert (await moved(region, folder)).refused == []
    assert await minutes(region, 651, 652) == {651: 60, 652: -60}


@pytest.mark.long
async def test_the_command_line_tells_how_it_went(region: RunningRegion, tmp_path: Path) -> None:
    folder = download(tmp_path / "takeout", [member(701, 3600), member(702, 0)], without_address=[702])

    async def ran(*options: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [
                *(sys.executable, "-m", "services.region.cli", "import", "timeoverflow", str(folder)),
                *("--config", str(region.config), "--refused", str(tmp_path / "refused.csv"), *options),
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    first = await ran("--json")
    assert first.returncode == 1, first.stderr
    assert {row["code"] for row in json.loads(first.stdout)["refused"]} == {
        "no_address",
        "balances_do_not_add_up",
    }
    assert "no_address" in (tmp_path / "refused.csv").read_text(encoding="utf-8")
    told = await ran()
    assert "members: 1 imported, 1 refused" in told.stdout
    assert "niet tot nul" in told.stdout
    download(folder, [member(701, 3600), member(702, 0)])
    good = await ran("--not-listed", "-1:00")
    assert good.returncode == 0, good.stdout
    assert "balances: 1 imported, 0 refused" in good.stdout
    assert "bringing balances: 1 of 1" in good.stderr


async def test_what_must_always_hold_holds_after_all_of_it(region: RunningRegion) -> None:
    report = await verify(region.region, folder=region.config.parent, drain_seconds=15)
    assert [check.name for check in report.checks if not check.ok] == []
