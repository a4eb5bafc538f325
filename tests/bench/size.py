"""How much one small server carries: a whole region on this machine, and more and more coordinators.

    uv run --group bench python -m tests.bench.size

Everything is on loopback and on the same cores, the callers too: on a server of its own the region has
theirs as well. Says what the machine was doing beside it. docs/size.md tells what was found.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import psutil
from cyclopts import App, Parameter

from contracts.envelope import Actor, Command, Role
from contracts.exchange import PostOffer
from contracts.ledger import Balances, GetBalances
from contracts.members import ApproveMember, RegisterMember
from services.kernel.bus import Bus
from services.kernel.errors import Rejected, Transient
from services.kernel.service import new_id
from services.region.configure import key_hash, new_secret, write_region
from services.region.mailbox import Mailbox
from services.region.running import RunningRegion
from tests.bench.meters import memory_mb
from tests.bench.servers import folder_on_a_disk

NOOR = Actor(role=Role.COORDINATOR, name="noor")
AREAS = ("3511", "3512", "3513", "3514", "3515", "3521", "3522", "3523", "3524", "3525")
CATEGORIES = ("coffee", "dog", "shopping", "baking", "bins", "walking")
AT_ONCE = 64
LOCUSTFILE = Path(__file__).with_name("locust_region.py")

app = App(name="size")


@dataclass(frozen=True)
class Stage:
    """One number of callers. Rates a second, latencies in milliseconds; `cores`, `others`: cores in use."""

    callers: int
    matches: float
    requests: float
    events: float
    p50_ms: float
    p99_ms: float
    p99_without_matches_ms: float
    failed: int
    cores: float
    others: float
    cpu_ms_a_match: float


@app.default
def size(
    *,
    members: int = 5000,
    callers: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (1, 2, 4, 8, 16),
    seconds: int = 20,
    as_json: bool = False,
) -> None:
    """Fill a region and load it in stages."""
    stages, memory = asyncio.run(measure(members, callers, seconds))
    if as_json:
        print(
            json.dumps({"members": members, "memory_mb": memory, "stages": [vars(stage) for stage in stages]})
        )
        return
    print(f"{members} members with an offer each; memory of the whole region {memory:.0f} MB")
    for stage in stages:
        print(
            f"{stage.callers:3} callers: {stage.matches:5.1f} matches/s, {stage.requests:6.1f} requests/s, "
            f"{stage.events:6.1f} events/s; p50 {stage.p50_ms:.0f} ms, p99 {stage.p99_ms:.0f} ms "
            f"(without POST matches {stage.p99_without_matches_ms:.0f} ms), {stage.failed} failed; "
            f"the region used {stage.cores:.2f} cores ({stage.cpu_ms_a_match:.0f} ms of CPU a match), "
            f"callers and others {stage.others:.2f}"
        )


async def measure(members: int, callers: tuple[int, ...], seconds: int) -> tuple[list[Stage], float]:
    """The stages, and the memory of the whole region after them in MB."""
    key = new_secret()
    keys = [{"id": "noor", "role": "coordinator", "sha256": key_hash(key), "label": "Noor"}]
    with folder_on_a_disk() as folder, Mailbox(folder / "mailbox") as mailbox:
        config = write_region(
            folder / "size", region="size", name="Size", centre="3511", keys=keys, mail_port=mailbox.port
        )
        region = RunningRegion(config)
        try:
            await asyncio.to_thread(region.start)
            people = await fill(region, members)
            await _until_quiet(region)
            listed = folder / "members.json"
            listed.write_text(json.dumps(people))
            environment = {"WD_SIZE_KEY": key, "WD_SIZE_MEMBERS": str(listed)}
            stages = [await asyncio.to_thread(load, region, count, seconds, environment) for count in callers]
            return stages, memory_mb(_processes(region))
        finally:
            await asyncio.to_thread(region.stop)


# ---- people


async def fill(region: RunningRegion, members: int) -> list[str]:
    """Register and approve people, each with an offer; returns their ids when all take part."""
    bus = Bus(region.region, "operator")
    await bus.connect()
    gate = asyncio.Semaphore(AT_ONCE)

    async def tell(command: Command) -> str:
        async with gate:
            answer = await bus.send(command, NOOR, id=new_id(), seconds=60)
        assert answer.outcome == "accepted", answer
        return str(answer.id)

    async def join(number: int) -> str:
        member = await tell(
            RegisterMember(
                name=f"Bewoner {number}",
                email=f"bewoner{number}@voorbeeld.example",
                street=f"Straat {number % 997}",
                house_number="1",
                pc4=AREAS[number % len(AREAS)],
                capacity_minutes_week=240,
            )
        )
        await tell(ApproveMember.model_validate({"member_id": member}))
        return member

    try:
        people = list(await asyncio.gather(*(join(number) for number in range(members))))
        await _until_known(bus, people)
        await asyncio.gather(
            *(
                tell(
                    PostOffer.model_validate(
                        {
                            "member_id": person,
                            "category": CATEGORIES[n % len(CATEGORIES)],
                            "text": "Ik help graag.",
                        }
                    )
                )
                for n, person in enumerate(people)
            )
        )
        return people
    finally:
        await bus.close()


async def _until_known(bus: Bus, people: list[str]) -> None:
    """Wait until the ledger has an account for everyone: exchange has admitted them before."""
    async with asyncio.timeout(300):
        for begin in range(0, len(people), 100):
            part = people[begin : begin + 100]
            while True:
                try:
                    asked = GetBalances.model_validate({"account_ids": part})
                    if len((await bus.ask(asked, Balances, NOOR, seconds=10)).balances) == len(part):
                        break
                except (Transient, Rejected):
                    pass
                await asyncio.sleep(0.1)


async def _until_quiet(region: RunningRegion) -> None:
    """Wait until nothing follows from the filling any more: no log has moved for three seconds."""
    async with asyncio.timeout(600):
        heads, still = -1.0, 0
        while still < 3:
            await asyncio.sleep(1)
            now = await asyncio.to_thread(_heads, region)
            still = still + 1 if now == heads else 0
            heads = now


# ---- load


def load(region: RunningRegion, callers: int, seconds: int, environment: dict[str, str]) -> Stage:
    """Run locust with this many callers, and read what they and the processes say."""
    web = region.region.web
    before = _heads(region), _cpu(region), _all_cpu(), time.monotonic()
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--json"),
            *("--host", f"http://{web.host}:{web.port}", "-u", str(callers), "-r", str(callers)),
            *("-t", f"{seconds}s", "--stop-timeout", "5", "--loglevel", "ERROR"),
        ],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - before[3]
    entries: list[dict[str, Any]] = json.loads(ran.stdout)
    times: Counter[float] = Counter()
    others: Counter[float] = Counter()
    for entry in entries:
        counted = {float(ms): count for ms, count in entry["response_times"].items()}
        times.update(counted)
        if entry["name"] != "POST matches":
            others.update(counted)
    matches = next((entry["num_requests"] for entry in entries if entry["name"] == "POST matches"), 0)
    begun = min((entry["start_time"] for entry in entries), default=0.0)
    ended = max((entry["last_request_timestamp"] or 0.0 for entry in entries), default=0.0)
    lasted = max(1.0, ended - begun)
    used = _cpu(region) - before[1]
    return Stage(
        callers=callers,
        matches=matches / lasted,
        requests=sum(times.values()) / lasted,
        events=(_heads(region) - before[0]) / lasted,
        p50_ms=_percentile(times, 0.5),
        p99_ms=_percentile(times, 0.99),
        p99_without_matches_ms=_percentile(others, 0.99),
        failed=sum(entry["num_failures"] for entry in entries),
        cores=used / took,
        others=(_all_cpu() - before[2] - used) / took,
        cpu_ms_a_match=1000 * used / max(1, matches),
    )


def _percentile(times: Counter[float], share: float) -> float:
    wanted, seen = share * sum(times.values()), 0
    for ms in sorted(times):
        seen += times[ms]
        if seen >= wanted:
            return ms
    return 0.0


def _heads(region: RunningRegion) -> float:
    return sum(replica.metric("wd_log_head") for replica in region.replicas)


def _processes(region: RunningRegion) -> list[int]:
    assert region.postgres is not None
    assert region.nats is not None
    return [region.postgres.pid, region.nats.pid, *(replica.pid for replica in region.replicas)]


def _cpu(region: RunningRegion) -> float:
    """CPU seconds of the region's processes and those they started."""
    total = 0.0
    for pid in _processes(region):
        root = psutil.Process(pid)
        own = root.cpu_times()
        # PostgreSQL's backends that are gone count with their parent.
        total += own.children_user + own.children_system
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _all_cpu() -> float:
    """CPU seconds of everyone on this machine."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


if __name__ == "__main__":
    app()
