"""`wederdienst doctor`: each thing that may be wrong, and what it says to do; test_doctor.py among the
integration tests runs it on a real region."""

import os
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.kernel.pulse import PROGRAM_VERSION
from services.kernel.questions import ServiceState
from services.kernel.settings import Region
from services.region.doctor import disks, nats_version, permissions, running, server
from services.region.finding import Finding, exit_code
from tests.unit.states import copy, state

REGION = Region(region="voorbeeld", name="Voorbeeld", replicas=2)
WELL = {"replicas": (copy(), copy(replica="host-2", leading=False))}


def wrong(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """What is not right: how bad, about what, in words."""
    found = [finding for finding in findings if finding.level != "ok"]
    assert all(finding.do for finding in found)
    return [(finding.level, finding.about, finding.says) for finding in found]


# ---- what a service says of itself


def looked_at(answer: ServiceState | None, **others: ServiceState | None) -> list[tuple[str, str, str]]:
    return wrong(running(REGION, "exchange", answer, {"exchange": answer, **others}))


def test_a_service_that_is_well_has_nothing_to_mend() -> None:
    assert looked_at(state("exchange", **WELL), members=state("members")) == []


NOBODY = ("bad", "services", "exchange: nobody leads; it waits for nothing that it knows")
ONE_RUNS = ("note", "services", "exchange: 1 of 2 replicas run")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"replicas": (copy(leading=False, waits_for={"nats": "not connected"}), copy(leading=False))},
            [("bad", "services", "exchange: nobody leads; it waits for nats")],
        ),
        ({"replicas": (copy(silent=True), copy(leading=False))}, [NOBODY, ONE_RUNS]),
        ({"replicas": (copy(), copy(silent=True, leading=False, version="0.0.9"))}, [ONE_RUNS]),
        (
            {"replicas": (copy(), copy(leading=False, version="0.0.9"))},
            [("note", "versions", f"exchange runs 0.0.9, this is {PROGRAM_VERSION}")],
        ),
        ({"parked_count": 3}, [("bad", "lag", "exchange: 3 events are parked")]),
        ({"forks": 2}, [("bad", "lag", "exchange: 2 ranges of effects are without their cause")]),
        ({"marks": {"members": 100}}, [("note", "lag", "exchange is 1100 events behind members")]),
        ({"timers_late": 4}, [("note", "lag", "exchange: 4 timers are late")]),
    ],
    ids=["no lead", "its leader is silent", "one is silent", "releases", "parked", "forks", "lag", "timers"],
)
def test_what_is_not_right_is_said(changed: dict[str, Any], said: list[tuple[str, str, str]]) -> None:
    assert looked_at(state("exchange", **{**WELL, **changed}), members=state("members")) == said


def test_a_service_that_does_not_answer_is_said_and_keeps_nobody_from_being_looked_at() -> None:
    assert looked_at(None) == [("bad", "services", "exchange does not answer")]
    assert looked_at(state("exchange", **WELL, marks={"members": 5}), members=None) == []


# ---- servers


class Server:
    """A PostgreSQL that shows these settings, and whose clock is so much ahead."""

    def __init__(self, ahead: timedelta = timedelta(0), **settings: str) -> None:
        usual = {"server_version_num": "180001", "max_connections": "300"}
        self._settings = {**dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "on"), **usual}
        self._settings |= settings
        self._ahead = ahead

    async def fetchrow(self, _: str) -> dict[str, Any]:
        return {"names": self._settings.get("names", ""), "there": int(self._settings.get("there", "0"))}

    async def fetchval(self, sql: str) -> Any:
        if sql.startswith("SHOW "):
            return self._settings[sql.removeprefix("SHOW ")]
        return datetime.now(UTC) + self._ahead


@pytest.mark.parametrize(
    ("there", "level", "about", "says"),
    [
        (Server(server_version_num="150008"), "bad", "versions", "PostgreSQL 15"),
        (Server(fsync="off"), "bad", "postgres", "fsync is off"),
        (Server(synchronous_commit="off"), "bad", "postgres", "synchronous_commit is off"),
        (Server(names="FIRST 2 (db2, db3)", there="1"), "bad", "postgres", "waits for 1 synchronous standby"),
        (Server(max_connections="40"), "note", "postgres", "max_connections is 40"),
        (Server(timedelta(seconds=3)), "bad", "clocks", "differ by 3.0 s"),
        (Server(timedelta(seconds=-3)), "bad", "clocks", "differ by 3.0 s"),
    ],
)
async def test_a_server_that_is_not_right_is_said(there: Server, level: str, about: str, says: str) -> None:
    ((found_level, found_about, found_says),) = wrong([finding async for finding in server(REGION, there)])
    assert (found_level, found_about) == (level, about)
    assert says in found_says


async def test_a_server_that_is_right_has_nothing_to_mend() -> None:
    assert wrong([finding async for finding in server(REGION, Server(timedelta(seconds=0.3)))]) == []


@pytest.mark.parametrize(
    ("version", "good"), [((2, 10, 29), False), ((2, 11, 0), True), ((2, 15, 2), True), ((3, 0, 0), True)]
)
def test_an_old_nats_must_be_upgraded(version: tuple[int, int, int], good: bool) -> None:
    found = nats_version(*version)
    assert exit_code([found]) == (0 if good else 1)
    assert good or found.do == "Upgrade it to 2.11 or later."


# ---- this machine


Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def there(tmp_path: Path) -> Region:
    for name in ("logs", "apart"):
        (tmp_path / name).mkdir()
    return REGION.model_copy(
        update={"logs": tmp_path / "logs", "erasures": tmp_path / "apart" / "erasures.txt"}
    )


@pytest.mark.parametrize(("free", "level"), [(50, "ok"), (21, "ok"), (19, "note"), (9, "note"), (7, "bad")])
def test_a_disk_that_fills_is_said_before_it_is_full(
    there: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100 - free, free))
    (found,) = disks(there, tmp_path / "region.toml")
    assert (found.level, found.says.endswith("free (0 GB)")) == (level, True)


def test_the_list_of_erasures_has_its_own_disk_looked_at(
    there: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = tmp_path / "apart"
    on = _on_its_own_disk(apart)
    monkeypatch.setattr(Path, "stat", on)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda folder: Usage(100, 95, 5) if folder == apart else Usage(100, 10, 90)
    )
    found = wrong(disks(there, tmp_path / "region.toml"))
    assert found == [("bad", "disk", f"{apart}: 5% free (0 GB)")]


def _on_its_own_disk(apart: Path) -> Callable[..., os.stat_result]:
    real = Path.stat

    def stat(path: Path, **how: Any) -> os.stat_result:
        found = real(path, **how)
        if path != apart:
            return found
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10]))

    return stat


def test_a_folder_that_cannot_be_written_is_said_with_how_to_mend_it(
    there: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wrong(permissions(there, tmp_path / "region.toml")) == []
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path / "apart")
    assert wrong(permissions(there, tmp_path / "region.toml")) == [
        ("bad", "permissions", f"erasures: {tmp_path / 'apart'} cannot be written")
    ]
