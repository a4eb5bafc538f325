"""Transfers between two regions: posted on both sides or on neither, none doubled, none waiting for ever."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.kernel.service import new_id
from services.region.databases import connect
from services.region.mirror import mirror
from tests.harness.town import NOOR, Neighbour, Town, good, problem
from tests.harness.towns import OOST, WEST, Towns, two_towns
from tests.harness.waiting import until

COUNT = int(os.environ.get("WD_TRANSFERS", "1000"))
CAP = 60
ROUNDS = 25

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Given:
    """A transfer that its region said yes to: all that the checker knows beside the databases."""

    id: UUID
    payer: UUID
    payee: UUID
    minutes: int


type Record = dict[str, list[Given]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def towns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Towns]:
    async with two_towns(tmp_path_factory.mktemp("towns")) as found:
        yield found


async def test_two_regions_give_at_the_same_instant_at_the_cap(towns: Towns, seed: int) -> None:
    """What goes out counts at once, what comes in when it is posted: both may hear no, neither waits."""
    dice = random.Random(seed)
    await asyncio.to_thread(towns.agree_on_a_cap, CAP)
    people = {OOST: await _people(towns.oost), WEST: await _people(towns.west)}
    record: Record = {OOST: [], WEST: []}
    refused = 0
    for _ in range(ROUNDS):
        position = (await asyncio.to_thread(towns.position, towns.oost))["position_minutes"]
        gifts = []
        for here, room in ((OOST, CAP - position), (WEST, CAP + position)):
            minutes = dice.choice([max(1, room), max(1, room // 2), room + 1])
            who = (people[here][0].id, people[_other(here)][0].id)
            gifts.append((room, minutes, asyncio.to_thread(_give, towns, here, *who, minutes, record)))
        answers = await asyncio.gather(*(giving for _, _, giving in gifts))
        for (room, minutes, _), answer in zip(gifts, answers, strict=True):
            # More than there is room for is refused, also where what comes in would make room.
            assert (answer.status_code == 409) == (minutes > room)
            refused += minutes > room and bool(problem(answer, 409, "clearing_cap"))
        # Neither waits for ever, and the next round begins with nothing under way.
        await _fates(towns, record)
    await _agree(towns, record, people)
    print(f"{refused} refused at home, then {Counter((await _fates(towns, record)).values())}")


async def test_a_thousand_transfers_under_random_cuts(towns: Towns, seed: int) -> None:
    """The checker reads only the databases, and what the callers were told."""
    dice = random.Random(seed)
    await asyncio.to_thread(towns.agree_on_a_cap, 1_200)
    people = {OOST: await _people(towns.oost), WEST: await _people(towns.west)}
    record: Record = {OOST: [], WEST: []}
    before = (await asyncio.to_thread(towns.position, towns.oost))["position_minutes"]
    giving = asyncio.create_task(_to_and_fro(towns, people, dice, record))
    cuts = 0
    while not giving.done():
        gate = dice.choice(list(towns.gates.values()))
        if dice.random() < 0.3:
            gate.break_off()
        else:
            gate.shut(dice.choice(["there", "back", "both"]))
        await asyncio.sleep(dice.random() * 3)
        gate.heal()
        cuts += 1
        await asyncio.sleep(dice.random())
    await giving
    fates = Counter((await _fates(towns, record)).values())
    assert cuts > 0
    assert fates.total() == COUNT
    print(f"seed {seed}: {cuts} cuts, {fates['posted']} posted, {fates['released']} released")
    await _agree(towns, record, people, before)


async def _people(town: Town) -> list[Neighbour]:
    return [await asyncio.to_thread(town.neighbour) for _ in range(3)]


def _other(region: str) -> str:
    return WEST if region == OOST else OOST


def _town(towns: Towns, region: str) -> Town:
    return towns.oost if region == OOST else towns.west


def _give(towns: Towns, here: str, payer: UUID, payee: UUID, minutes: int, record: Record) -> Any:
    """Give minutes to someone over there; what was said yes to is on record."""
    body = {"from_account_id": payer, "peer": _other(here), "to_account_id": payee, "minutes": minutes}
    answer = _town(towns, here).post("/v1/region-transfers", body, by=NOOR, key=str(new_id()))
    if answer.status_code == 409:
        assert answer.json()["code"] in ("clearing_cap", "below_floor"), answer.text
    else:
        record[here].append(Given(UUID(good(answer, 201)["id"]), payer, payee, minutes))
    return answer


async def _to_and_fro(
    towns: Towns, people: dict[str, list[Neighbour]], dice: random.Random, record: Record
) -> None:
    # What is refused at home is no transfer: until so many are on record.
    for n in count():
        if sum(len(ones) for ones in record.values()) == COUNT:
            return
        here = OOST if n % 2 else WEST
        payer, payee = dice.choice(people[here]).id, dice.choice(people[_other(here)]).id
        minutes = dice.choice([1, 5, 15])
        await asyncio.to_thread(_give, towns, here, payer, payee, minutes, record)


async def _fates(towns: Towns, record: Record) -> dict[UUID, str]:
    """What became of each, once nothing is under way any more. Raises TimeoutError when something waits."""
    seen: dict[str, dict[UUID, str]] = {}

    async def all_known() -> bool:
        for region in record:
            rows = await _rows(towns, region, "SELECT crossing_id, status FROM crossings")
            seen[region] = {row["crossing_id"]: row["status"] for row in rows}
        return not any({"offered", "accepted"} & set(each.values()) for each in seen.values())

    await until(all_known, "every transfer being posted or released", seconds=60, pause_seconds=0.1)
    fates = {one.id: seen[region][one.id] for region, given in record.items() for one in given}
    assert set(fates.values()) <= {"posted", "released"}
    return fates


async def _agree(towns: Towns, record: Record, people: dict[str, list[Neighbour]], position: int = 0) -> None:
    """The two databases mirror each other, and every balance is what the record and the fates make it."""
    fates = await _fates(towns, record)
    mirrored = await mirror(towns.oost.region.region, towns.west.region.region)
    assert mirrored.ok, mirrored.wrong
    wanted = Counter[UUID]()
    for given in (one for ones in record.values() for one in ones if fates[one.id] == "posted"):
        wanted[given.payer] -= given.minutes
        wanted[given.payee] += given.minutes
    for region, living in people.items():
        ids = [one.id for one in living]
        sql = "SELECT account_id, balance_minutes, held_minutes FROM accounts WHERE account_id = ANY($1)"
        for row in await _rows(towns, region, sql, ids):
            assert (row["balance_minutes"], row["held_minutes"]) == (wanted[row["account_id"]], 0)
    owed = -sum(wanted[one.id] for one in people[OOST])
    (row,) = await _rows(towns, OOST, "SELECT position_minutes FROM clearings WHERE peer = $1", WEST)
    assert row["position_minutes"] == position + owed


async def _rows(towns: Towns, region: str, sql: str, *arguments: Any) -> list[Any]:
    """Rows of a region's ledger."""
    database = await connect(_town(towns, region).region.region, "ledger")
    try:
        return list(await database.fetch(sql, *arguments))
    finally:
        await database.close()
