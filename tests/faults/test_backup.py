"""Yesterday's backup put back beside a NATS that is ahead: what comes back, what is lost, who says so."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.catalogue import SERVICES
from contracts.members import EraseMember, RegisterMember
from services.kernel.errors import Misconfigured
from services.region import backup
from services.region.databases import connect
from services.region.verify import verify
from tests.harness.checker import assert_all_holds, lost_answers
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.postgres import tool
from tests.harness.regions import RunningRegion, real_region, retried, wait_until
from tests.harness.servers import drop_streams

NEWCOMER = RegisterMember(
    name="Nieuwe Bewoner",
    email="nieuw@voorbeeld.example",
    street="Proefstraat",
    house_number="9",
    pc4="3511",
    capacity_minutes_week=60,
)


def wederdienst(region: RunningRegion, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command as an operator gives it."""
    return subprocess.run(
        [sys.executable, "-m", "services.region.cli", *arguments, "--config", str(region.config)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


async def _heads(region: RunningRegion) -> dict[str, int]:
    heads = {}
    for service in region.region.services:
        database = await connect(region.region, service)
        heads[service] = int(await database.fetchval("SELECT position FROM log_head"))
        await database.close()
    return heads


async def _ask(region: RunningRegion, service: str, sql: str, *arguments: object) -> Any:
    database = await connect(region.region, service)
    try:
        return await database.fetchval(sql, *arguments)
    finally:
        await database.close()


@pytest.mark.long
async def test_yesterdays_backup_beside_a_nats_that_is_ahead(tmp_path: Path, seed: int) -> None:
    backups = tmp_path / "backups"
    async with real_region(tmp_path) as (region, mailbox), Neighbourhood(region.region, seed) as place:
        await place.settle_in(6)
        # Taken in the middle of life: no log may hold the effect of what another one lacks.
        living = asyncio.create_task(place.live(seconds=2.0))
        await asyncio.sleep(1.0)
        folder, manifest = await backup.take(region.region, backups)
        await living

        # What yesterday did not know: someone new, someone gone, and a day of life.
        newcomer = await place.tell(NEWCOMER)
        gone = place.members.pop()
        await place.tell(EraseMember(member_id=gone))
        await place.live(seconds=1.0)
        assert (await verify(region.region, folder=tmp_path, drain_seconds=60)).ok
        before = await _heads(region)
        assert all(manifest.logs[service].position < before[service] for service in ("exchange", "ledger"))

        with pytest.raises(Misconfigured, match="still runs"):
            await backup.put_back(region.region, folder)
        for replica in region.replicas:
            await asyncio.to_thread(replica.stop)
        restored = await asyncio.to_thread(wederdienst, region, "restore", "--from", str(folder))
        assert restored.returncode == 0, restored.stderr
        # Every event that was published is back, at its place; what is lost is named.
        assert await _heads(region) == before
        for service in region.region.services:
            back = before[service] - manifest.logs[service].position
            assert f"{service}: {back} events taken back; head {before[service]}, epoch 1" in restored.stdout
        assert f"what was written with {newcomer.id} is lost: ask the person again" in restored.stdout
        assert "an event that is lost" not in restored.stdout

        for replica in region.replicas:
            replica.start()
        await asyncio.to_thread(region.wait_ready)
        # The copy held the words of who was erased since; the list of erasures has them gone again.
        left = "SELECT count(*) FROM vault WHERE person_id = $1 OR other_id = $1"
        for service in SERVICES:
            assert await _ask(region, service, left, gone) == 0, service
        await retried(region)
        await place.live(seconds=1.0)
        await assert_all_holds(
            region.region,
            place.answered,
            folder=tmp_path,
            refusals_too=False,
            mailbox=mailbox,
            kills=1,
        )


@pytest.mark.long
async def test_a_backup_in_the_middle_of_life_holds_one_instant(tmp_path: Path, seed: int) -> None:
    """Put back where nothing else is left, it stands by itself: all checks hold, nobody is ahead."""
    async with real_region(tmp_path) as (region, _), Neighbourhood(region.region, seed) as place:
        await place.settle_in(4)
        living = asyncio.create_task(place.live(seconds=2.0))
        await asyncio.sleep(0.5)
        answered = list(place.answered)
        taken = await asyncio.to_thread(
            wederdienst, region, "backup", "--to", str(tmp_path / "backups"), "--keep", "2", "--json"
        )
        assert taken.returncode == 0, taken.stderr
        folder = Path(json.loads(taken.stdout)["folder"])
        manifest = backup.Manifest.model_validate_json((folder / backup.MANIFEST).read_bytes())
        await living
        assert region.nats is not None
        for replica in region.replicas:
            await asyncio.to_thread(replica.stop)
        for damage, words in (("region", "is of region"), ("file", "missing or damaged")):
            with pytest.raises(Misconfigured, match=words):
                await backup.put_back(region.region, _damaged(folder, damage))
        await asyncio.to_thread(region.nats.stop)
        await backup.put_back(region.region, folder)
        # The databases of the link are there too, and empty: nobody runs it where there is no network.
        assert {"link": 0, **await _heads(region)} == {n: log.position for n, log in manifest.logs.items()}
        for follower, contract in SERVICES.items():
            for source in contract.FOLLOWS:
                mark = await _ask(
                    region, follower, "SELECT position FROM watermarks WHERE source = $1", source
                )
                assert (mark or 0) <= manifest.logs[source].position, f"{follower} is ahead of {source}"
        assert not await lost_answers(region.region, answered), "what was answered before the backup is in it"


# ---- point in time, by PostgreSQL's own means (docs/backup.md)


@pytest.mark.long
@pytest.mark.parametrize("stays", [False, True], ids=["what came after is taken back", "it stays there"])
async def test_a_region_goes_back_to_a_moment(tmp_path: Path, seed: int, stays: bool) -> None:
    async with real_region(tmp_path) as (region, _), Neighbourhood(region.region, seed) as place:
        archive = await asyncio.to_thread(Archive.begin, region)
        await place.settle_in(6)
        await asyncio.to_thread(archive.base_backup)
        await place.live(seconds=1.0)
        assert (await verify(region.region, folder=tmp_path, drain_seconds=60)).ok
        answered, moment = list(place.answered), await _heads(region)
        at = await _ask(region, "ledger", "SELECT clock_timestamp()")
        await place.live(seconds=1.0)
        assert (await verify(region.region, folder=tmp_path, drain_seconds=60)).ok
        after = await _heads(region)
        assert all(moment[service] < after[service] for service in ("exchange", "ledger"))
        await archive.wait_until_whole()

        for replica in region.replicas:
            await asyncio.to_thread(replica.stop)
        await asyncio.to_thread(archive.put_back, at)
        # Every database of the server, to the same moment.
        assert await _heads(region) == moment
        if stays:
            await drop_streams(region.region)
        done = await asyncio.to_thread(wederdienst, region, "recover")
        assert done.returncode == 0, done.stderr
        there = moment if stays else after
        assert await _heads(region) == there
        for service in region.region.services:
            back = there[service] - moment[service]
            assert f"{service}: {back} events taken back; head {there[service]}, epoch 1" in done.stdout

        for replica in region.replicas:
            replica.start()
        await asyncio.to_thread(region.wait_ready)
        await retried(region)
        if stays:
            place.answered[:] = answered
        await place.live(seconds=1.0)
        await assert_all_holds(region.region, place.answered, folder=tmp_path, refusals_too=stays)


class Archive:
    """PostgreSQL's own journal, kept beside it, with a copy of the whole server to begin at."""

    def __init__(self, region: RunningRegion) -> None:
        assert region.postgres is not None
        self.region = region
        self.postgres = region.postgres
        self.journal = self.postgres.folder.with_name("journal")
        self.base = self.postgres.folder.with_name("base")

    @classmethod
    def begin(cls, region: RunningRegion) -> "Archive":
        archive = cls(region)
        archive.journal.mkdir()
        archive.give_to_postgres(archive.journal)
        archive.set(
            wal_level="replica",
            archive_mode="on",
            archive_command=f"test ! -f {archive.journal}/%f && cp %p {archive.journal}/%f",
        )
        archive.postgres.stop()
        archive.postgres.start()
        region.wait_ready()
        return archive

    def set(self, **settings: str) -> None:
        with (self.postgres.folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def give_to_postgres(self, folder: Path) -> None:
        """It runs as a user of its own where we are root."""
        owner = self.postgres.folder.parent.stat()
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(folder)], check=True)

    def base_backup(self) -> None:
        tool(self.region.region, "pg_basebackup", "--checkpoint=fast", "-D", str(self.base))

    async def wait_until_whole(self) -> None:
        """Wait until all that was written is in the journal."""
        admin = await asyncpg.connect(
            host="127.0.0.1",
            port=self.region.region.postgres.port,
            user="admin",
            password=self.region.region.postgres_password("admin"),
            database="postgres",
        )
        try:
            last = await admin.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
        finally:
            await admin.close()
        await asyncio.to_thread(
            wait_until, (self.journal / last).exists, "the last of the journal being kept"
        )

    def put_back(self, at: datetime) -> None:
        """The server as it was at a moment; what it was is gone."""
        self.postgres.stop(signal.SIGQUIT)
        shutil.rmtree(self.postgres.folder)
        self.base.rename(self.postgres.folder)
        self.set(
            restore_command=f"cp {self.journal}/%f %p",
            recovery_target_time=at.isoformat(),
            recovery_target_action="promote",
        )
        (self.postgres.folder / "recovery.signal").touch()
        self.give_to_postgres(self.postgres.folder)
        self.postgres.start()
        wait_until(self._writes, "the server being at that moment")

    def _writes(self) -> bool:
        said = tool(self.region.region, "psql", "-Atc", "SELECT pg_is_in_recovery()", "postgres")
        return said.strip() == "f"


def _damaged(folder: Path, what: str) -> Path:
    """A copy of a backup with something wrong in it."""
    copy = folder.with_name(f"damaged-{what}")
    shutil.copytree(folder, copy)
    if what == "region":
        manifest = copy / backup.MANIFEST
        manifest.write_text(manifest.read_text().replace('"proef"', '"elders"'))
    else:
        with (copy / "ledger.dump").open("ab") as file:
            file.write(b"\0")
    return copy
