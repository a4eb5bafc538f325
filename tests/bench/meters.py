"""Time, CPU and memory: of this process and of whole process trees."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from tests.bench.figures import Sample, percentile

type Call = Callable[[int, int], Awaitable[object]]
"""One request: which caller, and how many it made before."""


class Cpu:
    """CPU seconds, user and system, since the last `start`.

    `bench` is this process with all its threads, `client` the programs it started and waited
    for (pgbench). Others are given by the id of their first process; what that one's
    descendants use and used counts with it, so that backends which come and go are not lost.
    """

    def __init__(self, **roots: int) -> None:
        self._roots = roots
        self.start()

    def start(self) -> None:
        self._before = self._now()

    def per_thousand(self, done: int) -> dict[str, float]:
        """CPU seconds per 1,000 of `done`; who used nothing is left out, except this process."""
        used = {who: now - self._before[who] for who, now in self._now().items()}
        return {
            who: seconds * 1000 / max(done, 1)
            for who, seconds in used.items()
            if who == "bench" or seconds > 0
        }

    def _now(self) -> dict[str, float]:
        waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
        now = {"bench": time.process_time(), "client": waited_for.ru_utime + waited_for.ru_stime}
        return now | {who: _tree_seconds(pid) for who, pid in self._roots.items()}


def _tree_seconds(pid: int) -> float:
    root = psutil.Process(pid)
    gone = root.cpu_times()
    total = gone.children_user + gone.children_system
    for process in (root, *root.children(recursive=True)):
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            # It ended just now: its parent has counted it, and the next reading sees that.
            continue
        total += used.user + used.system
    return float(total)


def memory_mb(pids: list[int]) -> float:
    """Proportional set size of these process trees in MB: shared pages are counted once."""
    total_kb = 0
    for pid in pids:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total_kb += int(line.split()[1])
    return total_kb / 1024


async def closed_loop(callers: int, seconds: float, call: Call, cpu: Cpu) -> Sample:
    """`callers` who each ask again as soon as they have their answer; the value is answers per second."""
    took: list[float] = []
    cpu.start()
    began = time.perf_counter()
    until = began + seconds

    async def one(caller: int) -> None:
        made = 0
        while (asked := time.perf_counter()) < until:
            await call(caller, made)
            took.append(time.perf_counter() - asked)
            made += 1

    await asyncio.gather(*(one(caller) for caller in range(callers)))
    elapsed = time.perf_counter() - began
    return _sample(len(took) / elapsed, took, cpu)


async def paced(per_second: int, seconds: float, call: Call, cpu: Cpu) -> Sample:
    """Requests at a fixed pace, whether or not the ones before are answered; the value is their p50 in ms."""
    took: list[float] = []

    async def one(number: int) -> None:
        asked = time.perf_counter()
        await call(0, number)
        took.append(time.perf_counter() - asked)

    cpu.start()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as under_way:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            under_way.create_task(one(number))
    return _sample(percentile(took, 0.5) * 1000, took, cpu)


def _sample(value: float, took: list[float], cpu: Cpu) -> Sample:
    return Sample(
        value,
        cpu.per_thousand(len(took)),
        p50_ms=percentile(took, 0.50) * 1000,
        p99_ms=percentile(took, 0.99) * 1000,
    )
