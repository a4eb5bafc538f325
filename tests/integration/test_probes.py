"""What an operator sees from outside: probes, metrics, logs; and what a process waits for at its start."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.routing import Mount, Route

from contracts.catalogue import COMMANDS, QUERIES, SERVICES
from services.coordinator.api import api
from services.coordinator.console.routes import console
from services.coordinator.desk import Desk
from services.coordinator.web import METHODS
from services.kernel.gauges import KERNEL_GAUGES
from services.kernel.questions import KERNEL_QUERIES
from services.kernel.runtime import Replica
from services.kernel.telemetry import LEVELS
from services.region.configure import write_region
from services.region.databases import migrate_all, service_of
from services.region.operating import note_job
from services.region.running import RunningRegion, ServiceProcess
from tests.harness import servers
from tests.harness.letters import OFFERED, WELCOME
from tests.harness.town import NOOR, Town
from tests.unit import screens
from tests.unit.paper import PaperReplica

UUID_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")
OUTCOMES = {
    "delivered",
    "failed",
    "gone",
    "accepted",
    "refused",
    "unavailable",
    "answered",
    "sent",
    "handed_over",
    "gave_up",
    "no_address",
}
RUNNING = tuple(service for service in SERVICES if service != "link")
"""What runs in the town: it is in no network of regions."""


def page(replica: ServiceProcess, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{replica.probe_port}{path}", timeout=5)


@pytest.fixture
def busy(town: Town) -> Town:
    """A region in which something happened."""
    helper = town.neighbour(capacity=600)
    town.offer(helper, "dog")
    town.call("POST", "/v1/offers", {"category": 5}, by=helper.login)
    town.until_letters(helper, WELCOME, OFFERED)
    return town


@pytest.mark.parametrize("service", RUNNING)
def test_every_process_answers_its_probes(busy: Town, service: str) -> None:
    for replica in busy.region.of(service):
        assert page(replica, "/healthz").json() == {"alive": True}
        ready = page(replica, "/readyz")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "waits_for": {}})
        assert page(replica, "/else").status_code == 404


@pytest.mark.parametrize("service", RUNNING)
def test_metrics_count_and_their_labels_are_bounded(busy: Town, service: str) -> None:
    (replica,) = busy.region.of(service)
    answer = page(replica, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert replica.metric("wd_leading") == 1.0
    assert replica.metric("wd_commit_seconds_count") > 0
    # The coordinator instance may have decided nothing yet.
    assert replica.metric("wd_log_head") > 0 or service == "coordinator"
    declared = {
        (label, value)
        for gauge in (*KERNEL_GAUGES, *service_of(service, busy.region.region).gauges)
        for label, values in gauge.labels.items()
        for value in values
    }
    for line in lines:
        assert not UUID_FORM.search(line), line
        for label, value in re.findall(r'(\w+)="([^"]*)"', line):
            assert (label, value) in declared or is_bounded(label, value), line
    followed = {source for source in SERVICES if f'source="{source}"' in answer.text}
    assert followed == set(busy.region.region.followed_by(service))


def is_bounded(label: str, value: str) -> bool:
    """Whether a label that no gauge declares has a value out of a list that does not grow."""
    match label:
        case "le":
            return True
        case "source":
            return value in SERVICES
        case "stream":
            return value.removeprefix("EVT_") in SERVICES
        case "command" | "query":
            return value in {*COMMANDS, *QUERIES, *KERNEL_QUERIES, "unknown"}
        case "outcome":
            return value in OUTCOMES
        case "route":
            return value == "none" or value in routes()
        case "reason":
            return re.fullmatch("[a-z_]+", value) is not None
        case "method" | "status" | "level" | "direction":
            return value in {*METHODS, "other", "2xx", "3xx", "4xx", "5xx", *LEVELS, "in", "out"}
    return False


@cache
def routes() -> frozenset[str]:
    """Every route of the API and the console, with the names of what is filled in."""
    desk = Desk(cast(Replica, PaperReplica(screens.REGION)))
    return frozenset(
        route.path
        for each in (api(desk), console(desk))
        for route in each.routes
        if isinstance(route, Route | Mount)
    )


def test_a_path_with_an_id_is_no_route() -> None:
    assert is_bounded("route", "/v1/members/{member_id}/pause")
    assert is_bounded("route", "/inloggen")
    assert not is_bounded("route", "/v1/members/anna/pause")


@pytest.mark.parametrize("service", RUNNING)
def test_what_a_service_declares_is_measured(busy: Town, service: str) -> None:
    (replica,) = busy.region.of(service)
    names = {gauge.name for gauge in (*KERNEL_GAUGES, *service_of(service, busy.region.region).gauges)}

    def shown() -> set[str]:
        text = page(replica, "/metrics").text
        return set(re.findall(r"^(wd_\w+)", text, re.MULTILINE))

    busy.until(lambda: names <= shown(), f"{names - shown()} being measured", seconds=30)
    assert {"wd_stream_messages", "process_cpu_seconds_total"} <= set(
        re.findall(r"^(\w+)", page(replica, "/metrics").text, re.MULTILINE)
    )


def test_gauges_say_what_is_so(busy: Town) -> None:
    """What they count is what happened: a request that waits, a match's hold, a backup that failed."""
    (exchange,), (ledger,) = busy.region.of("exchange"), busy.region.of("ledger")
    (coordinator,) = busy.region.of("coordinator")
    began = time.time()
    for ok in (True, False):
        asyncio.run(note_job(busy.region.region, "backup", ok=ok, said="proef"))
    before = exchange.metric('wd_requests_waiting{age="day"}'), ledger.metric("wd_holds_minutes")
    asker, helper = busy.neighbour(), busy.neighbour(capacity=600)
    first, second = busy.ask(asker, "dog", minutes=45), busy.ask(asker, "coffee")
    busy.confirm(first, busy.offer(helper, "dog"))
    assert second
    after = before[0] + 1, before[1] + 45

    def said() -> tuple[float, float]:
        return exchange.metric('wd_requests_waiting{age="day"}'), ledger.metric("wd_holds_minutes")

    busy.until(lambda: said() == after, f"{after} being shown (before: {before})", seconds=30)

    def noted() -> bool:
        return coordinator.metric('wd_job_failed{name="backup"}') == 1

    busy.until(noted, "the backup that failed being shown", seconds=30)
    good = coordinator.metric('wd_job_good_timestamp_seconds{name="backup"}')
    assert began - 1 <= good <= time.time(), "the one before it was good"
    assert ledger.metric("wd_ledger_sum_minutes") == 0
    assert exchange.metric("wd_helpers") >= 0


@pytest.mark.parametrize("service", RUNNING)
def test_logs_are_json_lines_without_a_person_in_them(busy: Town, service: str) -> None:
    person = busy.neighbour()
    busy.read(f"/v1/members/{person.id}", by=NOOR)
    (replica,) = busy.region.of(service)
    text = replica.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines
    for line in lines:
        assert line["level"] in ("debug", "info", "warning", "error", "critical"), line
        assert line["event"], line
        if line["event"] != "library":
            assert line["service"] == service
            assert line["timestamp"]
    for told in (person.name, person.email, person.phone, person.registration["street"], NOOR.key):
        assert told not in text


def test_every_request_is_logged_with_who_asked_and_how_it_ended(busy: Town) -> None:
    (coordinator,) = busy.region.of("coordinator")
    answer = busy.get("/v1/work-items", by=NOOR)
    correlation = answer.headers["X-Correlation-ID"]
    found: list[dict[str, Any]] = []

    def logged() -> bool:
        lines = map(json.loads, coordinator.log.read_text(encoding="utf-8").splitlines())
        found[:] = [each for each in lines if each.get("correlation") == correlation]
        return bool(found)

    busy.until(logged, "the request being logged")
    (line,) = found
    assert (line["event"], line["method"], line["path"]) == ("request", "GET", "/v1/work-items")
    assert (line["status"], line["actor"]) == (200, "coordinator:noor")


# ---- without its servers


@asynccontextmanager
async def without_servers(folder: Path) -> AsyncIterator[RunningRegion]:
    """A region of one service whose tables are there and whose servers are off."""
    if servers.chosen is servers.Servers.EXTERNAL:
        pytest.skip("starts and stops servers of its own")
    config = write_region(folder, region="proef", name="Proef", centre="3511", keys=[])
    region = RunningRegion(config, services=("ledger",))
    try:
        await asyncio.to_thread(region.start_servers)
        await migrate_all(region.region)
        assert region.nats is not None
        assert region.postgres is not None
        await asyncio.to_thread(region.nats.stop)
        await asyncio.to_thread(region.postgres.stop)
        yield region
    finally:
        await asyncio.to_thread(region.stop)


async def test_a_service_that_starts_before_its_servers_says_what_it_waits_for_and_begins_when_they_come(
    tmp_path: Path,
) -> None:
    async with without_servers(tmp_path) as region:
        (ledger,) = region.replicas
        assert region.postgres is not None
        assert region.nats is not None
        ledger.start()
        await _until_waits_for(ledger, {"postgres", "nats"})
        assert page(ledger, "/healthz").json() == {"alive": True}
        await asyncio.to_thread(region.postgres.start)
        await _until_waits_for(ledger, {"nats"})
        await asyncio.to_thread(region.nats.start)
        await _until_waits_for(ledger, set())
        await asyncio.to_thread(region.leader_of, "ledger")
        # Taken away again, it says so again; and it is the same process all along.
        await asyncio.to_thread(region.nats.stop)
        await _until_waits_for(ledger, {"nats"})
        await asyncio.to_thread(region.nats.start)
        await _until_waits_for(ledger, set())
        await asyncio.to_thread(region.postgres.stop)
        await _until_waits_for(ledger, {"postgres"})
        await asyncio.to_thread(region.postgres.start)
        await _until_waits_for(ledger, set())
        assert ledger.running
        for line in ledger.log.read_text(encoding="utf-8").splitlines():
            json.loads(line)


async def _until_waits_for(replica: ServiceProcess, wanted: set[str], seconds: float = 20.0) -> None:
    """Wait until /readyz names exactly these, each with words, and has the status that goes with it."""
    said: Any = None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{replica.probe_port}") as client:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        answer = await client.get("/readyz", timeout=2)
                    except httpx.HTTPError:
                        await asyncio.sleep(0.02)
                        continue
                    said = answer.json()
                    if set(said["waits_for"]) == wanted:
                        break
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"waits for {said}, not for {wanted}") from None
    assert (answer.status_code, said["ready"]) == ((200, True) if not wanted else (503, False))
    assert all(said["waits_for"].values())
