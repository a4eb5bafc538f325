"""A whole region in a network: whatever happens to its link, local work goes on as if alone."""

import asyncio
import random
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from services.link.presence import FAILING_SECONDS
from services.region.mirror import mirror
from services.region.network.hub import Hub
from services.region.network.joining import join
from services.region.network.registrar import HubServer, Registrar, look_around
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import LATE_SECONDS, Neighbourhood
from tests.harness.proxies import Gate
from tests.harness.regions import real_region
from tests.harness.town import Neighbour, Town
from tests.harness.towns import OOST, Towns, two_towns
from tests.harness.waiting import until

CUT_SECONDS = 2.5 * FAILING_SECONDS
HEALS_SECONDS = 5.0
AT_ONCE = 1_000
"""So many letters may wait and be taken within those; beyond them, as many a second."""
MOST_GIFTS = 500
"""From each region, of a minute each."""


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_local_work_goes_on_while_the_link_is_cut_and_the_hub_is_killed(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    hub = Hub.init(tmp_path / "hub")
    server, gate = HubServer(hub), Gate(hub.address[1])
    await asyncio.to_thread(server.start)
    registrar = asyncio.create_task(Registrar(hub).run())
    await gate.open()

    async def joins(config: Path) -> None:
        await join(config, replace(hub.invite("oost"), hub=f"127.0.0.1:{gate.port}"))

    try:
        async with real_region(tmp_path / "oost", name="oost", joins=joins) as (region, _):
            link = region.of("link")[0]
            async with Neighbourhood(region.region, seed) as place:
                await place.settle_in()
                place.late, before = 0, len(place.answered)
                # Few, because what they do is told by mail, and that must be sent at the end.
                living = asyncio.create_task(place.live(neighbours=3, seconds=40.0))
                for _ in range(4):
                    gate.shut(dice.choice(["there", "back", "both"]))
                    await asyncio.sleep(5)
                    gate.break_off()
                    gate.heal()
                    await asyncio.sleep(2)
                await asyncio.to_thread(server.stop, signal.SIGKILL)
                await asyncio.sleep(3)
                await asyncio.to_thread(server.start)
                await asyncio.to_thread(link.kill)
                link.start()
                await living
                told = len(place.answered) - before
                print(f"{told} commands, {place.late} late, the slowest {place.slowest_seconds:.2f} s")
                assert place.late <= told / 1000
            await asyncio.to_thread(region.wait_ready)
            (seen,) = await look_around(hub)
            assert seen.up, "the link finds its way to the new hub"
            await assert_all_holds(region.region, place.answered, folder=tmp_path / "oost", drain_seconds=120)
    finally:
        registrar.cancel()
        with suppress(asyncio.CancelledError):
            await registrar
        await gate.close()
        await asyncio.to_thread(server.stop)


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(400)
async def test_local_work_goes_on_while_hours_wait_for_a_region_that_is_away(
    tmp_path: Path, seed: int
) -> None:
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, 2 * MOST_GIFTS)
        both = ((towns.oost, towns.west), (towns.west, towns.oost))
        people = {town.folder: await asyncio.to_thread(town.neighbour) for town, _ in both}
        async with Neighbourhood(towns.oost.region.region, seed) as place:
            await place.settle_in()
            place.late, before = 0, len(place.answered)
            towns.gates[OOST].shut()
            living = asyncio.create_task(place.live(neighbours=3, seconds=CUT_SECONDS))
            giving = [
                asyncio.to_thread(_give, towns, town, people[town.folder], people[other.folder])
                for town, other in both
            ]
            took = [seconds for each in await asyncio.gather(*giving) for seconds in each]
            await living
            told = len(place.answered) - before + len(took)
            late = place.late + sum(seconds > LATE_SECONDS for seconds in took)
            slowest = max(place.slowest_seconds, *took)
            print(f"{told} commands, {len(took)} of them gifts, {late} late, the slowest {slowest:.2f} s")
            assert late <= told / 1000
            await _drains(towns)
        oost, west = towns.oost.region.region, towns.west.region.region
        await assert_all_holds(oost, place.answered, folder=towns.oost.folder, drain_seconds=120)
        found = await mirror(oost, west)
        assert found.ok, found.wrong
        assert found.read == len(took)


def _give(towns: Towns, town: Town, giver: Neighbour, taker: Neighbour) -> list[float]:
    """A minute at a time, for as long as it is cut; gives how many seconds each took to be answered."""
    took: list[float] = []
    ends = time.monotonic() + CUT_SECONDS
    while (began := time.monotonic()) < ends and len(took) < MOST_GIFTS:
        towns.give(town, giver, taker, 1)
        took.append(time.monotonic() - began)
    return took


async def _drains(towns: Towns) -> None:
    """What waits is taken in time once the line has healed, and every gift comes to its end."""
    waiting = await towns.waiting()
    towns_queued = [(town, await _letters(towns, town, "queued")) for town in (towns.oost, towns.west)]

    async def taken() -> bool:
        return all([await _letters(towns, town, "taken") >= queued for town, queued in towns_queued])

    async def over() -> bool:
        return not await towns.under_way() and not await towns.waiting()

    towns.gates[OOST].heal()
    healed = time.monotonic()
    allowed = HEALS_SECONDS + max(0, waiting - AT_ONCE) / AT_ONCE
    await until(taken, "what waited being taken", seconds=allowed)
    print(f"{waiting} letters waited, and were taken {time.monotonic() - healed:.1f} s after healing")
    await until(over, "every gift being posted", seconds=120)
    print(f"all that they led to was done after {time.monotonic() - healed:.1f} s")


async def _letters(towns: Towns, town: Town, which: str) -> int:
    return int(await towns.value(town, "link", f"SELECT coalesce(sum({which}), 0) FROM peers"))
