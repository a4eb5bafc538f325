"""The result of a run: a table for people, one JSON document for programs."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table

from tests.bench.figures import Figure, Side

QUICK = "A quick run: it shows that everything can be measured. Its numbers mean nothing."


_COLUMNS: dict[str, JustifyMethod] = {
    "Ours; against": "left",
    "Ours": "right",
    "Against": "right",
    "CPU s per 1,000": "left",
    "of the other": "left",
    "Goal": "right",
    "Result": "left",
}


@dataclass(frozen=True)
class Report:
    """What was measured, and in which circumstances."""

    figures: Sequence[Figure]
    circumstances: dict[str, Any]
    rounds: int
    quick: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "quick": self.quick,
            "rounds": self.rounds,
            **self.circumstances,
            "figures": [figure.as_json() for figure in self.figures],
        }

    def show(self, console: Console) -> None:
        """Print the circumstances and the table."""
        told = [f"{name} {value}" for table in self.circumstances.values() for name, value in table.items()]
        console.print(" · ".join(told), style="dim")
        table = Table(title=f"Medians of {self.rounds} rounds, in turns", show_lines=True)
        for heading, justify in _COLUMNS.items():
            table.add_column(heading, justify=justify)
        for figure in self.figures:
            table.add_row(*_row(figure))
        console.print(table)
        reached = sum(figure.reached for figure in self.figures)
        console.print(f"{reached} of {len(self.figures)} reached." + (f" {QUICK}" if self.quick else ""))


def circumstances(
    postgres: str, settings: dict[str, str], file_system: str, sync_ms: float
) -> dict[str, Any]:
    """What a reader must know to judge the numbers."""
    return {
        "settings": settings,
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "postgresql": postgres,
            "file_system": file_system,
            "fdatasync_ms": round(sync_ms, 3),
        },
    }


def _row(figure: Figure) -> tuple[str, ...]:
    ours, against, goal = figure.ours, figure.against, figure.goal
    bound = f"{goal.bound:g} x" if goal.of == "ratio" else f"{goal.bound:,g} {figure.unit}"
    verdict = "reached" if figure.reached else "[bold red]not reached[/]"
    return (
        figure.what,
        _told(ours, figure.unit),
        _told(against, figure.unit) if against is not None else "",
        _cpu(ours),
        _cpu(against) if against is not None else "",
        f"{goal.direction} {bound}",
        f"{verdict}\n{figure.ratio:.2f} x",
    )


def _told(side: Side, unit: str) -> str:
    """Median, the lowest and highest round, and latencies where a rate has them."""
    digits = 0 if side.median >= 100 else 2
    low, high = min(side.values), max(side.values)
    told = f"{side.median:,.{digits}f} {unit}\n{low:,.{digits}f} to {high:,.{digits}f}"
    facts = side.as_json()
    if unit == "/s" and "p99_ms" in facts:
        told += f"\np50 {facts['p50_ms']:.2f}, p99 {facts['p99_ms']:.2f} ms"
    return told


def _cpu(side: Side) -> str:
    return "\n".join(f"{who} {seconds:.3f}" for who, seconds in side.cpu.items())
