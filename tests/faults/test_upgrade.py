"""From one release to the next, and back, while people work; and from what every release left behind."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.region import backup, operating
from services.region.databases import connect
from services.region.mirror import mirror
from services.region.running import ServiceProcess
from services.region.verify import verify
from tests.harness import releases
from tests.harness.checker import assert_all_holds
from tests.harness.help_across import CAP, TRANSFERS, begin_help
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import RunningRegion, real_region
from tests.harness.towns import two_towns


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
        await asyncio.to_thread(region.wait_ready, 120.0)
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
    last = releases.kept()[-1]
    if not releases.code_of(last, old):
        pytest.skip(f"the history here does not reach back to the code of {last.name}")
    async with real_region(tmp_path / "region", replicas=2) as (region, _):
        # The tables are the new release's already: that is how an upgrade begins.
        configs = {releases.PROJECT: region.config, old: releases.as_it_was(region.config, old)}
        await _change(region, region.replicas, old, configs)
        # One replica of each service on either machine.
        machines = [region.replicas[n::2] for n in (0, 1)]
        async with Neighbourhood(region.region, seed) as place:
            await place.settle_in()
            changed = asyncio.Event()
            living = asyncio.create_task(_live_until(changed, place))
            for code in (releases.PROJECT, old):
                for machine in machines:
                    await place.live(seconds=1.0)
                    await _change(region, machine, code, configs)
            changed.set()
            await living
            rate = place.late / len(place.answered)
            print(f"{last.name} and back: {len(place.answered)} answers, {place.late} late ({rate:.3%})")
            assert rate < 0.001
        await _change(region, region.replicas, releases.PROJECT, configs)
        await assert_all_holds(region.region, place.answered, folder=tmp_path, drain_seconds=240)


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_regions_of_two_releases_help_each_other(tmp_path: Path) -> None:
    """Each of the two once runs the last release, while the other runs this code."""
    old = tmp_path / "before"
    last = releases.kept()[-1]
    if not releases.code_of(last, old):
        pytest.skip(f"the history here does not reach back to the code of {last.name}")
    async with two_towns(tmp_path / "towns") as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, CAP)
        for town in (towns.oost, towns.west):
            region = town.region
            configs = {releases.PROJECT: region.config, old: releases.as_it_was(region.config, old)}
            await _change(region, region.replicas, old, configs)
            help = await asyncio.to_thread(begin_help, towns)
            for step in help.steps:
                seen = await asyncio.to_thread(step)
                await asyncio.to_thread(town.until, seen, f"{step.__name__} being seen there", 30)
            await _change(region, region.replicas, releases.PROJECT, configs)
        found = await mirror(towns.oost.region.region, towns.west.region.region)
        assert found.ok, found.wrong
        assert found.read == 2 * TRANSFERS
        for town in (towns.oost, towns.west):
            # What lists say since then of what the last release wrote (docs/upgrade.md).
            await operating.rebuild(town.region.region, "coordinator")
            report = await verify(town.region.region, folder=town.folder)
            assert report.ok, [check for check in report.checks if not check.ok]


async def _live_until(changed: asyncio.Event, place: Neighbourhood) -> None:
    while not changed.is_set():
        await place.live(seconds=1.0)


async def _change(
    region: RunningRegion, replicas: Sequence[ServiceProcess], code: Path, configs: dict[Path, Path]
) -> None:
    """Stop these, and start them again with this code and its configuration."""
    await asyncio.gather(*(asyncio.to_thread(replica.stop) for replica in replicas))
    for replica in replicas:
        replica.code = code
        replica.config = configs[code]
        replica.start()
    await asyncio.to_thread(region.wait_ready, 120.0)
