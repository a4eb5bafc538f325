"""A whole region put back to an older copy, beside a region that goes on: both come to the same again.

With what NATS still holds everything comes back. Without it the region has forgotten what it did since: what
the other wrote comes once more, and what is on one side alone waits for a person there.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.region import backup, operating
from services.region.databases import connect
from services.region.mirror import mirror
from services.region.verify import verify
from tests.faults.test_help_under_cuts import Help, begin_help
from tests.harness.regions import retried
from tests.harness.town import NOOR, SAM, Neighbour, Town, good
from tests.harness.towns import OOST, WEST, Towns, two_towns
from tests.harness.waiting import until

CAP, GIVEN, GOT = 600, 30, 20

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.mark.parametrize("kept", [True, False], ids=["nats kept", "nats lost"])
async def test_a_region_that_was_put_back_and_its_peer_come_to_the_same(tmp_path: Path, kept: bool) -> None:
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, CAP)
        anna, bram = await asyncio.to_thread(lambda: (towns.oost.neighbour(), towns.west.neighbour()))
        help = await asyncio.to_thread(begin_help, towns)
        await _quiet(towns)
        folder, _ = await backup.take(towns.oost.region.region, tmp_path / "backups")

        # What the copy does not know: a gift each way, and help that both people agreed to.
        gift = await asyncio.to_thread(_give, towns.oost, anna, WEST, bram, GIVEN)
        back = await asyncio.to_thread(_give, towns.west, bram, OOST, anna, GOT)
        await asyncio.to_thread(_until_confirmed, towns, help)
        await _until_posted(towns, gift, back)

        await _put_back(towns.oost, folder, kept=kept)
        await retried(towns.oost.region)
        if not kept:
            await asyncio.to_thread(_nothing_there, towns)
        await _quiet(towns)
        mirrored = await mirror(towns.oost.region.region, towns.west.region.region)
        assert mirrored.ok, mirrored.wrong
        position = await asyncio.to_thread(towns.position, towns.oost)
        assert position["position_minutes"] == (GIVEN if kept else 0) - GOT
        for town, person in ((towns.oost, anna), (towns.west, bram)):
            account = await asyncio.to_thread(town.account, person)
            came = GOT - (GIVEN if kept else 0)
            has = came if town is towns.oost else -came
            assert (account["balance_minutes"], account["held_minutes"]) == (has, 0)
            report = await verify(town.region.region, folder=town.folder, drain_seconds=30)
            assert report.ok, [check for check in report.checks if not check.ok]
        forgotten = [peer["orphans"] for peer in towns.west.read("/v1/peers", by=NOOR)["peers"]]
        assert any(forgotten) is not kept, "both sides list what the region forgot"

        # And they go on.
        more = await asyncio.to_thread(_give, towns.oost, anna, WEST, bram, GIVEN)
        await _until_posted(towns, more)
        assert (await mirror(towns.oost.region.region, towns.west.region.region)).ok


def _give(town: Town, giver: Neighbour, peer: str, taker: Neighbour, minutes: int) -> tuple[str, str]:
    body = {"from_account_id": giver.id, "peer": peer, "to_account_id": taker.id, "minutes": minutes}
    return town.region.region.region, good(town.post("/v1/region-transfers", body, by=NOOR), 201)["id"]


def _until_confirmed(towns: Towns, help: Help) -> None:
    for step in (help.shown, help.proposed, help.chosen, help.asker_agrees, help.helper_agrees):
        seen = step()
        towns.oost.until(seen, f"{step.__name__} being seen there", seconds=30)


async def _until_posted(towns: Towns, *gifts: tuple[str, str]) -> None:
    for region, transfer_id in gifts:
        there = towns.west if region == OOST else towns.oost
        sql = "SELECT count(*) FROM crossings WHERE transfer_id = $1 AND status = 'posted'"

        async def posted(there: Town = there, sql: str = sql, transfer_id: str = transfer_id) -> bool:
            return bool(await _value(there, "ledger", sql, transfer_id))

        await until(posted, "the gift being posted there", seconds=30)


async def _value(town: Town, service: str, sql: str, *arguments: Any) -> Any:
    database = await connect(town.region.region, service)
    try:
        return await database.fetchval(sql, *arguments)
    finally:
        await database.close()


async def _put_back(town: Town, folder: Path, *, kept: bool) -> None:
    """As an operator does: services stopped, the copy put back, what NATS still holds taken back."""
    region = town.region
    for replica in region.replicas:
        await asyncio.to_thread(replica.stop)
    if not kept:
        assert region.nats is not None
        await asyncio.to_thread(region.nats.stop)
        shutil.rmtree(region.nats.folder / "jetstream")
        await asyncio.to_thread(region.nats.start)
    manifest = await backup.put_back(region.region, folder)
    recovered = await operating.recover(region.region, manifest.logs)
    assert any(log.taken_back for log in recovered) is kept
    for replica in region.replicas:
        replica.start()
    await asyncio.to_thread(region.wait_ready)


def _nothing_there(towns: Towns) -> None:
    """West sees that oost knows nothing of what it gave; Sam calls, and it is taken back."""
    west = towns.west

    def waits() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = west.read("/v1/work-items?kind=transfer_stranded", by=SAM)["items"]
        return items

    west.until(lambda: bool(waits()), "the gift that oost forgot being work", seconds=30)
    (item,) = waits()
    path = f"/v1/region-transfers/{item['entity_id']}"
    assert west.read(path, by=SAM)["stranded"] == "forgotten"
    said = {"booked": False, "note": "Gebeld met Noor: daar is niets van bekend."}
    good(west.post(f"{path}/decisions", said, by=SAM))
    west.until(lambda: west.read(path, by=SAM)["status"] == "taken_back", "it being taken back", seconds=10)
    assert not waits()


async def _quiet(towns: Towns) -> None:
    """Nothing is under way any more."""

    async def nothing() -> bool:
        open_there = "SELECT count(*) FROM crossings WHERE status IN ('offered', 'accepted')"
        waiting = "SELECT coalesce(sum(queued - taken), 0) FROM peers"
        found = [
            await _value(town, service, sql)
            for town in (towns.oost, towns.west)
            for service, sql in (("ledger", open_there), ("link", waiting))
        ]
        return not any(found)

    await until(nothing, "nothing being under way", seconds=60)
