"""Dashboards and alerts: every query is run by a real Prometheus against a real region.

Prometheus and promtool come as a package (`apt-get install prometheus`); .ci/run brings them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from contracts.catalogue import kebab
from services.kernel.certificates import CERTIFICATE_ENDS
from services.link.gauges import GAUGES as LINK_GAUGES
from services.region.servers import free_port, wait_until
from tests.harness.town import NOOR, Town

PROJECT = Path(__file__).parents[2]
PROMETHEUS = PROJECT / "deploy" / "prometheus"
GRAFANA = PROJECT / "deploy" / "grafana"
RUNBOOKS = PROJECT / "docs" / "runbooks"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}


def program(name: str) -> str:
    """Where it is. Without it these tests are skipped; in CI, where all is tested, they fail."""
    found = shutil.which(name)
    if found is None:
        why = f"no {name} on this machine: apt-get install prometheus"
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            pytest.skip(why)
        pytest.fail(why)
    return found


# ---- as files


def test_the_dashboards_are_what_their_source_says(tmp_path: Path) -> None:
    """They are generated: python deploy/grafana/dashboards.py."""
    said = "import json, runpy; print(json.dumps(runpy.run_path('dashboards.py')['written']()))"
    written = subprocess.run(
        [sys.executable, "-c", said], cwd=GRAFANA, capture_output=True, text=True, check=True, timeout=30
    )
    wanted = json.loads(written.stdout)
    assert {file.name: file.read_text(encoding="utf-8") for file in DASHBOARDS} == wanted


def test_every_alert_has_a_runbook_that_says_what_to_do_and_a_unit_test() -> None:
    pages = {file.stem for file in RUNBOOKS.glob("*.md")} - {"index"}
    assert pages == {kebab(alert) for alert in ALERTS}
    index = (RUNBOOKS / "index.md").read_text(encoding="utf-8")
    for alert, rule in ALERTS.items():
        text = (RUNBOOKS / f"{kebab(alert)}.md").read_text(encoding="utf-8")
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert headings == ["What people notice", "How to find out", "What to do"], alert
        assert f"`{alert}`" in text
        assert f"({kebab(alert)}.md)" in index
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
    cases = yaml.safe_load((PROMETHEUS / "alerts.test.yml").read_text())["tests"]
    for alert in ALERTS:
        calls = [
            bool(test["exp_alerts"])
            for case in cases
            for test in case["alert_rule_test"]
            if test["alertname"] == alert
        ]
        assert set(calls) == {True, False}, f"{alert}: test when it calls, and when it does not"


@pytest.mark.long
def test_the_alerts_do_what_their_unit_tests_say() -> None:
    promtool = program("promtool")
    for words in (
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
    ):
        done = subprocess.run(
            [promtool, *words], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


# ---- against a real region


@contextmanager
def prometheus(folder: Path, town: Town) -> Iterator[httpx.Client]:
    """A Prometheus that scrapes this region every second, with our alerts."""
    server = program("prometheus")
    for name in ("prometheus.yml", "alerts.yml"):
        text = (PROMETHEUS / name).read_text().replace("_interval: 15s", "_interval: 1s")
        (folder / name).write_text(text)
    (folder / "targets").mkdir()
    targets = [
        {
            "targets": [f"127.0.0.1:{replica.probe_port}"],
            "labels": {"region": town.region.region.region, "service": replica.service},
        }
        for replica in town.region.replicas
    ]
    (folder / "targets" / "region.yaml").write_text(json.dumps(targets))
    port = free_port()
    command = [
        server,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
            yield http
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def asked(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Prometheus, once it has seen every service twice with something happening in between."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), town) as http:
        services = {replica.service for replica in town.region.replicas}

        def something_happens() -> None:
            asker, helper = town.neighbour(), town.neighbour(capacity=600)
            town.confirm(town.ask(asker, "dog"), town.offer(helper, "dog"))
            town.get("/v1/work-items", by=NOOR)

        def all_seen() -> bool:
            seen = answer(http, "count by (service) (count_over_time(wd_log_epoch[1m]) > 1)")
            return {row["metric"]["service"] for row in seen} == services

        def rates_seen() -> bool:
            moved = answer(http, "sum by (service) (rate(wd_command_seconds_count[30s])) > 0")
            return {"members", "exchange"} <= {row["metric"]["service"] for row in moved}

        something_happens()
        wait_until(all_seen, "Prometheus having seen every service", seconds=40)
        something_happens()
        wait_until(rates_seen, "Prometheus having seen something happen", seconds=20)
        yield http


def answer(http: httpx.Client, query: str) -> list[dict[str, Any]]:
    """What a query gives now; nothing while Prometheus starts. Fails for a query that is wrong."""
    try:
        response = http.get("/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return []
    if response.status_code == 503:
        return []
    assert response.status_code == 200, f"{query}: {response.text}"
    found: list[dict[str, Any]] = response.json()["data"]["result"]
    return found


def with_values(query: str, region: str) -> str:
    """A panel's query as Grafana would send it, with every service chosen."""
    for variable, value in (
        ("$region", region),
        ("$service", ".*"),
        ("$__rate_interval", "30s"),
    ):
        query = query.replace(variable, value)
    assert "$" not in query, query
    return query


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: str(file.stem))
def test_every_query_of_every_panel_gives_something(asked: httpx.Client, town: Town, file: Path) -> None:
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    empty = []
    for panel in dashboard["panels"]:
        assert panel["description"]
        for target in panel["targets"]:
            rows = answer(asked, with_values(target["expr"], town.region.region.region))
            labels = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            if names_of(target["expr"]) <= OF_THE_LINK:
                # This region is in no network: here it shows that the query can be asked, and
                # tests/faults/test_link.py that a link shows those numbers.
                continue
            if not rows or not all(labels <= set(row["metric"]) for row in rows):
                empty.append((panel["title"], target["expr"], rows[:1]))
    assert not empty


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_can_be_worked_out_and_a_healthy_region_calls_nobody(
    asked: httpx.Client, town: Town, alert: str
) -> None:
    assert answer(asked, ALERTS[alert]["expr"]) == [] or alert in MAY_BE
    elsewhere = {*OF_THE_LINK, CERTIFICATE_ENDS}
    assert names_of(ALERTS[alert]["expr"]) <= {*metric_names(asked), *elsewhere}, alert


OF_THE_LINK = {*(gauge.name for gauge in LINK_GAUGES), "wd_link_refused_total"}
"""What tests/faults/test_link.py reads of a link that runs."""

MAY_BE = (
    *("ErrorsLogged", "MailsFail", "EventsParked", "BackupOld", "VerifyOld", "JobFailed"),
    *("WebhookSwitchedOff", "WebhooksSetAside"),
)
"""What other tests on the same region may bring about on purpose, or what nobody does there."""


def names_of(query: str) -> set[str]:
    return set(re.findall(r"\b((?:wd_|process_)\w+|up)\b", query))


def metric_names(http: httpx.Client) -> list[str]:
    found: list[str] = http.get("/api/v1/label/__name__/values").json()["data"]
    return found
