"""From one release to the next, and back, while people work; and from what every release left behind."""

import asyncio
from pathlib import Path

import pytest

from contracts.catalogue import SERVICES
from services.region import backup
from services.region.databases import connect
from services.region.running import ServiceProcess
from tests.harness import releases
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import RunningRegion, real_region


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kept", releases.kept(), ids=lambda folder: folder.name)
async def test_what_a_release_left_behind_is_upgraded_and_lives_on(
    tmp_path: Path, seed: int, kept: Path
) -> None:
    async with real_region(tmp_path) as (region, _):
        for replica in region.replicas:
            await asyncio.to_thread(replica.stop)
        manifest = await backup.put_back(region.region, kept)
        for service, head in manifest.logs.items():
            database = await connect(region.region, service)
            assert await database.fetchval("SELECT position FROM log_head") == head.position
            await database.close()
        for replica in region.replicas:
            replica.start()
        await asyncio.to_thread(region.wait_ready)
        async with Neighbourhood(region.region, seed) as place:
            await place.settle_in(4)
            await place.live(seconds=1.0)
        await assert_all_holds(region.region, place.answered, folder=tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_old_and_new_run_together_and_nobody_notices_the_change_or_the_way_back(
    tmp_path: Path, seed: int
) -> None:
    old = tmp_path / "before"
    which = releases.code_before(old)
    if which is None:
        pytest.skip("there is no history here to take an older release from")
    async with real_region(tmp_path / "region", replicas=2) as (region, _):
        # The tables are the new release's already: that is how an upgrade begins.
        for replica in region.replicas:
            await _change(region, replica, old)
        async with Neighbourhood(region.region, seed) as place:
            await place.settle_in()
            living = asyncio.create_task(place.live(seconds=60.0))
            for code in (releases.PROJECT, old):
                for service in SERVICES:
                    await _change_both(region, service, code)
            assert not living.done(), "the load ended before the change did"
            await living
            rate = place.late / len(place.answered)
            print(f"{which} and back: {len(place.answered)} answers, {place.late} late ({rate:.3%})")
            assert rate < 0.001
        for replica in region.replicas:
            await _change(region, replica, releases.PROJECT)
        await assert_all_holds(region.region, place.answered, folder=tmp_path, drain_seconds=60)


async def _change_both(region: RunningRegion, service: str, code: Path) -> None:
    """Who stands by first, then who leads: the other takes over meanwhile."""
    leader = await asyncio.to_thread(region.leader_of, service)
    for replica in sorted(region.of(service), key=lambda replica: replica is leader):
        await _change(region, replica, code)


async def _change(region: RunningRegion, replica: ServiceProcess, code: Path) -> None:
    await asyncio.to_thread(replica.stop)
    replica.code = code
    replica.start()
    await asyncio.to_thread(region.wait_ready)
