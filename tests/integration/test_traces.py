"""Traces over real processes: one confirmed match is one trace, from the caller to the last service."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.kernel.service import new_id
from tests.harness.town import NOOR, Town, running_town

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"

ON_THE_WAY = {
    ("coordinator", "POST /v1/matches"),
    ("exchange", "ConfirmMatch"),
    ("exchange", "commit"),
    ("exchange", "relay MatchReserved"),
    ("ledger", "follow MatchReserved"),
    ("ledger", "commit"),
    ("ledger", "relay HoldPlaced"),
    ("exchange", "follow HoldPlaced"),
    ("exchange", "relay MatchConfirmed"),
    ("notifications", "follow MatchConfirmed"),
}


def spans(folder: Path, trace: str) -> list[dict[str, Any]]:
    """The spans of one trace that the processes have written so far."""
    found = []
    for file in folder.glob("*.jsonl"):
        # The last line may be half written.
        whole = file.read_text(encoding="utf-8").rpartition("\n")[0]
        for line in whole.splitlines():
            span = json.loads(line)
            if span["context"]["trace_id"] == f"0x{trace}":
                found.append({**span, "service": file.name.partition("-")[0]})
    return found


async def test_one_confirmed_match_is_one_trace_from_http_to_the_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "traces"
    monkeypatch.setenv("WD_TRACES__FOLDER", str(folder))
    async with running_town(tmp_path / "region") as town:
        asker, helper = town.neighbour(), town.neighbour(capacity=600)
        body = {"request_id": town.ask(asker, "dog"), "offer_id": town.offer(helper, "dog")}
        parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        made = town.call("POST", "/v1/matches", body, by=NOOR, key=str(new_id()), headers=parent)
        assert made.status_code in (201, 202), made.text

        def seen() -> set[tuple[str, str]]:
            return {(span["service"], span["name"]) for span in spans(folder, TRACE)}

        town.until(lambda: seen() >= ON_THE_WAY, f"the trace having {ON_THE_WAY}", seconds=20)
        # A step is written when it ends, so after those that follow from it.
        town.until(lambda: not _loose(spans(folder, TRACE)), "every step following from another", seconds=20)
        found = spans(folder, TRACE)
        (http,) = [span for span in found if span["name"] == "POST /v1/matches"]
        assert http["parent_id"] == f"0x{CALLER}"
        assert http["attributes"] == {"status": made.status_code}
        match_id = UUID(made.json().get("match_id") or made.json()["id"])
        happened = await asyncio.to_thread(town.happened, "exchange", match_id)
        assert {name for name, _ in happened} >= {"MatchReserved", "MatchConfirmed"}
        said = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.jsonl"))
        for word in (asker.name, helper.email, str(asker.id), str(match_id), NOOR.key):
            assert word not in said


def _loose(found: list[dict[str, Any]]) -> list[str]:
    """Steps that follow from no other of the same trace, nor from the caller."""
    known = {span["context"]["span_id"] for span in found} | {f"0x{CALLER}"}
    return [span["name"] for span in found if span["parent_id"] not in known]


def test_nothing_is_traced_and_its_packages_are_not_wanted_by_default(town: Town) -> None:
    assert town.region.region.traces.folder is None
    assert not town.region.region.traces.otlp
    code = (
        "import sys, services.kernel.runtime, services.coordinator.web; "
        "from services.kernel.tracing import TRACING; step = TRACING.begin('x', 'parent'); "
        "assert step.traceparent == 'parent' and not TRACING.on; "
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
