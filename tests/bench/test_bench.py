"""The bench runs and tells everything; how fast it is, is not tested: that depends on the machine."""

import asyncio
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from services.kernel.errors import Misconfigured
from tests.bench.figures import Figure, Sample, Side, at_most, in_turns, percentile, times_at_least
from tests.bench.servers import Servers, folder_on_a_disk

PROJECT = Path(__file__).parents[2]
FIGURES = [
    "commands-eventsourcing",
    "commands-pgbench",
    "commands-one-caller",
    "transfers",
    "transfers-two-accounts",
    "commands-over-nats",
    "relay",
    "follower",
    "rebuild",
    "long-log-p50",
    "long-log-p99",
    "proposals",
    "proposals-ms",
    "referral-p99",
    "webhook-p99",
    "webhooks-beside-bad-ones",
    "network-letters",
    "network-growing",
    "network-one-letter",
    "network-hub",
    "start",
    "memory",
]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


needs_peers = pytest.mark.skipif(
    find_spec("eventsourcing") is None, reason="the peers' packages are missing: uv sync --group bench"
)


@pytest.mark.long
@pytest.mark.timeout(300)
@needs_peers
def test_a_quick_run_measures_every_figure() -> None:
    ran = bench("--quick", "--json")
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    assert told["quick"] is True
    assert told["settings"] == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    assert [figure["name"] for figure in told["figures"]] == FIGURES
    for figure in told["figures"]:
        sides = [side for side in (figure["ours"], figure["against"]) if side is not None]
        assert all(side["median"] > 0 and len(side["rounds"]) == told["rounds"] for side in sides)
        if figure["unit"] == "/s":
            assert all(side["cpu_seconds_per_1000"]["bench"] > 0 for side in sides), figure["name"]


@pytest.mark.long
async def test_nothing_is_measured_where_a_commit_of_one_service_need_not_last() -> None:
    with folder_on_a_disk() as folder:
        servers = Servers(folder)
        try:
            await asyncio.to_thread(servers.start)
            await servers.place("first")
            async with servers.admin() as admin:
                await admin.execute("ALTER ROLE wd_ledger SET synchronous_commit = off")
            with pytest.raises(Misconfigured, match="synchronous_commit must be on"):
                await servers.durability()
        finally:
            servers.stop()


@needs_peers
def test_fewer_than_five_rounds_are_no_figures() -> None:
    ran = bench("--rounds", "4", "--only", "commands")
    assert (ran.returncode, "At least 5 rounds" in ran.stderr) == (2, True)


def side(*values: float) -> Side:
    return Side("one", tuple(Sample(value) for value in values))


def test_a_figure_compares_medians() -> None:
    figure = Figure("f", "one; other", "/s", side(10, 30, 20), times_at_least(2), side(9, 8, 100))
    assert figure.ratio == 20 / 9
    assert figure.reached
    assert not Figure("f", "one", "ms", side(21, 20.5, 3), at_most(20)).reached


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([7.0], 0.5) == 7.0


async def test_sides_take_turns() -> None:
    order: list[str] = []

    async def run(name: str) -> Sample:
        order.append(name)
        return Sample(1.0)

    sides = await in_turns(3, {"ours": lambda: run("ours"), "peer": lambda: run("peer")})
    assert order == ["ours", "peer"] * 3
    assert len(sides["peer"].samples) == 3
