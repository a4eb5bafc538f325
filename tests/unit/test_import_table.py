"""Reading CSV: every bad line is refused on its own, and the lines around it are read."""

import codecs
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Misconfigured
from services.region.importing.table import Column, Table, read

COLUMNS = (
    Column("ref", "kenmerk", required=True),
    Column("name", "naam", required=True),
    Column("text", "tekst"),
)


def table(tmp_path: Path, raw: bytes | str) -> Table:
    file = tmp_path / "members.csv"
    file.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read(file, COLUMNS)


def cells(found: Table) -> list[tuple[int, list[str]]]:
    return [(row.line, list(row.cells.values())) for row in found.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_delimiters_line_ends_and_a_byte_order_mark_are_understood(
    tmp_path: Path, delimiter: str, end: str, mark: bytes
) -> None:
    text = end.join(delimiter.join(line) for line in (("ref", "name"), ("D1", "Zoë"), ("D2", "Bram"), ("",)))
    assert cells(table(tmp_path, mark + text.encode())) == [(2, ["D1", "Zoë"]), (3, ["D2", "Bram"])]


def test_columns_may_come_in_any_order_with_their_dutch_names(tmp_path: Path) -> None:
    found = table(tmp_path, "Naam; KENMERK\nAns;D1\n")
    assert found.rows[0].cells == {"name": "Ans", "ref": "D1"}


def test_a_text_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    found = table(tmp_path, 'ref,name,text\nD1,Ans,"een, ""twee""\nen drie"\nD2,Bram,vier\n')
    assert cells(found) == [(2, ["D1", "Ans", 'een, "twee"\nen drie']), (4, ["D2", "Bram", "vier"])]


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("ref,name,bsn", r"1 column\(s\) are not known"),
        ("ref,text", "missing: name"),
        ("ref,name,naam", "named more than once: name"),
        ("Ans Visser,Dorpsstraat 1", "missing: ref, name"),
    ],
)
def test_a_wrong_heading_stops_everything_and_is_not_repeated(
    tmp_path: Path, heading: str, says: str
) -> None:
    with pytest.raises(Misconfigured, match=says) as stopped:
        table(tmp_path, f"{heading}\nD1,Ans,x\n")
    assert "Visser" not in str(stopped.value)
    assert "bsn" not in str(stopped.value)


@pytest.mark.parametrize("raw", [b"", "ref,name\nD1,Ans\n".encode("utf-16")])
def test_a_file_that_is_no_csv_in_utf8_stops_everything(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(Misconfigured):
        table(tmp_path, raw)


def test_a_file_that_is_not_there_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        read(tmp_path / "nothing.csv", COLUMNS)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'D2,"Bram" Visser,x', "malformed_csv"),
        (b'D2,"Bram,x', "malformed_csv"),
        (b"D2," + b"B" * 1_000_000 + b",x", "malformed_csv"),
        (b"D2,Bram", "wrong_number_of_fields"),
        (b"D2,Bram,x,y", "wrong_number_of_fields"),
        (b"D2,Zo\xeb,x", "not_utf8"),
    ],
)
def test_a_bad_line_is_refused_and_its_neighbours_are_read(tmp_path: Path, bad: bytes, code: str) -> None:
    found = table(tmp_path, b"ref,name,text\nD1,Ans,a\n" + bad + b"\nD3,Cor,c\n" + b'D4,"Dirk",d\n')
    assert [line for line, _ in cells(found)] == [2, 4, 5]
    (refused,) = found.refused
    assert (refused.file, refused.line, refused.ref, refused.code) == ("members.csv", 3, "", code)


def test_a_quote_never_closed_before_a_quoted_line_costs_one_line(tmp_path: Path) -> None:
    found = table(tmp_path, 'ref,name\nD1,"Ans\nD2,"Bram"\nD3,"Cor"\n')
    assert [line for line, _ in cells(found)] == [3, 4]
    assert [row.line for row in found.refused] == [2]


@given(st.binary(max_size=300))
def test_whatever_the_file_holds_each_line_is_a_row_or_a_refusal(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = table(Path(folder), b"ref,name,text\n" + raw)
    lines = [row.line for row in (*found.rows, *found.refused)]
    assert len(lines) == len(set(lines))
    for row in found.rows:
        assert list(row.cells) == ["ref", "name", "text"]
    for no in found.refused:
        assert no.code
        assert no.nl
        assert no.en
