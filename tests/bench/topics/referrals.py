"""A referral, from a social team's system to a coordinator's work list, and what is answered back to it.

In a whole region of its own, over HTTP, at a fixed pace. Of a referral the time counts until a coordinator's
system, which asks for the work list over and over, has it. Of an answer it counts from the change of the
status, as exchange decided it, until the team's receiver has the webhook: with exchange's commit, its relay,
and notifications' own commit.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
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
from tests.bench.receivers import Receivers, receivers

PACE = 10
"""So many referrals, or answers, a second."""

LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 60.0
NOOR = Login("noor", Role.COORDINATOR, "Noor")
TEAM = Login("samira", Role.REFERRER, "Samira", team="west")

type Timed = Callable[[httpx.AsyncClient, int], Awaitable[list[float]]]
"""So many at that pace; how long each took, in seconds."""


async def measure(bench: Bench) -> list[Figure]:
    """p99 of referral in to work list, each of someone new; p99 of status change to webhook."""
    config = write_region(
        bench.servers.folder / "referrals",
        region="referrals",
        name="Referrals",
        centre="3511",
        keys=[NOOR.as_table(), TEAM.as_table()],
        teams=[{"id": "west", "label": "Team West"}],
    )
    region = RunningRegion(config)
    cpu = bench.cpu()
    many = bench.size(150, 30)

    async def run(timed: Timed) -> Sample:
        cpu.start()
        address = f"http://127.0.0.1:{region.region.web.port}"
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            took = await timed(client, many)
        p50, p99 = (percentile(took, share) * 1000 for share in (0.50, 0.99))
        return Sample(p99, cpu.per_thousand(len(took)), p50_ms=p50, p99_ms=p99)

    try:
        await asyncio.to_thread(region.start)
        come_in = await bench.in_turns("referrals", {"wederdienst": lambda: run(_come_in)})
        with receivers(1, 0, 0) as there:
            answers = _Answers(there)
            told = await bench.in_turns("answers to referrals", {"wederdienst": lambda: run(answers.told)})
    finally:
        await asyncio.to_thread(region.stop)
    return [
        Figure(
            "referral-p99",
            "Referral in to the coordinator's work list, p99",
            "ms",
            come_in["wederdienst"].latency("p99_ms"),
            at_most(500),
        ),
        Figure(
            "webhook-p99",
            "Status change in exchange to webhook at the receiver, p99",
            "ms",
            told["wederdienst"].latency("p99_ms"),
            at_most(500),
        ),
    ]


async def _come_in(client: httpx.AsyncClient, many: int) -> list[float]:
    """How long each took until it was on the work list."""
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
        sent[await _refer(client)] = began

    async with asyncio.timeout(PATIENCE_SECONDS + many / PACE), asyncio.TaskGroup() as tasks:
        tasks.create_task(look())
        await asyncio.gather(*(refer(n) for n in range(many)))
        done.set()
    await _take_back(client, sent)
    return [seen[referral_id] - began for referral_id, began in sent.items()]


class _Answers:
    """Answers to referrals, each brought to the one receiver of their team."""

    def __init__(self, there: Receivers) -> None:
        self._there = there
        self._registered = False
        self._cursor = 0

    async def told(self, client: httpx.AsyncClient, many: int) -> list[float]:
        """How long each took from the change of the status until the receiver had it."""
        if not self._registered:
            await self._register(client)
        referrals = [await _refer(client) for _ in range(many)]
        await self._arrived(many)
        await self._said(client)

        async def hold(n: int, referral_id: str) -> None:
            await asyncio.sleep(n / PACE)
            await _post(client, f"/v1/referrals/{referral_id}/holds", {"reason": "person-considers"}, NOOR)

        await asyncio.gather(*(hold(n, referral_id) for n, referral_id in enumerate(referrals)))
        arrived, said = await self._arrived(many), await self._said(client)
        await _take_back(client, referrals)
        await self._arrived(many)
        return [arrived[event_id] - at for event_id, at in said.items()]

    async def _register(self, client: httpx.AsyncClient) -> None:
        (port,) = self._there.healthy
        await _post(client, "/v1/webhook-endpoints", {"url": f"http://127.0.0.1:{port}/webhooks"}, TEAM)
        self._registered = True

    async def _arrived(self, many: int) -> dict[str, float]:
        return await self._there.arrived(many, seconds=PATIENCE_SECONDS)

    async def _said(self, client: httpx.AsyncClient) -> dict[str, float]:
        """When the status changed (seconds since 1970), by event: of what came since the last time."""
        found: dict[str, float] = {}
        more = True
        while more:
            path = f"/v1/feedback?after={self._cursor}&limit=500"
            page = (await client.get(path, headers=_bearer(TEAM))).raise_for_status().json()
            self._cursor, more = page["cursor"], page["more"]
            found |= {e["id"]: datetime.fromisoformat(e["data"]["at"]).timestamp() for e in page["events"]}
        return found


async def _refer(client: httpx.AsyncClient) -> str:
    """The id of a new referral, the example's, of someone at a door of their own."""
    door = str(uuid4().int % 10_000)
    person = {**EXAMPLE["person"], "house_number": door, "name": f"Jo {door}"}
    made = await _post(client, "/v1/referrals", {**EXAMPLE, "person": person}, TEAM)
    return str(made["id"])


async def _take_back(client: httpx.AsyncClient, referrals: Iterable[str]) -> None:
    """So that the work list stays short."""
    for referral_id in referrals:
        await _post(client, f"/v1/referrals/{referral_id}/cancellations", None, TEAM)


async def _post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any] | None, by: Login
) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers=_bearer(by))
    made: dict[str, Any] = answer.raise_for_status().json()
    return made


def _bearer(login: Login) -> dict[str, str]:
    return {"Authorization": f"Bearer {login.key}"}
