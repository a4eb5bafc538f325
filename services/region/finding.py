"""What `wederdienst doctor` found: lines that say how it is, and what to do where it is not right."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

type Level = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `do` says what to do now; empty where nothing has to be done."""

    level: Level
    about: str
    says: str
    do: str = ""


_MARKS: dict[Level, str] = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def ok(about: str, says: str) -> Finding:
    return Finding("ok", about, says)


def exit_code(findings: list[Finding]) -> int:
    """1 when something must be mended, else 0: notes can wait."""
    return 1 if any(finding.level == "bad" for finding in findings) else 0


def as_lines(findings: list[Finding]) -> Iterator[str]:
    """For a person: each finding, and under it what to do."""
    for finding in findings:
        yield f"{_MARKS[finding.level]} {finding.about}: {finding.says}"
        if finding.do:
            yield f"       {finding.do}"


def as_json(findings: list[Finding]) -> list[dict[str, str]]:
    return [asdict(finding) for finding in findings]
