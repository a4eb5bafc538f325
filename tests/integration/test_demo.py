"""The demo from its command line: it fills a region, plays its main job, checks, and stops."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.kernel.errors import Misconfigured
from services.region.demo.show import _web_port, show
from services.region.holding import end_leftovers
from services.region.progress import Screen
from tests.harness.terminal import LISTENING, typed

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)

MAIN_JOB = (
    "signs up, and Noor approves",
    "offers to do the shopping",
    "signs up and asks for help",
    "Noor looks at the proposals",
    "Noor confirms",
    "Both see how to reach each other",
    "Both report 60 minutes",
    "The ledger books the hours",
    "may do in return",
)
TOGETHER = (
    "Each region is invited",
    "Utrecht sees the others",
    "agree how far they go with each other",
    "nobody there can",
    "Noor shows it to the other regions",
    "Amersfoort has nobody either",
    "Nieuwegein proposes",
    "chooses, and the hours are set apart",
    "nobody hears how to reach the other",
    "Both agree",
    "Each coordinator asks how to reach the other's person",
    "the hours go to Nieuwegein",
    "cannot come after all",
    "withdraws it",
    "go to and fro at the same moment",
    "proposes to settle",
    "Nobody owes another region anything",
    "The operator of the hub sees totals",
)
REFUSED = {
    "Not approved yet": "not_approved",
    "No capacity left": "no_capacity",
    "Below the credit floor": "below_floor",
    "Already matched": "already_matched",
    "Withdrawn in the meantime": "withdrawn",
}


WEDERDIENST = (sys.executable, "-m", "services.region.cli")


def wederdienst(*words: str) -> "subprocess.CompletedProcess[str]":
    """One command, as someone types it."""
    return subprocess.run([*WEDERDIENST, *words], cwd=PROJECT, capture_output=True, text=True, check=False)


def demo(folder: Path, *more: str) -> dict[str, Any]:
    """One `demo --once --json`."""
    ran = wederdienst("demo", "--once", "--json", "--folder", str(folder), *more)
    assert ran.returncode == 0, ran.stderr
    # Standard output is one JSON document and nothing else.
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_the_demo_shows_its_main_job(tmp_path: Path) -> None:
    shown = demo(tmp_path)
    assert shown["ok"]
    assert shown["verify"]["ok"]
    shows_its_main_job([step["title"] for step in shown["steps"]])
    for step in shown["steps"]:
        if (code := REFUSED.get(step["title"])) is not None:
            assert step["said"][0].startswith(f"409 {code}: ")
    # The configuration knows the hashes of the keys, and nothing keeps the keys.
    assert "sha256" in (tmp_path / "region.toml").read_text(encoding="utf-8")
    assert end_leftovers(tmp_path) == []


def shows_its_main_job(titles: Sequence[str]) -> None:
    for part in (*MAIN_JOB, *REFUSED):
        assert any(part in title for title in titles), part


@pytest.mark.long
def test_it_stays_up_until_ctrl_c_and_what_rests_then_is_verified(tmp_path: Path) -> None:
    line = (*WEDERDIENST, "demo", "--folder", str(tmp_path))
    with subprocess.Popen(line, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as shown:
        try:
            assert shown.stderr is not None
            said = [
                row.strip() for row in takewhile(lambda row: row.strip() != "Ctrl-C stops it.", shown.stderr)
            ]
            shows_its_main_job(said)
            (address,) = (row.partition("/ (the API:")[0] for row in said if "(the API:" in row)
            (key,) = (row.split()[-1] for row in said if row.startswith("Noor (buurtcoördinator) "))
            work = httpx.get(f"{address}/v1/work-items", headers={"Authorization": f"Bearer {key}"})
            assert work.status_code == 200
            # After its last word it is still there, and so is what it says.
            with pytest.raises(subprocess.TimeoutExpired):
                shown.wait(1)
        finally:
            shown.send_signal(signal.SIGINT)
        assert shown.stderr.read().split() == ["stopping"]
        assert shown.wait(30) == 0
    assert end_leftovers(tmp_path) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    # Its servers rest too: those that are asked for are started for it.
    verified = wederdienst("verify", "--json", "--config", str(tmp_path / "region.toml"))
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["ok"]
    assert end_leftovers(tmp_path) == []


def test_two_demos_at_once_have_each_an_address_of_their_own() -> None:
    with _web_port() as one, _web_port() as other:
        assert one != other


@pytest.mark.long
def test_while_it_stays_up_a_social_team_tries_its_own_system(tmp_path: Path) -> None:
    line = (*WEDERDIENST, "demo", "--json", "--folder", str(tmp_path / "demo"))
    with subprocess.Popen(line, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as shown:
        try:
            assert shown.stdout is not None
            sandbox = json.loads(shown.stdout.readline())["sandbox"]
            refer, over_nats, _, receive, by_webhook = sandbox["steps"]
            hears = (receive, "receiver=$!", LISTENING, by_webhook, "kill $receiver")
            told = typed(sandbox["setup"], tmp_path, refer, "echo", over_nats, *hears)
        finally:
            shown.send_signal(signal.SIGINT)
        # Each of them refers someone of its own, and the receiver is tried.
        made, other, ready, tried, takes, cursor = told.splitlines()
        assert json.loads(made)["id"] != json.loads(other)["id"]
        assert (ready, tried.split()[2], takes.split()[2:]) == ("ready", "test", ["takes", "webhooks"])
        assert cursor.startswith("cursor ")
        assert shown.wait(60) == 0
    assert end_leftovers(tmp_path / "demo") == []


@pytest.mark.long
def test_three_regions_each_on_its_own_and_then_together(tmp_path: Path) -> None:
    shown = demo(tmp_path, "--regions", "3")
    assert shown["ok"]
    assert list(shown["regions"]) == ["utrecht", "amersfoort", "nieuwegein"]
    for region in shown["regions"].values():
        assert region["verify"]["ok"]
        assert all(any(part in step["title"] for step in region["steps"]) for part in MAIN_JOB)
    together = [step["title"] for step in shown["network"]]
    for part in TOGETHER:
        assert any(part in title for title in together), part
    assert [(check["ok"], check["read"]) for check in shown["mirrors"]] == [(True, 2), (True, 4), (True, 2)]
    for folder in (tmp_path, *(tmp_path / name for name in ("hub", *shown["regions"]))):
        assert end_leftovers(folder) == []


def test_a_second_demo_in_the_same_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    holder = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import fcntl, os, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
            "f.write(str(os.getpid())); f.flush(); print('held', flush=True); time.sleep(60)",
            str(tmp_path / "lock"),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Misconfigured, match=f"already runs in .*process {holder.pid}.*--folder"):
            show(tmp_path, Screen(), once=True)
    finally:
        holder.kill()
        holder.wait(5)


def test_what_a_killed_demo_left_running_is_ended_and_nothing_else(tmp_path: Path) -> None:
    def service(config: Path) -> subprocess.Popen[bytes]:
        line = ["-m", "services.region.cli", "serve", "members", "--config", str(config), "--probe-port", "0"]
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *line])

    left, other = service(tmp_path / "a/region.toml"), service(tmp_path / "b/region.toml")
    try:
        assert end_leftovers(tmp_path / "a") == [left.pid]
        assert left.wait(5) != 0
        assert other.poll() is None
        assert os.getpid() not in end_leftovers(tmp_path / "a")
    finally:
        for process in (left, other):
            process.kill()
            process.wait(5)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/kept").write_text("from someone dear")
    with pytest.raises(Misconfigured, match="holds other files"):
        show(tmp_path, Screen(), once=True, fresh=fresh)
    assert (tmp_path / "mail/kept").read_text() == "from someone dear"
