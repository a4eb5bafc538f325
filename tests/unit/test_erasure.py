"""The list of erasures outside the database: only ever added to, and readable after any crash."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.kernel.erasure import Erasures, place
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region
from services.kernel.testing import NOW
from tests.harness.waiting import until
from tests.unit.neighbours import ANNA, BRAM, CORA

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def erasures(tmp_path: Path) -> Erasures:
    return Erasures(tmp_path / "apart" / "erasures.txt")


def test_a_list_that_is_not_there_yet_is_empty(erasures: Erasures) -> None:
    assert erasures.read() == {}
    erasures.add({})
    assert not erasures.path.exists()


def test_who_is_added_stands_there_with_the_time(erasures: Erasures) -> None:
    erasures.add({ANNA: NOW})
    erasures.add({BRAM: LATER})
    assert erasures.read() == {ANNA: NOW, BRAM: LATER}
    assert erasures.path.read_text() == f"{ANNA} {NOW.isoformat()}\n{BRAM} {LATER.isoformat()}\n"


def test_who_stands_there_is_not_added_again(erasures: Erasures) -> None:
    erasures.add({ANNA: NOW})
    erasures.add({ANNA: LATER, BRAM: LATER})
    assert erasures.read() == {ANNA: NOW, BRAM: LATER}
    assert len(erasures.path.read_text().splitlines()) == 2


def test_two_services_that_add_the_same_one_do_no_harm(erasures: Erasures) -> None:
    erasures.add({ANNA: NOW})
    with erasures.path.open("a") as file:
        file.write(f"{ANNA} {LATER.isoformat()}\n")
    assert erasures.read() == {ANNA: NOW}


@pytest.mark.parametrize("kept", [0, 1, 20, 36, 37, 40])
def test_a_line_that_a_crash_cut_off_spoils_no_other(erasures: Erasures, kept: int) -> None:
    erasures.add({ANNA: NOW})
    with erasures.path.open("a") as file:
        file.write(f"{BRAM} {LATER.isoformat()}"[:kept])
    assert erasures.read() == {ANNA: NOW}
    erasures.add({BRAM: LATER, CORA: LATER})
    assert erasures.read() == {ANNA: NOW, BRAM: LATER, CORA: LATER}


def test_only_its_owner_can_read_it(erasures: Erasures) -> None:
    erasures.add({ANNA: NOW})
    assert erasures.path.stat().st_mode & 0o077 == 0


def test_a_list_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder, under_a_file = Erasures(tmp_path), Erasures(tmp_path / "file" / "erasures.txt")
    for use in (folder.read, lambda: folder.add({ANNA: NOW}), lambda: under_a_file.add({ANNA: NOW})):
        with pytest.raises(Misconfigured, match=r"region\.toml"):
            use()


def test_times_are_kept_in_utc(erasures: Erasures) -> None:
    erasures.add({ANNA: datetime.fromisoformat("2026-11-23T10:30:00+01:00")})
    assert erasures.path.read_text() == f"{ANNA} 2026-11-23T09:30:00+00:00\n"


class Table:
    """The table `erased` of a service, while its database is there."""

    def __init__(self) -> None:
        self.rows: dict[UUID, datetime] = {}
        self.away = False
        self.read_times = 0

    async def fetchval(self, _: str) -> int:
        if self.away:
            raise asyncpg.InterfaceError("away")
        return len(self.rows)

    async def fetch(self, _: str) -> list[dict[str, Any]]:
        if self.away:
            raise asyncpg.InterfaceError("away")
        self.read_times += 1
        return [{"person_id": person, "erased_at": at} for person, at in self.rows.items()]


async def test_whom_another_machine_erased_comes_onto_the_list_whatever_was_in_the_way(
    erasures: Erasures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.erasure.EVERY_SECONDS", 0.001)
    table = Table()
    keeping_up = asyncio.create_task(erasures.keep_up(table))  # type: ignore[arg-type]

    async def listed() -> bool:
        return erasures.read() == table.rows

    table.rows[ANNA] = NOW
    await until(listed, "the first")
    await asyncio.sleep(0.01)
    assert table.read_times == 1, "read whole again, with nobody new in it"
    table.away = True
    await asyncio.sleep(0.01)
    table.rows[BRAM] = LATER
    table.away = False
    await until(listed, "who was erased while the database was away")
    folder, apart = erasures.path.parent, erasures.path.parent.with_name("moved")
    folder.rename(apart)
    folder.write_text("in the way")
    table.rows[CORA] = LATER
    await asyncio.sleep(0.01)
    folder.unlink()
    apart.rename(folder)
    await until(listed, "who was erased while the file could not be written")
    keeping_up.cancel()
    await asyncio.gather(keeping_up, return_exceptions=True)


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = Region(region="voorbeeld", name="Voorbeeld")
    assert place(here) == tmp_path / "erasures.txt"
    logs = here.model_copy(update={"logs": tmp_path / "logs"})
    assert place(logs) == tmp_path / "logs" / "erasures.txt"
    named = logs.model_copy(update={"erasures": tmp_path / "apart"})
    assert place(named) == tmp_path / "apart"
