"""The house style, kept by a test: it reads the sources and runs none of them."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70

SOURCES = sorted(file for folder in ("contracts", "services") for file in (PROJECT / folder).rglob("*.py"))
SERVICES = ("members", "exchange", "ledger", "notifications", "coordinator", "link")
DECIDERS = {
    "members": (
        "member",
        "registration",
        "age",
        "pause",
        "details",
        "household",
        "representation",
        "vog",
        "departure",
        "days",
        "contact",
    ),
    "exchange": (
        "initiative",
        "offer",
        "help_request",
        "participant",
        "person",
        "home",
        "acting",
        "referral",
        "referral_course",
        "age",
        "week",
        "fitness",
        "match",
        "confirming",
        "minutes",
        "series",
        "planning",
        "recurrence",
        "visit",
        "incident",
        "leaving",
        "return_favour",
        "matching",
        "spread",
        "loan",
        "borrowing",
        "lending",
        "loan_life",
        "loan_terms",
    ),
    "ledger": (
        "account",
        "seat",
        "hold",
        "transfer",
        "booking",
        "gift",
        "reversal",
        "settlement",
        "limits",
        "compensation",
        "clearing",
        "agreement",
        "reckoning",
        "crossing",
        "parting",
        "sending",
        "receiving",
        "correspondence",
        "caps",
    ),
    "notifications": ("message", "feedback/feed", "feedback/endpoint", "feedback/delivery"),
    "coordinator": ("duty", "leave", "complaint", "call", "stranded"),
    "link": ("directory", "peer", "letter", "orphan"),
}
DECIDER_FILES = [
    PROJECT / "services" / service / f"{noun}.py" for service, nouns in DECIDERS.items() for noun in nouns
]


def short(file: Path) -> str:
    return file.relative_to(PROJECT).as_posix()


@cache
def source(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def parsed(file: Path) -> ast.Module:
    return ast.parse(source(file))


# Of each rule: what breaks it, in all of the code.


def test_a_module_says_what_it_is() -> None:
    silent = [short(file) for file in SOURCES if not ast.get_docstring(parsed(file))]
    assert not silent, f"{silent}: say in a line what it is"


def test_a_module_fits_a_sitting() -> None:
    lines = {short(file): len(source(file).splitlines()) for file in SOURCES}
    long = {file: n for file, n in lines.items() if n > MAX_FILE_LINES}
    assert not long, f"{long} lines: split it by what it is about"


def test_a_function_fits_a_screen() -> None:
    long = {
        f"{short(file)}: {node.name}": lines
        for file in SOURCES
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert not long, f"{long} lines: give its parts a name"


def test_nothing_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(?:TODO|FIXME|XXX)\b.*")
    left = {short(file): found for file in SOURCES if (found := later.findall(source(file)))}
    assert not left, f"{left}: do it, or write it down in DECISIONS.md"


def test_modules_are_named_for_nouns_of_the_field() -> None:
    nameless = {"models", "utils", "util", "helpers", "services", "common", "misc", "base", "manager"}
    named = [file for file in SOURCES if file.is_relative_to(PROJECT / "services")]
    names = {short(file): {file.stem, *file.parent.parts[len(PROJECT.parts) + 1 :]} for file in named}
    assert not [file for file, parts in names.items() if parts & nameless]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    rooms = {"__init__.py", "app.py", "sql", "handlers.py"}
    missing = rooms - {room.name for room in (PROJECT / "services" / service).iterdir()}
    assert not missing, f"services/{service} has no {', '.join(sorted(missing))}"


# Deciders are pure


IMPURE_MODULES = {"asyncpg", "faststream", "nats", "structlog", "time", "random", "secrets", "os", "asyncio"}
IMPURE_KERNEL = {
    "runtime",
    "commit_loop",
    "follower",
    "relay",
    "log",
    "bus",
    "telemetry",
    "timers",
    "settings",
}
IMPURE_NAMES = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "new_id", "getrandom", "environ"}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def impurities(tree: ast.Module) -> list[str]:
    """What in a module could give another answer tomorrow, or on another machine."""
    found = []
    for name in imported(tree):
        parts = name.split(".")
        if parts[0] in IMPURE_MODULES or (parts[:2] == ["services", "kernel"] and parts[2] in IMPURE_KERNEL):
            found.append(f"imports {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in IMPURE_NAMES:
            found.append(f"line {node.lineno}: {node.attr}")
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            found.append(f"line {node.lineno}: {node.id}")
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            found.append(f"line {node.lineno}: waits")
    return found


def test_a_decider_has_no_clock_no_chance_and_no_database() -> None:
    impure = {short(file): found for file in DECIDER_FILES if (found := impurities(parsed(file)))}
    assert not impure


@pytest.mark.parametrize(
    "code",
    [
        "import asyncpg",
        "from time import time",
        "from services.kernel.log import write",
        "from datetime import datetime\nat = datetime.now()",
        "from uuid import uuid4\nid = uuid4()",
        "from services.kernel.service import new_id\nid = new_id()",
        "async def decide(): ...",
    ],
)
def test_the_test_of_purity_sees_what_it_is_for(code: str) -> None:
    assert impurities(ast.parse(code))


@pytest.mark.parametrize("service", DECIDERS)
def test_every_module_that_decides_is_held_to_it(service: str) -> None:
    """The modules named in `DECIDES` of a service's handlers are among those above."""
    decides = [
        node.value
        for node in parsed(PROJECT / "services" / service / "handlers.py").body
        # `_DECIDES` where something is looked at before each, or follows from it (exchange/acting.py).
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target).lstrip("_") == "DECIDES"
    ]
    (table,) = decides
    assert isinstance(table, ast.Dict)
    held = {noun.rpartition("/")[2] for noun in DECIDERS[service]}
    assert {ast.unparse(value).split(".")[0] for value in table.values} <= held


def refusals(file: Path) -> set[str]:
    """The codes with which a module refuses."""
    calls = (node for node in ast.walk(parsed(file)) if isinstance(node, ast.Call))
    return {str(ast.literal_eval(call.args[0])) for call in calls if ast.unparse(call.func) == "Rejected"}


def test_every_refusal_of_a_decider_has_a_test_that_names_it() -> None:
    unit = "".join(source(test) for test in (PROJECT / "tests/unit").glob("test_*.py"))
    refused = {(short(file), code) for file in DECIDER_FILES for code in refusals(file)}
    assert not [each for each in sorted(refused) if f'"{each[1]}"' not in unit]


# Who imports what, beside the rules of import-linter


CONTRACTS_MAY = {"contracts", "pydantic", "pydantic_core", *sys.stdlib_module_names}


def test_contracts_know_pydantic_alone_and_services_not_the_region_they_run_in() -> None:
    imports = [(short(file), name) for file in SOURCES for name in imported(parsed(file))]
    assert not [
        (file, name)
        for file, name in imports
        if (file.startswith("contracts/") and name.split(".")[0] not in CONTRACTS_MAY)
        or (not file.startswith(("contracts/", "services/region/")) and name.startswith("services.region"))
    ]


# SQL


@pytest.mark.parametrize("folder", sorted((PROJECT / "services").glob("*/sql")), ids=short)
def test_migrations_are_numbered_one_after_the_other(folder: Path) -> None:
    names = sorted(file.name for file in folder.iterdir())
    assert all(re.fullmatch(r"\d{3}_[a-z0-9_]+\.sql", name) for name in names), names
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1)), names
