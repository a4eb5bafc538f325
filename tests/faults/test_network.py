"""A whole region in a network: whatever happens to its link, local work goes on as if alone."""

import asyncio
import random
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from services.region.network.hub import Hub
from services.region.network.joining import join
from services.region.network.registrar import HubServer, Registrar, look_around
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.proxies import Gate
from tests.harness.regions import real_region


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
