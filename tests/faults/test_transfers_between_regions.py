"""Transfers between two regions under random cuts: posted on both sides or on neither, none doubled."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from services.kernel.service import new_id
from services.region.databases import connect
from services.region.mirror import mirror
from tests.harness.town import NOOR, Neighbour, Town
from tests.harness.towns import OOST, WEST, Towns, two_towns

COUNT = int(os.environ.get("WD_TRANSFERS", "1000"))


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_thousand_transfers_under_random_cuts(tmp_path: Path, seed: int) -> None:
    """The checker reads only the databases, and what the callers were told."""
    dice = random.Random(seed)
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, 1_200)
        people = {OOST: await _people(towns.oost), WEST: await _people(towns.west)}
        giving = asyncio.create_task(_give(towns, people, dice))
        while not giving.done():
            gate = dice.choice(list(towns.gates.values()))
            if dice.random() < 0.3:
                gate.break_off()
            else:
                gate.shut(dice.choice(["there", "back", "both"]))
            await asyncio.sleep(dice.random() * 3)
            gate.heal()
            await asyncio.sleep(dice.random())
        accepted = await giving
        fates = await _fates(towns, accepted)
        found = await mirror(towns.oost.region.region, towns.west.region.region)
        assert found.ok, found.wrong
        print(f"seed {seed}: {len(fates)} given, {fates.count('posted')} posted, the others released")
        assert set(fates) <= {"posted", "released"}
        assert found.read == fates.count("posted")


async def _people(town: Town) -> list[Neighbour]:
    return [await asyncio.to_thread(town.neighbour) for _ in range(3)]


async def _give(
    towns: Towns, people: dict[str, list[Neighbour]], dice: random.Random
) -> dict[str, tuple[str, ...]]:
    """Give to and fro; returns the ids that each region said yes to."""
    given: dict[str, list[str]] = {OOST: [], WEST: []}
    for n in range(COUNT):
        here, there = (OOST, WEST) if n % 2 else (WEST, OOST)
        body = {
            "from_account_id": dice.choice(people[here]).id,
            "to_account_id": dice.choice(people[there]).id,
            "peer": there,
            "minutes": dice.choice([1, 5, 15]),
        }
        town = towns.oost if here == OOST else towns.west
        post: Any = town.post
        answer = await asyncio.to_thread(post, "/v1/region-transfers", body, by=NOOR, key=str(new_id()))
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code == 201:
            given[here].append(answer.json()["id"])
    return {region: tuple(ids) for region, ids in given.items()}


async def _fates(towns: Towns, given: dict[str, tuple[str, ...]]) -> list[str]:
    """What became of each, once nothing waits any more."""
    fates: list[str] = []
    for town, ids in ((towns.oost, given[OOST]), (towns.west, given[WEST])):
        database = await connect(town.region.region, "ledger")
        try:
            for _ in range(600):
                sql = "SELECT status FROM crossings WHERE crossing_id = ANY($1::uuid[])"
                found = [row["status"] for row in await database.fetch(sql, list(ids))]
                if "offered" not in found:
                    break
                await asyncio.sleep(0.1)
            assert len(found) == len(ids)
            fates += found
        finally:
            await database.close()
    return fates
