"""Commits whose outcome nobody heard, and a database that was put back to an older copy."""

import asyncio
import shutil
import signal
from pathlib import Path

import asyncpg
import pytest

from services.kernel.rebuild import Rebuild
from services.region import operating
from services.region.databases import connect
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.postgres import dump, put_back
from tests.harness.proxies import CutAfterSending, proxy
from tests.harness.regions import RunningRegion, real_region, retried


async def test_a_connection_cut_during_commit_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    async with real_region(tmp_path) as (region, _):
        cutting = CutAfterSending()
        async with proxy(region.region.postgres.port, there=cutting.there, back=cutting.back) as port:
            ledger = region.of("ledger")[0]
            await asyncio.to_thread(ledger.stop)
            ledger.environment["WD_POSTGRES__PORT"] = str(port)
            ledger.start()
            await asyncio.to_thread(region.wait_ready)
            async with Neighbourhood(region.region, seed) as place:
                await place.settle_in()
                living = asyncio.create_task(place.live(seconds=4.0))
                for _ in range(8):
                    await asyncio.sleep(0.4)
                    cutting.cuts_left = 1
                await living
            assert cutting.cuts >= 4, "the proxy cut too few commits to show anything"
            await assert_all_holds(region.region, place.answered, folder=tmp_path)
            await asyncio.to_thread(ledger.stop)


async def test_a_database_put_back_to_an_older_copy_takes_its_tail_back_from_jetstream(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with real_region(tmp_path) as (region, _), Neighbourhood(region.region, seed) as place:
        await place.settle_in()
        await place.live(seconds=1.0)
        copy = await asyncio.to_thread(dump, region.region, "ledger", tmp_path)
        await place.live(seconds=2.0)
        before = await _head(region, "ledger")
        ledger = region.of("ledger")[0]
        await asyncio.to_thread(ledger.kill)
        await asyncio.to_thread(put_back, region.region, "ledger", copy)
        behind = await _head(region, "ledger")
        assert behind < before
        ledger.start()
        # It sees that others are ahead of it, and writes nothing.
        await place.until(lambda: asyncio.to_thread(_forked, ledger.log), 20)
        assert await _head(region, "ledger") == behind
        # One that fails changes nothing, and keeps nobody from trying again.
        with monkeypatch.context() as broken:
            broken.setattr(Rebuild, "run", _no_room)
            with pytest.raises(asyncpg.DiskFullError):
                await _recover(region, "ledger")
        assert await _head(region, "ledger") == behind
        assert not ledger.leading()
        done = await _recover(region, "ledger")
        assert (done.taken_back, done.head_after, done.new_epoch) == (before - behind, before, False)
        await asyncio.to_thread(region.wait_ready)
        await retried(region)
        await place.live(seconds=1.0)
        await assert_all_holds(region.region, place.answered, folder=tmp_path, refusals_too=False)


@pytest.mark.long
async def test_without_jetstream_a_new_epoch_begins_and_followers_list_what_a_person_must_look_at(
    tmp_path: Path, seed: int
) -> None:
    async with real_region(tmp_path) as (region, _), Neighbourhood(region.region, seed) as place:
        assert region.nats is not None
        await place.settle_in()
        copy = await asyncio.to_thread(dump, region.region, "ledger", tmp_path)
        await place.live(seconds=1.0)
        await asyncio.sleep(0.5)
        ledger = region.of("ledger")[0]
        await asyncio.to_thread(ledger.kill)
        await asyncio.to_thread(region.nats.stop, signal.SIGKILL)
        shutil.rmtree(region.nats.folder / "jetstream")
        await asyncio.to_thread(region.nats.start)
        await asyncio.to_thread(put_back, region.region, "ledger", copy)
        ledger.start()
        # Only its followers know that there was more.
        await place.until(lambda: asyncio.to_thread(_forked, ledger.log), 20)
        done = await _recover(region, "ledger")
        assert done.new_epoch
        assert done.epoch == 2
        await asyncio.to_thread(region.wait_ready)
        # Life goes on, and the exchange lists the effects of what is no more.
        await place.live(seconds=1.0)
        await place.until(lambda: _has_fork(region, "exchange"), 20)
        open_ranges = await operating.forks(region.region)
        assert {(row["source"], row["epoch"]) for row in open_ranges} == {("ledger", 2)}
        for row in open_ranges:
            await operating.settle_fork(region.region, row["service"], "ledger", 2, "nagekeken")
        assert await operating.forks(region.region) == []


async def _has_fork(region: RunningRegion, service: str) -> bool:
    database = await connect(region.region, service)
    try:
        return bool(await database.fetchval("SELECT count(*) FROM forks WHERE source = 'ledger'"))
    finally:
        await database.close()


async def _recover(region: RunningRegion, service: str) -> operating.Recovered:
    (done,) = await operating.recover(region.region, [service])
    return done


async def _no_room(_: Rebuild) -> int:
    raise asyncpg.DiskFullError("No space left on device")


async def _head(region: RunningRegion, service: str) -> int:
    database = await connect(region.region, service)
    try:
        return int(await database.fetchval("SELECT position FROM log_head"))
    finally:
        await database.close()


def _forked(log: Path) -> bool:
    return '"event": "forked"' in log.read_text()
