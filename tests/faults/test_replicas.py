"""Two replicas: one commits, one stands by and takes over; a paused leader does no harm."""

import asyncio
import time
from pathlib import Path

import pytest

from contracts.ledger import TransferCredit
from services.kernel.service import new_id
from tests.faults.conftest import Shared
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import pause, real_region, resume

TAKES_OVER_WITHIN_SECONDS = 2.0


@pytest.mark.alone
async def test_the_standby_takes_over_within_two_seconds_of_a_kill(tmp_path: Path, seed: int) -> None:
    async with real_region(tmp_path, replicas=2) as (region, _), Neighbourhood(region.region, seed) as place:
        await place.settle_in(4)
        for _ in range(2):
            leader = await asyncio.to_thread(region.leader_of, "ledger")
            await asyncio.to_thread(leader.kill)
            began = time.monotonic()
            giver, taker = place.members[:2]
            await place.tell(
                TransferCredit(from_account_id=giver, to_account_id=taker, minutes=1), id=new_id()
            )
            took = time.monotonic() - began
            print(f"answered {took:.2f} s after the leader was killed")
            assert took < TAKES_OVER_WITHIN_SECONDS
            leader.start()
            await asyncio.to_thread(region.wait_ready)
        await assert_all_holds(region.region, place.answered, folder=tmp_path)


@pytest.mark.alone
@pytest.mark.long
async def test_of_every_service_the_standby_leads_within_two_seconds_of_a_kill(
    tmp_path: Path, seed: int
) -> None:
    async with real_region(tmp_path, replicas=2) as (region, _), Neighbourhood(region.region, seed) as place:
        await place.settle_in(4)
        for service in region.region.services:
            leader = await asyncio.to_thread(region.leader_of, service)
            (standby,) = [replica for replica in region.of(service) if replica is not leader]
            await asyncio.to_thread(leader.kill)
            began = time.monotonic()
            await place.until(lambda who=standby: asyncio.to_thread(who.leading), 10)
            took = time.monotonic() - began
            print(f"{service} led {took:.2f} s after its leader was killed")
            assert took < TAKES_OVER_WITHIN_SECONDS
            leader.start()
            await asyncio.to_thread(region.wait_ready)
        await place.live(seconds=2.0)
        await assert_all_holds(region.region, place.answered, folder=tmp_path)


async def test_a_leader_paused_past_its_lease_and_resumed_writes_nothing_more(
    tmp_path: Path, seed: int
) -> None:
    async with real_region(tmp_path, replicas=2) as (region, _), Neighbourhood(region.region, seed) as place:
        await place.settle_in()
        living = asyncio.create_task(place.live(seconds=6.0))
        for service in ("exchange", "ledger"):
            await asyncio.sleep(0.5)
            paused = await asyncio.to_thread(region.leader_of, service)
            pause(paused.pid)
            try:
                other = next(replica for replica in region.of(service) if replica is not paused)
                await place.until(lambda who=other: asyncio.to_thread(who.leading), 10)
                await asyncio.sleep(0.5)
            finally:
                resume(paused.pid)
        await living
        await asyncio.to_thread(region.wait_ready)
        await assert_all_holds(region.region, place.answered, folder=tmp_path)


async def test_of_two_coordinators_who_confirm_at_once_one_wins(shared: Shared, seed: int) -> None:
    from contracts.exchange import ConfirmMatch, PostOffer, RequestHelp

    async with Neighbourhood(shared.region.region, seed) as place:
        await place.settle_in(6)
        asker, *helpers = place.members
        for _ in range(10):
            asked = await place.tell(
                RequestHelp(member_id=asker, category="company", minutes=5, consent="phone")
            )
            offers = [
                await place.tell(PostOffer(member_id=helper, category="company")) for helper in helpers[:3]
            ]
            answers = await asyncio.gather(
                *(
                    place.tell(ConfirmMatch.model_validate({"request_id": asked.id, "offer_id": offer.id}))
                    for offer in offers
                )
            )
            outcomes = sorted(answer.outcome for answer in answers)
            assert outcomes == ["accepted", "refused", "refused"]
            codes = {answer.refusal.code for answer in answers if answer.refusal is not None}
            assert codes == {"already_matched"}
    await shared.holds(place)
