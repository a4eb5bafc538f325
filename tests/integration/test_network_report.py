"""What the operator of a hub reads of two real regions, and a region of the other, by typing commands."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.link.office import RELEASE
from tests.harness.town import NOOR, Neighbour, in_days
from tests.harness.towns import OOST, WEST, Towns, two_towns
from tests.harness.waiting import until

PROJECT = Path(__file__).parents[2]
GIVEN, WAITS = 30, 7

TOTALS = {"release", "peers_up", "peers_away", "waiting", "refused", "positions_minutes"}
"""All that a region reports. Whoever adds to it looks here: counts and versions, and nothing about people."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def towns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Towns]:
    async with two_towns(tmp_path_factory.mktemp("towns")) as found:
        yield found


async def test_the_hub_reads_a_true_report_of_each_region_and_nothing_about_people(towns: Towns) -> None:
    await asyncio.to_thread(towns.agree_on_a_cap, 600)
    anna, bram = await asyncio.to_thread(lambda: (towns.oost.neighbour(), towns.west.neighbour()))
    words = "Wie helpt mij met de heg? Mijn knie doet niet meer mee."
    await asyncio.to_thread(towns.oost.ask, anna, "gardening", wanted_at=in_days(3), text=words)
    await asyncio.to_thread(towns.give, towns.oost, anna, bram, GIVEN)
    await asyncio.to_thread(_quiet, towns)
    oost, west = await _seen_from_the_hub(towns)
    for region in (oost, west):
        assert region["up"]
        assert 0 < region["delay_ms"] < 2_000
        assert set(region["report"]) == TOTALS
        told = {name: region["report"][name] for name in ("release", "peers_up", "waiting", "refused")}
        assert told == {"release": RELEASE, "peers_up": 1, "waiting": 0, "refused": 0}
    assert oost["report"]["positions_minutes"] == await _position(towns, OOST) == {"owes": GIVEN, "owed": 0}
    assert west["report"]["positions_minutes"] == await _position(towns, WEST) == {"owes": 0, "owed": GIVEN}

    # West is cut off: what waits for it is what oost shows, to the letter.
    towns.gates[WEST].shut()
    for _ in range(WAITS):
        await asyncio.to_thread(towns.give, towns.oost, anna, bram, 1)
    await until(lambda: _wait(towns), "the letters that were written waiting")
    await asyncio.to_thread(towns.oost.until, lambda: _away(towns), "oost missing west", seconds=30)
    oost, west = await _seen_from_the_hub(towns)
    told = {name: oost["report"][name] for name in ("peers_up", "peers_away", "waiting")}
    assert told == {"peers_up": 0, "peers_away": 1, "waiting": WAITS}
    assert (west["up"], west["report"], west["delay_ms"]) == (False, None, None)
    towns.gates[WEST].heal()
    await asyncio.to_thread(_quiet, towns)
    seen = await _seen_from_the_hub(towns)
    assert [one["report"]["waiting"] for one in seen] == [0, 0]
    assert seen[0]["report"]["positions_minutes"] == {"owes": GIVEN + WAITS, "owed": 0}
    _nothing_about(json.dumps(seen), anna, bram, words)


async def test_a_region_that_leaves_by_command_is_gone_for_the_others_and_for_the_hub(towns: Towns) -> None:
    at_oost, at_west = (("--config", str(town.folder / "region.toml")) for town in (towns.oost, towns.west))
    (line,) = (await _wederdienst("peers", *at_oost)).splitlines()
    assert line.split()[:2] == [WEST, "up"]
    assert "is off the list" in await _wederdienst("leave", *at_west)
    await asyncio.to_thread(towns.oost.until, lambda: _left(towns), "oost hearing that west left", seconds=30)
    (west,) = json.loads(await _wederdienst("peers", *at_oost, "--json"))
    assert (west["peer"], west["status"]) == (WEST, "left")
    table = await _wederdienst("peers", "--folder", str(towns.hub.folder))
    by_region = dict(line.split(maxsplit=1) for line in table.splitlines())
    assert by_region[WEST] == "left"
    assert by_region[OOST].startswith("up")
    # Whoever left hears it too, and does not ask in vain.
    (oost,) = json.loads(await _wederdienst("peers", *at_west, "--json"))
    assert (oost["peer"], oost["status"]) == (OOST, "left")


async def _wederdienst(*arguments: str) -> str:
    """`wederdienst network …`, as someone types it; what it prints."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.region.cli", "network", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _seen_from_the_hub(towns: Towns) -> list[dict[str, Any]]:
    """Oost and west, as `network peers` on the hub's machine gives them."""
    said = await _wederdienst("peers", "--folder", str(towns.hub.folder), "--json")
    return sorted(json.loads(said), key=lambda one: str(one["region"]))


async def _position(towns: Towns, region: str) -> dict[str, int]:
    """The totals, out of the region's ledger."""
    town = towns.oost if region == OOST else towns.west
    sql = "SELECT coalesce(sum(greatest({sign}position_minutes, 0)), 0) FROM clearings"
    return {
        what: int(await towns.value(town, "ledger", sql.format(sign=sign)))
        for what, sign in (("owes", ""), ("owed", "-"))
    }


async def _wait(towns: Towns) -> bool:
    return await towns.waiting(towns.oost) == WAITS


def _away(towns: Towns) -> bool:
    (peer,) = towns.oost.read("/v1/peers", by=NOOR)["peers"]
    return not peer["up"]


def _left(towns: Towns) -> bool:
    (peer,) = towns.oost.read("/v1/peers", by=NOOR)["peers"]
    return bool(peer["status"] == "left")


def _quiet(towns: Towns) -> None:
    def quiet() -> bool:
        return not asyncio.run(towns.under_way()) and not asyncio.run(towns.waiting())

    towns.oost.until(quiet, "nothing being under way", seconds=60)


def _nothing_about(said: str, anna: Neighbour, bram: Neighbour, words: str) -> None:
    for person in (anna, bram):
        for value in (str(person.id), person.name, person.email, person.phone):
            assert value not in said
    assert words not in said
