"""What commands share at the terminal: paths as the caller meant them, questions, JSON."""

import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import Parameter

from services.kernel.errors import Misconfigured

Config = Annotated[Path, Parameter(name="--config", help="The region's configuration file.")]


def path_from_caller(path: Path) -> Path:
    """`path` as the caller meant it: the wrapper script changes into the project first."""
    return Path(os.environ.get("WEDERDIENST_FROM", "."), path).resolve()


def asked(question: str, option: str, proposed: str = "") -> str:
    """An answer from whoever sits at the terminal. Raises Misconfigured where nobody does."""
    if not sys.stdin.isatty():
        raise Misconfigured(f"Nobody is there to ask. Give {option}.")
    while True:
        answer = input(f"{question} [{proposed}] " if proposed else f"{question} ").strip() or proposed
        if answer:
            return answer


def print_json(found: object) -> None:
    """One JSON document on a line."""
    print(orjson.dumps(found, default=str).decode(), flush=True)
