"""The list of log lines in the documentation and the lines of the program: each is in the other."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from contracts.catalogue import COMMANDS
from services.kernel import telemetry
from services.kernel.telemetry import DEED, LEVELS, deed, log

PROJECT = Path(__file__).parent.parent
PAGE = (PROJECT / "docs" / "logs.md").read_text(encoding="utf-8")
METHODS = {"debug", "info", "warning", "error", "exception"}


def told() -> dict[str, str]:
    """Every line the page tells of, with its level (deeds: none)."""
    found = {}
    for row in re.findall(r"^\| (`.*)$", PAGE, re.MULTILINE):
        cells = [cell.strip() for cell in row.split("|")]
        for name in re.findall(r"`(\w+)`", cells[0]):
            found[name] = cells[1] if cells[1] in LEVELS else ""
    fields = {"timestamp", "event", "level", "service", "region", "replica", "correlation", "traceparent"}
    return {name: level for name, level in found.items() if name not in fields | {"error", "at"}}


def written() -> Iterator[tuple[str, str]]:
    """Every line of the program, with its level; deeds have none."""
    for file in (PROJECT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            if ast.unparse(node.func) == "deed" and isinstance(first, ast.Constant):
                yield str(first.value), ""
            method = ast.unparse(node.func).partition(".")[2]
            if ast.unparse(node.func).startswith("log.") and method in METHODS:
                assert isinstance(first, ast.Constant) or file.name == "telemetry.py", (
                    f"{file.name}:{node.lineno}: a line has a fixed name"
                )
                if isinstance(first, ast.Constant):
                    yield str(first.value), "error" if method == "exception" else method


def test_every_line_of_the_program_is_in_the_list_with_its_level() -> None:
    missing = sorted({(name, level) for name, level in written() if told().get(name) != level})
    assert not missing, f"docs/logs.md does not tell of {missing}"


def test_every_line_of_the_list_is_written_somewhere() -> None:
    names = {name for name, _ in written()}
    # What libraries say, commands, and what a service's queries of the kernel are called.
    others = {"library", "RetryParked", "SetLogLevel", *COMMANDS}
    assert set(told()) <= names | others


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Logging as a service does it."""
    telemetry.set_up("exchange", "proef", "here-1")
    # The first use of the logger remembers where it writes to.
    structlog.configure(cache_logger_on_first_use=False, logger_factory=structlog.PrintLoggerFactory())
    yield capsys
    telemetry.LINES.level = telemetry.USUAL_LEVEL
    telemetry.LINES.trouble.clear()
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def said(lines: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.readouterr().out.splitlines()]


def test_a_deed_says_action_object_result_origin_actor_and_time(lines: pytest.CaptureFixture[str]) -> None:
    deed("restricted_read", actor="coordinator:noor", object="an-id", origin="bus")
    (line,) = said(lines)
    assert {"event", "timestamp", *DEED} <= set(line)
    assert (line["event"], line["result"], line["actor"]) == ("restricted_read", "done", "coordinator:noor")


def test_the_level_changes_while_it_runs_and_deeds_are_always_written(
    lines: pytest.CaptureFixture[str],
) -> None:
    log.debug("command")
    log.info("leading")
    assert [line["event"] for line in said(lines)] == ["leading"]
    telemetry.LINES.set_level("debug")
    log.debug("command")
    assert [line["event"] for line in said(lines)] == ["log_level", "command"]
    telemetry.LINES.set_level("error")
    log.warning("nats")
    deed("sign_in", actor="unknown", object=None, result="unknown_key", origin="console")
    assert [line["event"] for line in said(lines)] == ["log_level", "sign_in"]
    telemetry.LINES.set_level(None)
    log.info("leading")
    assert [line["event"] for line in said(lines)] == ["log_level", "leading"]


def test_trouble_is_remembered_without_what_may_be_personal(lines: pytest.CaptureFixture[str]) -> None:
    log.info("leading")
    log.warning("nats", name="Jan", what="slow")
    try:
        raise ValueError("Jan de Boer")
    except ValueError:
        log.exception("decide_failed")
    first, second = telemetry.LINES.trouble
    assert (first["event"], first["name"], second["error"]) == ("nats", "[left out]", "ValueError")
    assert "Jan" not in str(telemetry.LINES.trouble)
    assert "Jan" not in lines.readouterr().out
