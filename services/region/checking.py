"""`wederdienst test`: every check of the project, in one command.

The short form takes minutes on two cores and is what CI runs; `--all` adds the long forms.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from services.kernel.errors import Misconfigured

PROJECT = Path(__file__).parents[2]


def checks(
    *, all_forms: bool, pytest_arguments: Sequence[str], seed: int, folder: Path
) -> list[tuple[str, list[str]]]:
    """Names and commands, quick ones first. Schema drift and README examples are tests of pytest's.

    `folder` is this run's own: pytest clears away the folders of other runs, also of one that goes on. And
    each part of it has one, or it would wait until all that the part before left is cleared away.
    """
    python = [sys.executable, "-m"]

    def pytest(part: str, *arguments: str) -> list[str]:
        own = ["--basetemp", str(folder / part), "--template", str(folder / "template")]
        return [*python, "pytest", "-q", "--seed", str(seed), *own, *arguments]

    if pytest_arguments:
        return [("pytest", pytest("chosen", *pytest_arguments))]
    quick = ["tests/unit", "tests/contracts", "tests/test_tidy.py"]
    examples = ["--doctest-modules", "contracts", "services"]
    # The short form has ten minutes: whoever adds to it sees what takes them.
    others = ["tests", *(f"--ignore={path}" for path in quick), "--durations=15"]
    effort = ["--hypothesis-profile=thorough"] if all_forms else []
    short = "" if all_forms else "not long and "
    # Whoever is done takes over what waits behind a long test of the other.
    beside = ["-n", "2", "--dist", "worksteal", "-m", f"{short}not alone"]
    alone = ["-m", f"{short}alone"]
    return [
        ("ruff", [*python, "ruff", "check", "."]),
        ("ruff format", [*python, "ruff", "format", "--check", "."]),
        ("mypy --strict", [*python, "mypy"]),
        ("import rules", [str(Path(sys.executable).with_name("lint-imports"))]),
        ("documentation", [*python, "mkdocs", "build", "--strict", "--quiet", "-d", str(folder / "site")]),
        ("pytest, without servers", pytest("unit", *quick, *examples, *effort, *beside)),
        ("pytest, with real servers", pytest("servers", *others, *beside)),
        ("pytest, timed: alone", pytest("timed", *others, *alone)),
    ]


def run_checks(*, all_forms: bool, pytest_arguments: Sequence[str]) -> int:
    """Run all of them, also after a failure; returns 0 only if each passed."""
    results: list[tuple[str, bool, float]] = []
    seed = random.randrange(10**6)
    with tempfile.TemporaryDirectory(prefix="wederdienst-test-") as folder:
        for name, command in checks(
            all_forms=all_forms, pytest_arguments=pytest_arguments, seed=seed, folder=Path(folder)
        ):
            print(f"== {name}", flush=True)
            began = time.monotonic()
            passed = subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
            results.append((name, passed, time.monotonic() - began))
    print(f"== summary (seed {seed})")
    for name, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED':7} {name} ({seconds:.0f} s)")
    return 0 if all(passed for _, passed, _ in results) else 1


def run_bench(arguments: Sequence[str]) -> int:
    """`python -m tests.bench` with these arguments, where the peers' packages are; returns its exit code.

    They are in a group of their own, which `uv run` brings when it is asked. Raises
    Misconfigured when they are missing and uv cannot be found.
    """
    if not (PROJECT / "tests" / "bench").is_dir():
        raise Misconfigured("The bench is not in the installed package: run it from a checkout.")
    python = [sys.executable]
    if find_spec("eventsourcing") is None or find_spec("psycopg") is None:
        # `uv run` tells where it is itself; the wrapper script may have it out of the path.
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            raise Misconfigured("The bench needs packages that are missing. Give: uv sync --group bench")
        python = [uv, "run", "--quiet", "--project", str(PROJECT), "--group", "bench", "python"]
    return subprocess.run([*python, "-m", "tests.bench", *arguments], cwd=PROJECT, check=False).returncode
