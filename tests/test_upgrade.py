"""Expand first, contract a release later (docs/upgrade.md): every migration is read."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
FILES = sorted((PROJECT / "services").glob("*/sql/*.sql"))
ALLOWED = re.compile(r"\A-- contract: unused since \d+\.\d+\.\d+\n")
TAKES_AWAY = (
    (r"\bDROP (TABLE|COLUMN|VIEW|TYPE|SCHEMA)\b", "drops something"),
    (r"\bRENAME\b", "renames something"),
    (r"\bALTER COLUMN \w+ (SET DATA )?TYPE\b", "changes a column's type"),
    (r"\bALTER COLUMN \w+ SET NOT NULL\b", "asks for what the release before may leave empty"),
    (
        r"\bADD COLUMN (?:IF NOT EXISTS )?\w+ [^,;]*\bNOT NULL\b(?![^,;]*\bDEFAULT\b)",
        "adds a column without a default",
    ),
    (r"\bALTER COLUMN \w+ DROP DEFAULT\b", "drops the default that the release before lives by"),
    (r"\b(TRUNCATE|DELETE FROM)\b", "deletes rows"),
)


def taken_away(sql: str) -> list[str]:
    """What the release before would miss after this migration."""
    if ALLOWED.match(sql):
        return []
    code = re.sub(r"--[^\n]*", "", sql)
    return [what for pattern, what in TAKES_AWAY if re.search(pattern, code, re.IGNORECASE)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}/{file.name}")
def test_a_migration_takes_nothing_away_from_the_release_before(file: Path) -> None:
    assert taken_away(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("ALTER TABLE offers DROP COLUMN text;", True),
        ("ALTER TABLE offers RENAME TO chances;", True),
        ("ALTER TABLE offers ALTER COLUMN minutes TYPE text;", True),
        ("ALTER TABLE offers ADD COLUMN since date NOT NULL;", True),
        ("ALTER TABLE offers ALTER COLUMN area SET NOT NULL;", True),
        ("ALTER TABLE offers ALTER COLUMN area DROP DEFAULT;", True),
        ("DELETE FROM offers;", True),
        ("-- contract: unused since 0.2.0\nALTER TABLE offers DROP COLUMN text;", False),
        ("ALTER TABLE offers ADD COLUMN since date;", False),
        ("ALTER TABLE offers ADD COLUMN since date NOT NULL DEFAULT now(), ADD COLUMN x int;", False),
        ("CREATE TABLE chances (id uuid PRIMARY KEY, name text NOT NULL); -- not DROP TABLE", False),
    ],
)
def test_the_reading_sees_what_it_is_for(sql: str, found: bool) -> None:
    assert bool(taken_away(sql)) is found
