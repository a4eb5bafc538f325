"""kill -9 of every service at random moments under load, and both servers taken away."""

import asyncio
import random
import shutil
import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Shared
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import RunningRegion, real_region


async def _while_living(place: Neighbourhood, seconds: float, disturb: object) -> None:
    living = asyncio.create_task(place.live(seconds=seconds))
    await disturb()  # type: ignore[operator]
    await living


async def test_every_service_is_killed_at_random_moments_and_no_answer_is_lost(
    shared: Shared, seed: int
) -> None:
    dice = random.Random(seed)

    async def kill_each() -> None:
        order = list(shared.region.replicas)
        dice.shuffle(order)
        for replica in order:
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            await asyncio.to_thread(replica.kill)
            replica.start()
            shared.kills += replica.service == "notifications"

    async with Neighbourhood(shared.region.region, seed) as place:
        await place.settle_in()
        await _while_living(place, 5.0, kill_each)
    await shared.holds(place)
    assert len(place.answered) > 100


async def test_nats_is_killed_and_its_store_wiped_and_everything_comes_back(
    shared: Shared, seed: int
) -> None:
    nats = shared.region.nats
    assert nats is not None

    async def wipe() -> None:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(nats.stop, signal.SIGKILL)
        await asyncio.to_thread(nats.start)
        await asyncio.sleep(1.5)
        await asyncio.to_thread(nats.stop, signal.SIGKILL)
        shutil.rmtree(nats.folder / "jetstream")
        await asyncio.to_thread(nats.start)

    async with Neighbourhood(shared.region.region, seed) as place:
        await place.settle_in()
        await _while_living(place, 4.0, wipe)
    await shared.holds(place)


async def test_postgres_is_stopped_immediately_and_started_again(shared: Shared, seed: int) -> None:
    postgres = shared.region.postgres
    assert postgres is not None

    async def pull_the_plug() -> None:
        for _ in range(2):
            await asyncio.sleep(1.0)
            await asyncio.to_thread(postgres.stop, signal.SIGQUIT)
            await asyncio.to_thread(postgres.start)
            shared.kills += 1

    async with Neighbourhood(shared.region.region, seed) as place:
        await place.settle_in()
        await _while_living(place, 4.0, pull_the_plug)
    await shared.holds(place)


@pytest.mark.long
@pytest.mark.timeout(1500)
async def test_a_long_evening_of_faults(tmp_path: Path, seed: int) -> None:
    """Soak: five minutes of load with a random fault every few seconds."""
    dice = random.Random(seed)
    async with real_region(tmp_path, replicas=2) as (region, mailbox):
        kills = 0

        async def disturb() -> None:
            nonlocal kills
            for _ in range(60):
                await asyncio.sleep(dice.uniform(2.0, 6.0))
                kills += await _some_fault(region, dice)

        async with Neighbourhood(region.region, seed) as place:
            await place.settle_in()
            await _while_living(place, 300.0, disturb)
            await asyncio.to_thread(region.wait_ready)
        await assert_all_holds(
            region.region,
            place.answered,
            folder=tmp_path,
            mailbox=mailbox,
            kills=kills,
            drain_seconds=600,
        )


async def _some_fault(region: RunningRegion, dice: random.Random) -> int:
    """Do something; returns how often it cut the sender of mails off."""
    assert region.nats is not None
    assert region.postgres is not None
    what = dice.random()
    if what < 0.7:
        replica = dice.choice(region.replicas)
        await asyncio.to_thread(replica.kill)
        replica.start()
        return int(replica.service == "notifications")
    if what < 0.85:
        await asyncio.to_thread(region.nats.stop, signal.SIGKILL)
        await asyncio.to_thread(region.nats.start)
        return 0
    await asyncio.to_thread(region.postgres.stop, signal.SIGQUIT)
    await asyncio.to_thread(region.postgres.start)
    return 1
