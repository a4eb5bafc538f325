"""A whole region put back to an older copy, beside a region that goes on: both come to the same again.

With what NATS still holds everything comes back. Without it the region has forgotten what it did since: what
the other wrote comes once more, and what is on one side alone waits for a person there.
"""

import asyncio
import shutil
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.region import backup, operating
from services.region.mirror import mirror
from services.region.verify import verify
from tests.harness.help_across import Help, begin_help, gone
from tests.harness.regions import retried
from tests.harness.town import NOOR, SAM, Town, good
from tests.harness.towns import WEST, Towns, two_towns
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
        gift = await asyncio.to_thread(towns.give, towns.oost, anna, bram, GIVEN)
        back = await asyncio.to_thread(towns.give, towns.west, bram, anna, GOT)
        await asyncio.to_thread(_until_confirmed, towns, help)
        await _until_posted(towns, (towns.west, gift), (towns.oost, back))

        await _put_back(towns.oost, folder, kept=kept)
        await retried(towns.oost.region)
        if kept:
            assert help.both("confirmed")
            assert not await asyncio.to_thread(_forgotten, towns)
        else:
            await asyncio.to_thread(_nothing_there, towns)
            assert await asyncio.to_thread(_forgotten, towns), "both sides list what the region forgot"
            await asyncio.to_thread(_help_that_was_forgotten, towns, help)
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

        # And they go on.
        more = await asyncio.to_thread(towns.give, towns.oost, anna, bram, GIVEN)
        await _until_posted(towns, (towns.west, more))
        assert (await mirror(towns.oost.region.region, towns.west.region.region)).ok


def _until_confirmed(towns: Towns, help: Help) -> None:
    for step in (help.shown, help.proposed, help.chosen, help.asker_agrees, help.helper_agrees):
        seen = step()
        towns.oost.until(seen, f"{step.__name__} being seen there", seconds=30)


async def _until_posted(towns: Towns, *gifts: tuple[Town, UUID]) -> None:
    """Each in the ledger of the town that receives it."""
    sql = "SELECT count(*) FROM crossings WHERE transfer_id = $1 AND status = 'posted'"
    for there, transfer_id in gifts:

        async def posted(there: Town = there, transfer_id: UUID = transfer_id) -> bool:
            return bool(await towns.value(there, "ledger", sql, transfer_id))

        await until(posted, "the gift being posted there", seconds=30)


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

    stranded = "transfer_stranded"
    west.until(lambda: bool(_work(west, stranded)), "the gift that oost forgot being work", seconds=30)
    (item,) = _work(west, stranded)
    path = f"/v1/region-transfers/{item['entity_id']}"
    assert west.read(path, by=SAM)["stranded"] == "forgotten"
    said = {"booked": False, "note": "Gebeld met Noor: daar is niets van bekend."}
    good(west.post(f"{path}/decisions", said, by=SAM))
    west.until(lambda: west.read(path, by=SAM)["status"] == "taken_back", "it being taken back", seconds=10)
    assert not _work(west, stranded)


def _forgotten(towns: Towns) -> bool:
    """Whether anything is listed of it, and then on both sides."""
    oost, west = [_work(town, "letter_forgotten") for town in (towns.oost, towns.west)]
    assert {matter["entity_id"] for matter in oost} == {matter["entity_id"] for matter in west}
    return bool(west)


def _help_that_was_forgotten(towns: Towns, help: Help) -> None:
    """West sees that oost does not know it asked. The helper went there all the same; Sam ends it."""
    oost, west = towns.oost, towns.west
    assert oost.get(f"/v1/loans/{help.here}", by=NOOR).status_code == 404
    assert oost.read(f"/v1/help-requests/{help.request}", by=NOOR)["status"] == "open"
    (item,) = _work(west, "loan_forgotten")
    assert item["entity_id"] == help.there
    good(west.post(f"/v1/loans/{help.there}/minutes", {"minutes": 45}, by=help.helper.login))
    west.until(lambda: help.at(WEST)["our_minutes"] == 45, "the minutes being seen")
    assert _work(west, "loan_forgotten")
    gone(west, f"/v1/loans/{help.there}", by=SAM)
    west.until(lambda: bool(_work(west, "loan_cut_short")), "what was helped being talked about")
    assert not _work(west, "loan_forgotten")
    good(west.post(f"/v1/loans/{help.there}/resolutions", by=SAM))
    # Each region says of each matter that people looked at it.
    for town in (oost, west):
        for matter in _work(town, "letter_forgotten"):
            good(town.post(f"/v1/forgotten-letters/{matter['entity_id']}/settlements", by=NOOR))
    for town, kind in product((oost, west), ("loan_forgotten", "loan_cut_short", "letter_forgotten")):
        town.until(lambda town=town, kind=kind: not _work(town, kind), f"no {kind}")


def _work(town: Town, kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = town.read(f"/v1/work-items?kind={kind}&limit=200", by=NOOR)["items"]
    return items


async def _quiet(towns: Towns) -> None:
    """Nothing is under way any more."""

    async def nothing() -> bool:
        return not await towns.under_way() and not await towns.waiting()

    await until(nothing, "nothing being under way", seconds=60)
