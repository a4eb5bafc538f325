"""`wederdienst test`: every check of the project, in one command.

The short form takes minutes on two cores and is what CI runs; `--all` adds the long forms.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def checks(*, all_forms: bool, pytest_arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Names and commands, quick ones first. Schema drift and README examples are tests of pytest's."""
    python = [sys.executable, "-m"]
    in_parallel = ["tests/unit", "tests/contracts", "tests/test_tidy.py", "-n", "2"]
    one_by_one = ["tests", "--ignore=tests/unit", "--ignore=tests/contracts", "--ignore=tests/test_tidy.py"]
    long = [] if all_forms else ["-m", "not long"]
    if pytest_arguments:
        return [("pytest", [*python, "pytest", *long, *pytest_arguments])]
    return [
        ("ruff", [*python, "ruff", "check", "."]),
        ("ruff format", [*python, "ruff", "format", "--check", "."]),
        ("mypy --strict", [*python, "mypy"]),
        ("import rules", [str(Path(sys.executable).with_name("lint-imports"))]),
        ("pytest, without servers", [*python, "pytest", "-q", *in_parallel, *long]),
        ("pytest, with real servers", [*python, "pytest", *one_by_one, *long]),
    ]


def run_checks(*, all_forms: bool, pytest_arguments: Sequence[str]) -> int:
    """Run all of them, also after a failure; returns 0 only if each passed."""
    results: list[tuple[str, bool, float]] = []
    for name, command in checks(all_forms=all_forms, pytest_arguments=pytest_arguments):
        print(f"== {name}", flush=True)
        began = time.monotonic()
        passed = subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
        results.append((name, passed, time.monotonic() - began))
    print("== summary")
    for name, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED':7} {name} ({seconds:.0f} s)")
    return 0 if all(passed for _, passed, _ in results) else 1
