"""Reads a CSV file (RFC 4180) into rows. One bad row never takes its neighbours with it.

A record is read on its own from the line where it begins. When it cannot be read, only that
line is refused and reading goes on with the next: a quote that is never closed costs one
line, not the rest of the file.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from services.kernel.errors import Misconfigured, Rejected
from services.region.importing.report import RefusedRow, refused

MAX_RECORD_LINES = 200
"""A record may be written over this many lines (texts hold line ends)."""

DELIMITERS = ",;\t"


class Column(NamedTuple):
    """A column by its name; the Dutch name is understood too."""

    name: str
    dutch: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line where it begins (the heading is line 1) and its cells by column name."""

    line: int
    cells: dict[str, str]


@dataclass
class Table:
    """What a file holds. `file` is its name without folders."""

    file: str
    rows: list[Row] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)


def read(path: Path, columns: Sequence[Column]) -> Table:
    """Read a file whose first line names `columns`, in any order.

    Raises Misconfigured when the file is not there, is no UTF-8 text, or has other columns.
    """
    lines = _lines(path)
    return _table(path.name, lines, *_headings(path.name, lines[0], columns))


def read_in_order(path: Path, names: Sequence[str], what: str) -> Table:
    """Read a file of another system, whose headings may be in any language: its columns are `names`,
    in that order. `what` it should be is for the message.

    Rows of empty fields are kept, for they may mean something there. Raises Misconfigured as `read`.
    """
    lines = _lines(path)
    found = {delimiter: _fields(lines[0], delimiter) for delimiter in DELIMITERS}
    fitting = [delimiter for delimiter in DELIMITERS if len(found[delimiter]) == len(names)]
    # A number or a day stands in the first field of every row: headings have no digits.
    if not fitting or any(char.isdigit() for char in found[fitting[0]][0]):
        raise Misconfigured(
            f"{path.name}: this is not {what}. That begins with a line of {len(names)} headings, in any "
            f"language, for: {', '.join(names)}. See docs/import.md."
        )
    return _table(path.name, lines, fitting[0], names, keep_empty=True)


def _table(
    file: str, lines: Sequence[str], delimiter: str, headings: Sequence[str], *, keep_empty: bool = False
) -> Table:
    table = Table(file)
    at = 1
    while at < len(lines):
        line = at + 1
        try:
            cells, used = _record(lines, at, delimiter)
            at += used
            if any(cells) or (keep_empty and len(cells) > 1):
                table.rows.append(Row(line, _by_column(headings, cells)))
        except csv.Error:
            at += 1
            table.refused.append(refused(file, line, "", _MALFORMED))
        except Rejected as no:
            table.refused.append(refused(file, line, "", no))
    return table


def _lines(path: Path) -> list[str]:
    """Physical lines with their ends, at least one. Bytes that are no UTF-8 become lone surrogates."""
    try:
        raw = path.read_bytes()
    except OSError as away:
        raise Misconfigured(f"{path} cannot be read: {away.strerror}. Check the name of the file.") from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Misconfigured(f"{path.name} is UTF-16. Save it as 'CSV UTF-8' and try again.")
    # newline="" splits at \n, \r\n and \r only, and keeps what is in quotes as it is.
    lines = list(io.StringIO(raw.decode("utf-8-sig", errors="surrogateescape"), newline=""))
    if not lines:
        raise Misconfigured(f"{path.name} is empty. Its first line must name its columns.")
    return lines


def _fields(line: str, delimiter: str) -> list[str]:
    """The headings on a file's first line, in lower case."""
    return [field.strip().lower() for field in next(csv.reader([line], delimiter=delimiter), [])]


def _headings(file: str, line: str, columns: Sequence[Column]) -> tuple[str, list[str]]:
    """The delimiter that finds most columns, and the column each field belongs to."""
    names = {spelled: column.name for column in columns for spelled in (column.name, column.dutch)}
    delimiter = max(DELIMITERS, key=lambda d: sum(field in names for field in _fields(line, d)))
    found = _fields(line, delimiter)
    headings = [names.get(field, "") for field in found]
    wrong = []
    if unknown := headings.count(""):
        # Not repeated: a file without headings has a person on its first line.
        wrong.append(f"{unknown} column(s) are not known")
    if twice := sorted({name for name in headings if name and headings.count(name) > 1}):
        wrong.append(f"named more than once: {', '.join(twice)}")
    if missing := [column.name for column in columns if column.required and column.name not in headings]:
        wrong.append(f"missing: {', '.join(missing)}")
    if wrong:
        raise Misconfigured(
            f"{file}: the first line is not right ({'; '.join(wrong)}). "
            f"It may name: {', '.join(column.name for column in columns)}. See docs/import.md."
        )
    return delimiter, headings


def _record(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The record that begins at `lines[at]`, and how many lines it takes. Raises csv.Error."""
    reader = csv.reader(lines[at : at + MAX_RECORD_LINES], delimiter=delimiter, strict=True)
    cells = [cell.strip() for cell in next(reader, [])]
    return cells, max(reader.line_num, 1)


def _by_column(headings: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(headings):
        raise Rejected(
            "wrong_number_of_fields",
            f"Deze regel heeft {len(cells)} velden; het moeten er {len(headings)} zijn. "
            "Staat er een scheidingsteken in een tekst? Zet die tekst tussen aanhalingstekens.",
            f"This row has {len(cells)} fields; there must be {len(headings)}. "
            "Is there a delimiter in a text? Put that text between quotes.",
        )
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell):
        raise Rejected(
            "not_utf8",
            "Op deze regel staan tekens die geen UTF-8 zijn. Bewaar het bestand als 'CSV UTF-8'.",
            "This row holds characters that are not UTF-8. Save the file as 'CSV UTF-8'.",
        )
    return dict(zip(headings, cells, strict=True))


_MALFORMED = Rejected(
    "malformed_csv",
    "Deze regel is geen geldige CSV: kijk de aanhalingstekens na. Een heel lange tekst kan ook niet.",
    "This row is not valid CSV: check the quotes. A very long text is not possible either.",
)
