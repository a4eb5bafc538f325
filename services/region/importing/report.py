"""What came of an import: counts, and every refused row with its reason but not its content."""

import csv
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from services.kernel.errors import Rejected


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Where a row stands and why it was refused. `ref` is empty where it could not be read."""

    file: str
    line: int
    ref: str
    code: str
    nl: str
    en: str


def refused(file: str, line: int, ref: str, why: Rejected) -> RefusedRow:
    no = why.refusal
    return RefusedRow(file, line, ref, no.code, no.nl, no.en)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about the import as a whole; no row is refused for it."""

    code: str
    nl: str
    en: str


@dataclass
class Count:
    """Rows of one file."""

    imported: int = 0
    refused: int = 0


@dataclass
class Report:
    """`counts` by kind of row: members, offers, requests, balances."""

    counts: dict[str, Count] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def imported(self) -> int:
        return sum(count.imported for count in self.counts.values())

    @property
    def exit_code(self) -> int:
        """0 when every row was imported, 1 when some were refused, 2 when nobody answered."""
        if not self.refused:
            return 0
        nobody = not self.imported and all(row.code == "no_answer" for row in self.refused)
        return 2 if nobody else 1

    def summary(self, refused_file: str) -> list[str]:
        """The report in a few lines."""
        lines = [
            f"{kind}: {count.imported} imported, {count.refused} refused"
            for kind, count in self.counts.items()
        ]
        lines += [sentence for note in self.notes for sentence in (note.nl, note.en)]
        if self.refused:
            lines.append(f"Every refused row is in {refused_file}, with its reason.")
        return lines

    def as_json(self) -> dict[str, Any]:
        return {
            "imported": self.imported,
            "counts": {kind: asdict(count) for kind, count in self.counts.items()},
            "refused": [asdict(row) for row in self.refused],
            "notes": [asdict(note) for note in self.notes],
            "seconds": round(self.seconds, 2),
        }

    def write_refused(self, path: Path) -> None:
        """Write every refused row to `path`; only the headings when none was refused."""
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(RefusedRow.__dataclass_fields__)
            out.writerows(asdict(row).values() for row in self.refused)
