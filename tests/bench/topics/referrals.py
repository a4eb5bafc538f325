"""A referral, from the moment that a social team's system sends it to its being on a coordinator's work list.

In a whole region of its own, over HTTP, at a fixed pace. A coordinator's system asks for the work list over
and over; the time counts until the answer that has the referral on it.
"""

import asyncio
import time
from typing import Any
from uuid import uuid4

import httpx

from contracts.envelope import Role
from contracts.referring import EXAMPLE
from services.region.configure import write_region
from services.region.demo.cast import Login
from services.region.running import RunningRegion
from tests.bench.bench import Bench
from tests.bench.figures import Figure, Sample, at_most, percentile

PACE = 10
"""So many referrals a second."""

LOOK_SECONDS = 0.01
NOOR = Login("noor", Role.COORDINATOR, "Noor")
TEAM = Login("samira", Role.REFERRER, "Samira", team="west")


async def measure(bench: Bench) -> list[Figure]:
    """p99 of referral in to work list; each is of someone new, who is signed up with it."""
    config = write_region(
        bench.servers.folder / "referrals",
        region="referrals",
        name="Referrals",
        centre="3511",
        keys=[NOOR.as_table(), TEAM.as_table()],
        teams=[{"id": "west", "label": "Team West"}],
    )
    region = RunningRegion(config)
    try:
        await asyncio.to_thread(region.start)
        address = f"http://127.0.0.1:{region.region.web.port}"
        cpu = bench.cpu()
        many = bench.size(150, 30)

        async def run() -> Sample:
            cpu.start()
            async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                took = await _round(client, many)
            p50, p99 = (percentile(took, share) * 1000 for share in (0.50, 0.99))
            return Sample(p99, cpu.per_thousand(len(took)), p50_ms=p50, p99_ms=p99)

        sides = await bench.in_turns("referrals", {"wederdienst": run})
    finally:
        await asyncio.to_thread(region.stop)
    return [
        Figure(
            "referral-p99",
            "Referral in to the coordinator's work list, p99",
            "ms",
            sides["wederdienst"].latency("p99_ms"),
            at_most(500),
        )
    ]


async def _round(client: httpx.AsyncClient, many: int) -> list[float]:
    """How long each took, in seconds. What was sent is taken back afterwards: the list stays short."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    done = asyncio.Event()

    async def look() -> None:
        while not (done.is_set() and len(seen) == many):
            answer = await client.get("/v1/work-items?kind=referral_waits&limit=200", headers=_bearer(NOOR))
            at = time.perf_counter()
            for item in answer.raise_for_status().json()["items"]:
                seen.setdefault(item["entity_id"], at)
            await asyncio.sleep(LOOK_SECONDS)

    async def refer(n: int) -> None:
        await asyncio.sleep(n / PACE)
        began = time.perf_counter()
        answer = await client.post("/v1/referrals", json=_referral(), headers=_bearer(TEAM))
        sent[answer.raise_for_status().json()["id"]] = began

    async with asyncio.timeout(60 + many / PACE), asyncio.TaskGroup() as tasks:
        tasks.create_task(look())
        await asyncio.gather(*(refer(n) for n in range(many)))
        done.set()
    for referral_id in sent:
        path = f"/v1/referrals/{referral_id}/cancellations"
        (await client.post(path, headers=_bearer(TEAM))).raise_for_status()
    return [seen[referral_id] - began for referral_id, began in sent.items()]


def _bearer(login: Login) -> dict[str, str]:
    return {"Authorization": f"Bearer {login.key}"}


def _referral() -> dict[str, Any]:
    """The example, of someone at a door of their own."""
    door = str(uuid4().int % 10_000)
    return {**EXAMPLE, "person": {**EXAMPLE["person"], "house_number": door, "name": f"Jo {door}"}}
