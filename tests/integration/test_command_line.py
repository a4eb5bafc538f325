"""What an operator types: events that are sought or followed, and a sentence where something is away."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from services.kernel import rebuild
from services.kernel.errors import Misconfigured
from services.region import backup, cli, operating
from services.region.configure import write_region
from services.region.databases import connect
from services.region.demo.show import Demo
from services.region.demo.steps import Steps
from services.region.invariant import Check
from services.region.operating import Sought
from services.region.progress import Screen
from services.region.verify import Report
from tests.harness.town import NOOR, Neighbour, Town, good

# Here the words to a command come from the command line, as they do outside tests.
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")

type Wederdienst = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wederdienst(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Wederdienst]:
    """The command, as a person types it: its exit code, what it says, and what it says is wrong."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wederdienst", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    structlog.reset_defaults()


# ---- servers that are away


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a region whose servers do not run."""
    folder = tmp_path_factory.mktemp("away")
    return write_region(folder, region="weg", name="Weg", centre="3511", keys=[], embedded=False)


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("migrate",),
        ("migrate", "--databases"),
        ("backup", "--to", "backups"),
        ("rebuild", "ledger"),
        ("events",),
        ("park", "list"),
        ("park", "show", "ledger", "exchange", "1"),
    ],
    ids=" ".join,
)
def test_where_postgresql_is_away_a_command_says_so_in_a_sentence(
    wederdienst: Wederdienst, away: Path, words: tuple[str, ...]
) -> None:
    code, out, err = wederdienst(*words, "--config", str(away))
    assert (code, out) == (2, "")
    assert err.startswith("wederdienst: PostgreSQL at 127.0.0.1:")
    assert err.endswith("does not answer (ConnectionRefusedError). Start it first.\n")
    assert err.count("\n") == 1


def test_a_password_that_does_not_fit_is_said_too(
    wederdienst: Wederdienst, town: Town, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WD_POSTGRES__PORT", str(town.region.region.postgres.port))
    code, _, err = wederdienst("migrate", "--config", str(away))
    assert code == 2
    assert "does not let wd_members in. Put the password right" in err


async def test_a_database_that_is_not_there_is_said_too(town: Town) -> None:
    elsewhere = town.region.region.model_copy(update={"region": "elders"})
    with pytest.raises(Misconfigured, match="Make what is missing: wederdienst migrate --databases"):
        await connect(elsewhere, "members")


def test_what_breaks_on_the_way_is_a_sentence_as_well(
    wederdienst: Wederdienst, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for broke, says in (
        (asyncpg.ConnectionDoesNotExistError("closed"), "broke off (ConnectionDoesNotExistError)"),
        (asyncpg.InterfaceError("closed"), "broke off (InterfaceError)"),
        (asyncpg.AdminShutdownError("stopped"), "broke off (AdminShutdownError)"),
        (ConnectionResetError(104, "reset"), "broke off (ConnectionResetError)"),
        (asyncpg.UndefinedTableError("no such table"), "Make them first: wederdienst migrate"),
        (PermissionError(13, "Permission denied", "backups"), "Permission denied: 'backups'"),
    ):

        async def breaks(*_: object, broke: Exception = broke) -> int:
            raise broke

        monkeypatch.setattr(operating, "rebuild", breaks)
        code, _, err = wederdienst("rebuild", "ledger", "--config", str(away))
        assert code == 2
        assert says in err
        assert err.count("\n") == 1


# ---- invariants


RED, GREEN = Check("1 postings sum to zero", 7, ["balances sum to 60"]), Check("3 above the floor", 7)


@pytest.mark.parametrize(("found", "code"), [([GREEN], 0), ([GREEN, RED], 1)], ids=["green", "red"])
def test_an_invariant_that_does_not_hold_is_told_and_is_the_exit_code(
    wederdienst: Wederdienst,
    away: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    found: list[Check],
    code: int,
) -> None:
    report = Report("weg", found)
    noted: list[tuple[bool, str]] = []

    async def looked(*_: object, **__: object) -> Report:
        return report

    async def note(*_: object, ok: bool, said: str) -> None:
        noted.append((ok, said))

    monkeypatch.setattr("services.region.verify.verify", looked)
    monkeypatch.setattr(operating, "note_job", note)
    ended, out, _ = wederdienst("verify", "--config", str(away))
    assert ended == code
    assert ("NOT  1 postings sum to zero (7 read)\n       balances sum to 60\n" in out) == bool(code)
    ended, out, _ = wederdienst("verify", "--json", "--config", str(away))
    assert (ended, json.loads(out)["ok"]) == (code, not code)
    assert noted == [(not code, "niet goed: 1" if code else "1 controles goed")] * 2
    # And of the demo, where every step went as it should.
    shown = Demo("http://127.0.0.1:8080", Steps(Screen()), checks=report.as_dict())

    def plays(*_: object, up: Callable[[Demo], None], **__: object) -> Demo:
        up(shown)
        return shown

    monkeypatch.setattr("services.region.demo.show.show", plays)
    ended, out, _ = wederdienst("demo", "--once", "--json", "--folder", str(tmp_path))
    assert (ended, json.loads(out)["ok"]) == (code, not code)


# ---- rebuilding


async def test_two_rebuilds_of_one_service_do_not_meet(town: Town) -> None:
    one = await connect(town.region.region, "link")
    try:
        await one.execute("SELECT pg_advisory_lock($1)", operating.REBUILDING)
        with pytest.raises(Misconfigured, match="being rebuilt already"):
            await operating.rebuild(town.region.region, "link")
    finally:
        await one.close()


async def test_a_backup_reads_tables_that_no_rebuild_swaps_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "LOCK_TRIES", 1)
    monkeypatch.setattr(rebuild, "PAUSE_SECONDS", 0.0)
    async with backup.one_instant(town.region.region):
        with pytest.raises(Misconfigured, match="Rebuild again when that is done"):
            await operating.rebuild(town.region.region, "link")


# ---- events


def test_events_are_sought_by_name_entity_and_moment(wederdienst: Wederdienst, town: Town) -> None:
    here = ("--config", str(town.region.config))
    person, other = town.newcomer(), town.newcomer()

    def found(*words: str) -> list[dict[str, Any]]:
        code, out, err = wederdienst("events", *words, "--json", *here)
        assert (code, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]

    (registered,) = found("--service", "members", "--entity", str(person.id))
    assert registered["type"] == "nl.wederdienst.members.member-registered.v1"
    assert registered["subject"] == str(person.id)
    # A moment without an offset is UTC.
    at = datetime.fromisoformat(registered["time"]).astimezone(UTC)
    since = at.replace(tzinfo=None).isoformat()
    later = found("--service", "members", "--name", "MemberRegistered", "--since", since)
    assert {str(person.id), str(other.id)} <= {event["subject"] for event in later}
    assert {event["type"] for event in later} == {registered["type"]}
    assert all(datetime.fromisoformat(event["time"]) >= at for event in later)

    code, out, _ = wederdienst("events", "--service", "members", "--entity", str(person.id), *here)
    assert code == 0
    assert re.fullmatch(
        rf"{at:%Y-%m-%d %H:%M:%S} members +\d+  member-registered +member_id={person.id} number=\d+ .*\n", out
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--name", "BinPutOut"), "There is no event 'BinPutOut'. Choose one of: AccountClosed, "),
        (
            ("--name", "BinPutOut", "--follow"),
            "There is no event 'BinPutOut'. Choose one of: AccountClosed, ",
        ),
        (("--service", "bins", "--follow"), "There is no service 'bins'. Choose one of: members, "),
        (("--since", "2026-11-30", "--follow"), "--follow shows what comes. Give one of the two."),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_what_cannot_be_sought_is_refused(
    wederdienst: Wederdienst, away: Path, words: tuple[str, ...], says: str
) -> None:
    code, _, err = wederdienst("events", *words, "--config", str(away))
    assert code == 2
    assert says in err


async def test_following_shows_what_comes_and_fits(town: Town) -> None:
    def changes(person: Neighbour, minutes: int) -> None:
        said = {"capacity_minutes_week": minutes}
        good(town.call("PUT", f"/v1/members/{person.id}/capacity", said, by=NOOR))

    person = await asyncio.to_thread(town.newcomer)
    other = await asyncio.to_thread(town.newcomer)
    follows = operating.follow_events(
        town.region.region, Sought(service="members", name="CapacityChanged", entity=person.id)
    )
    coming = asyncio.ensure_future(anext(follows))
    # When it listens nobody hears, so things happen until it tells of one.
    for minutes in range(60, 6000, 60):
        await asyncio.to_thread(changes, other, minutes % 2400)
        await asyncio.to_thread(changes, person, minutes % 2400)
        done, _ = await asyncio.wait({coming}, timeout=0.05)
        if done:
            break
    event = await coming
    await follows.aclose()
    assert event["subject"] == str(person.id)
    assert event["type"] == "nl.wederdienst.members.capacity-changed.v1"
