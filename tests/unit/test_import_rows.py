"""What a row means, and the reason for each that means nothing we can keep."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.region.demo import people
from services.region.importing import rows
from services.region.importing.report import RefusedRow
from services.region.importing.rows import Ids, Wish
from services.region.importing.table import Column, Row, Table, read

IDS = Ids("proef")
MEMBER = {"ref": "D1", "name": "Ans", "street": "Kade", "house_number": "1", "pc4": "3511"}
OFFER = {"ref": "A1", "member_ref": "D1", "category": "dog"}
REQUEST = {"ref": "V1", "member_ref": "D1", "category": "dog", "minutes": "30"}
BSN = "111222333"


def judged(kind: str, *cells: dict[str, str]) -> tuple[list[Wish[Any]], list[RefusedRow]]:
    table = Table(f"{kind}.csv", [Row(n + 2, each) for n, each in enumerate(cells)])
    return {"members": rows.members, "offers": rows.offers, "requests": rows.requests}[kind](table, IDS)


def wish(kind: str, cells: dict[str, str]) -> Wish[Any]:
    right, refused = judged(kind, cells)
    assert not refused
    return right[0]


def refusal(kind: str, cells: dict[str, str]) -> RefusedRow:
    right, refused = judged(kind, cells)
    assert not right
    return refused[0]


def test_a_member_row_becomes_a_registration_with_an_id_of_its_own() -> None:
    full = {
        **MEMBER,
        "email": "ans@voorbeeld.example",
        "phone": "06-12345678",
        "pc4": "3511 AB",
        "capacity_minutes_week": "120",
        "circle": "D2; D3",
        "approved": "Ja",
    }
    found = wish("members", full)
    assert found.id == IDS.member("D1")
    assert found.approved
    assert found.command.pc4 == "3511"
    assert found.command.capacity_minutes_week == 120
    assert found.command.circle == found.needs == (IDS.member("D2"), IDS.member("D3"))


def test_what_is_left_empty_has_its_default() -> None:
    found = wish("members", {**MEMBER, "email": "", "phone": "", "capacity_minutes_week": "", "circle": ""})
    assert (found.command.email, found.command.phone, found.approved) == (None, None, False)
    asked = wish("requests", {**REQUEST, "wanted_at": "", "urgency": "", "wish": ""}).command
    assert (asked.wanted_at, asked.urgency, asked.wish) == (None, "normal", "none")


def test_ids_differ_by_region_and_by_kind_and_are_the_same_every_time() -> None:
    made = [IDS.member("1"), IDS.approval("1"), IDS.offer("1"), IDS.request("1"), Ids("elders").member("1")]
    assert len(set(made)) == len(made)
    # Written out: a change of this formula would import everything twice.
    assert IDS.member("D1") == UUID("c31b7b80-444e-569b-be5a-d5b08a68927f")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-26T10:00", datetime(2026, 11, 26, 9, tzinfo=UTC)),
        ("2026-07-26 10:00", datetime(2026, 7, 26, 8, tzinfo=UTC)),
        ("2026-11-26T10:00Z", datetime(2026, 11, 26, 10, tzinfo=UTC)),
        ("2026-11-26T10:00+02:00", datetime(2026, 11, 26, 8, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_dutch_time(written: str, moment: datetime) -> None:
    assert wish("requests", {**REQUEST, "wanted_at": written}).command.wanted_at == moment


@pytest.mark.parametrize(
    ("kind", "cells", "code", "says"),
    [
        ("members", {**MEMBER, "ref": ""}, "invalid_ref", "kenmerk ontbreekt"),
        ("members", {**MEMBER, "ref": "=1+1"}, "invalid_ref", "kenmerk"),
        ("members", {**MEMBER, "ref": BSN}, "bsn", "BSN"),
        ("members", {**MEMBER, "circle": f"D2;{BSN}"}, "bsn", "BSN"),
        ("members", {**MEMBER, "name": ""}, "invalid", "name: Vul hier iets in."),
        ("members", {**MEMBER, "name": f"Ans {BSN}"}, "bsn", "name: Hier staat een getal"),
        ("members", {**MEMBER, "name": "An\x00s"}, "control_characters", "name: Hier staat een onzichtbaar"),
        ("members", {**MEMBER, "street": "Ka\u202ede"}, "control_characters", "street:"),
        ("members", {**MEMBER, "phone": BSN}, "bsn", "phone:"),
        ("members", {**MEMBER, "email": f"{BSN}@voorbeeld.example"}, "bsn", "email:"),
        ("members", {**MEMBER, "email": "ans(at)home"}, "invalid", "email: Dit past niet."),
        ("members", {**MEMBER, "house_number": "0"}, "invalid", "house_number: Dit heeft niet de vorm"),
        ("members", {**MEMBER, "pc4": "0999"}, "invalid", "pc4: Dit heeft niet de vorm"),
        ("members", {**MEMBER, "pc4": "1000"}, "unknown_postcode", "postcode kennen wij niet"),
        ("members", {**MEMBER, "capacity_minutes_week": "-5"}, "invalid", "minstens 0"),
        ("members", {**MEMBER, "capacity_minutes_week": "99999999999999"}, "invalid", "een heel getal"),
        ("members", {**MEMBER, "capacity_minutes_week": "veel"}, "invalid", "een heel getal"),
        ("members", {**MEMBER, "approved": "misschien"}, "invalid", "ja (yes) of nee (no)"),
        ("members", {**MEMBER, "circle": ";".join(f"D{n}" for n in range(101))}, "invalid", "circle:"),
        ("offers", {**OFFER, "category": "astronomy"}, "invalid", "Kies een van: company"),
        ("offers", {**OFFER, "text": "a" * 2001}, "invalid", "hoogstens 2000 tekens"),
        ("offers", {**OFFER, "text": f"Mijn nummer is {BSN[:4]}.{BSN[4:6]}.{BSN[6:]}"}, "bsn", "text:"),
        ("offers", {**OFFER, "text": "a\x00b"}, "control_characters", "text:"),
        ("offers", {**OFFER, "member_ref": "Ans Visser"}, "invalid_ref", "kenmerk"),
        ("requests", {**REQUEST, "minutes": "-30"}, "invalid", "minutes: Dit moet minstens 1 zijn."),
        ("requests", {**REQUEST, "minutes": "525600"}, "invalid", "minutes: Dit mag hoogstens 1440 zijn."),
        ("requests", {**REQUEST, "minutes": "1.5"}, "invalid", "een heel getal"),
        ("requests", {**REQUEST, "minutes": "٣"}, "invalid", "een heel getal"),
        ("requests", {**REQUEST, "wanted_at": "morgen"}, "invalid", "geen dag en tijd"),
        ("requests", {**REQUEST, "wanted_at": "2026-11-26"}, "invalid", "geen dag en tijd"),
        ("requests", {**REQUEST, "urgency": "heel erg"}, "invalid", "urgency: Kies een van"),
        ("requests", {**REQUEST, "wish": "familie"}, "invalid", "wish: Kies een van"),
    ],
)
def test_each_bad_row_has_a_clear_reason_that_does_not_repeat_it(
    kind: str, cells: dict[str, str], code: str, says: str
) -> None:
    found = refusal(kind, cells)
    assert found.code == code
    assert says in found.nl
    assert found.en != found.nl
    for repeated in (BSN, "astronomy", "Visser", "ans(at)", "misschien", "familie", "morgen"):
        assert repeated not in "".join((found.ref, found.nl, found.en))


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = refusal("requests", {**REQUEST, "minutes": "0", "wish": "familie", "category": "astronomy"})
    assert all(f"{field}:" in found.nl for field in ("minutes", "wish", "category"))


def test_of_rows_with_the_same_ref_the_first_counts() -> None:
    right, refused = judged("offers", OFFER, {**OFFER, "text": "nog een keer"}, {**OFFER, "ref": "A2"})
    assert [each.line for each in right] == [2, 4]
    assert [(each.line, each.code) for each in refused] == [(3, "duplicate_ref")]
    assert "regel 2" in refused[0].nl


@pytest.mark.parametrize(
    ("heading", "columns"),
    [("### Members", rows.MEMBERS), ("### Offers", rows.OFFERS), ("### Requests", rows.REQUESTS)],
)
def test_the_page_about_importing_names_every_column(heading: str, columns: tuple[Column, ...]) -> None:
    page = (Path(__file__).parents[2] / "docs/import.md").read_text(encoding="utf-8")
    part = page.split(heading)[1].split("\n#")[0]
    for column in columns:
        assert f"| `{column.name}` | `{column.dutch}` | {'yes' if column.required else ''}" in part


def test_the_page_about_importing_names_every_reason() -> None:
    package = Path(rows.__file__).parent
    code = "".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py"))
    page = (Path(__file__).parents[2] / "docs/import.md").read_text(encoding="utf-8")
    for reason in re.findall(r'Rejected\(\s*"(\w+)"', code):
        assert f"`{reason}`" in page


def test_the_demos_people_are_the_same_every_time_and_all_of_them_are_right(tmp_path: Path) -> None:
    first, again = (people.write_files(tmp_path / name, today=date(2026, 11, 23)) for name in "ab")
    for kind, columns in (("members", rows.MEMBERS), ("offers", rows.OFFERS), ("requests", rows.REQUESTS)):
        file = getattr(first, kind)
        assert file.read_bytes() == getattr(again, kind).read_bytes()
        right, refused = judged(kind, *(row.cells for row in read(file, columns).rows))
        assert not refused
        assert len(right) == {"members": 400, "offers": 600, "requests": 250}[kind]
