"""Moving in from TimeOverflow: what its reports mean here, by the order of their columns alone."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.categories import CATEGORIES
from services.kernel.errors import Misconfigured, Rejected
from services.region.importing import timeoverflow
from services.region.importing.report import Note, RefusedRow
from services.region.importing.rows import Ids, Wish
from services.region.importing.table import Column, read_in_order
from services.region.importing.timeoverflow import Reports, Terms, balances, found_in, kinds, reports
from services.region.importing.timeoverflow.balances import Listed, hours, seconds_of, whole_minutes
from services.region.importing.timeoverflow.moving import Move, prepared

IDS = Ids("proef")
PAGE = Path(__file__).parents[2] / "docs/import.md"

# Headings as TimeOverflow writes them in Catalan and in Dutch.
MEMBERS = "N,Nom,Email,Telèfon,Telèfon alternatiu,Data de creació,Últim accés,Idioma,Saldo"
POSTS = '"",Aanbieding,Labels,Gebruiker,Aangemaakt'
TRANSFERS = "Datum,Van,Aan,Bericht,Aantal"
ANS = "12,Ans Mol,ans@voorbeeld.example,06-12340001,,2019-05-02 10:00:00 UTC,,nl,5400"
BEP = "7,Bep de Wit,,,06-12340002,2020-01-01 10:00:00 UTC,2026-11-01 09:00:00 UTC,nl,-3600"
COR = '31,"Cor ""de fiets"" Vos, sr.",cor@voorbeeld.example,,,2021-03-01 10:00:00 UTC,,ca,-1800'
ADDRESSES = ("number,name,street,house_number,pc4", "12,Ans,Kade,1,3511", "7,Bep,Plein,2 bis,3512 AB")
AND_CORS = "31,Cor,Hof,3,3513"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def moved(tmp_path: Path, terms: Terms | None = None, **files: Sequence[str]) -> Move:
    """A move with these files, each with its lines."""
    given = {name: write(tmp_path / f"{name}.csv", *lines) for name, lines in files.items()}
    return prepared(Reports(**given), terms or Terms(), IDS)


def wishes(move: Move, kind: str) -> list[Wish[Any]]:
    return move.sheets[kind].wishes


def refusals(move: Move, kind: str) -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in move.sheets[kind].refused]


def only(rows: Sequence[RefusedRow]) -> RefusedRow:
    (row,) = rows
    return row


def note(move: Move, code: str) -> Note:
    (found,) = [each for each in move.notes if each.code == code]
    return found


# ---- members


def test_columns_are_known_by_their_order_whatever_the_headings_say(tmp_path: Path) -> None:
    move = moved(tmp_path, members=[MEMBERS, ANS, BEP, COR], addresses=[*ADDRESSES, AND_CORS])
    assert refusals(move, "members") == []
    ans, bep, cor = wishes(move, "members")
    assert (ans.command.name, ans.command.email, ans.command.phone) == (
        "Ans Mol",
        "ans@voorbeeld.example",
        "06-12340001",
    )
    assert (ans.command.street, ans.command.house_number, ans.command.pc4) == ("Kade", "1", "3511")
    # Only the alternative phone; a full postcode in the list of addresses.
    assert (bep.command.email, bep.command.phone, bep.command.pc4) == (None, "06-12340002", "3512")
    assert cor.command.name == 'Cor "de fiets" Vos, sr.'
    assert all(wish.approved for wish in (ans, bep, cor))


def test_the_number_there_is_what_makes_twice_once(tmp_path: Path) -> None:
    files = {"members": [MEMBERS, ANS, BEP, COR], "addresses": [*ADDRESSES, AND_CORS]}
    first, again = (moved(tmp_path, **files) for _ in range(2))
    assert [wish.id for wish in wishes(first, "members")] == [wish.id for wish in wishes(again, "members")]
    assert wishes(first, "members")[0].id == IDS.member("timeoverflow-12")
    assert wishes(first, "balances")[0].id == IDS.balance("timeoverflow-12")
    elsewhere = moved(tmp_path, Terms(bank="zeist"), **files)
    assert wishes(elsewhere, "members")[0].id == IDS.member("zeist-12")


def test_who_has_no_address_is_refused_with_what_to_add(tmp_path: Path) -> None:
    move = moved(tmp_path, members=[MEMBERS, ANS, BEP, COR], addresses=ADDRESSES)
    row = only(move.sheets["members"].refused)
    assert (row.file, row.line, row.ref, row.code) == ("members.csv", 4, "timeoverflow-31", "no_address")
    assert "een regel met nummer 31, straat, huisnummer en postcode" in row.nl
    assert "--addresses" in row.en
    # The others and their balances go in; the sum is that of the whole report.
    assert [wish.command.minutes for wish in wishes(move, "balances")] == [90, -60]
    assert refusals(move, "balances") == []


def test_without_a_list_of_addresses_every_member_is_refused(tmp_path: Path) -> None:
    move = moved(tmp_path, members=[MEMBERS, ANS, BEP, COR])
    assert refusals(move, "members") == [(2, "no_address"), (3, "no_address"), (4, "no_address")]
    assert wishes(move, "balances") == []


def test_minutes_a_week_come_from_the_list_or_else_from_the_command_line(tmp_path: Path) -> None:
    lists = ["number;street;house_number;pc4;capacity_minutes_week", "12;Kade;1;3511;120", "7;Plein;2;3512;"]
    files = {"members": [MEMBERS, ANS, BEP, COR], "addresses": lists}
    filled = moved(tmp_path, Terms(capacity_minutes_week=60), **files)
    assert [wish.command.capacity_minutes_week for wish in wishes(filled, "members")] == [120, 60]
    assert not [each for each in filled.notes if each.code == "no_capacity"]
    assert "Deelnemers met 0 minuten per week: 1." in note(moved(tmp_path, **files), "no_capacity").nl


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("12,Ans,ans(at)thuis,,,,,nl,0", "invalid"),
        ("12,Ans,,bel mij,,,,nl,0", "invalid"),
        ("12,Ans,,111222333,,,,nl,0", "bsn"),
        ("12,,,,,,,nl,0", "invalid"),
        ("twaalf,Ans,,,,,,nl,0", "invalid_ref"),
        ("12,Ans,,,,nl,0", "wrong_number_of_fields"),
    ],
)
def test_a_row_that_is_wrong_is_refused_without_repeating_it(tmp_path: Path, row: str, code: str) -> None:
    move = moved(tmp_path, members=[MEMBERS, row], addresses=ADDRESSES)
    found = only(move.sheets["members"].refused)
    assert (found.line, found.code) == (2, code)
    for secret in ("thuis", "bel mij", "111222333", "twaalf"):
        assert secret not in f"{found.ref}{found.nl}{found.en}"


def test_a_wrong_address_is_told_on_the_line_of_the_member(tmp_path: Path) -> None:
    wrong = [
        *ADDRESSES[:2],
        "7,Bep,Plein,0,3512",
        "31,Cor,Hof,3,1000",
        "12,Ans,Elders,9,3511",
        "x,Dirk,Laan,1,3511",
    ]
    move = moved(tmp_path, members=[MEMBERS, ANS, BEP, COR], addresses=wrong)
    assert [(row.file, row.line, row.code) for row in move.sheets["members"].refused] == [
        ("addresses.csv", 5, "duplicate_ref"),
        ("addresses.csv", 6, "invalid_ref"),
        ("members.csv", 3, "invalid"),
        ("members.csv", 4, "unknown_postcode"),
    ]
    # Of two addresses the first counts.
    assert wishes(move, "members")[0].command.street == "Kade"


# ---- balances


def test_seconds_become_minutes_towards_zero_each_by_itself(tmp_path: Path) -> None:
    rows = ["1,A,,,,,,nl,3659", "2,B,,,,,,nl,-3601", "3,C,,,,,,nl,-58", "4,D,,,,,,nl,"]
    lists = ["number,street,house_number,pc4", *(f"{n},Kade,{n},3511" for n in (1, 2, 3, 4))]
    move = moved(tmp_path, members=[MEMBERS, *rows], addresses=lists)
    brought = {wish.ref: (wish.command.minutes, wish.command.account_id) for wish in wishes(move, "balances")}
    # Less than a minute is no balance, and neither is nothing.
    assert brought == {
        "timeoverflow-1": (60, IDS.member("timeoverflow-1")),
        "timeoverflow-2": (-60, IDS.member("timeoverflow-2")),
    }
    assert "naar nul toe: 3." in note(move, "rounded").nl
    assert "0 seconden" in note(move, "rounded").nl


@given(st.integers(-10_000_000, 10_000_000))
def test_rounding_gives_nobody_a_minute_and_takes_none_that_is_whole(seconds: int) -> None:
    minutes = whole_minutes(seconds)
    assert abs(60 * minutes) <= abs(seconds) < abs(60 * minutes) + 60
    assert minutes == 0 or (minutes > 0) == (seconds > 0)
    assert seconds_of(hours(seconds)) == 60 * minutes


def test_a_report_that_does_not_add_up_brings_no_balance_at_all(tmp_path: Path) -> None:
    files = {"members": [MEMBERS, ANS, BEP], "addresses": ADDRESSES}
    move = moved(tmp_path, **files)
    assert len(wishes(move, "members")) == 2
    assert wishes(move, "balances") == []
    row = only(move.sheets["balances"].refused)
    assert (row.file, row.line, row.code) == ("members.csv", 1, "balances_do_not_add_up")
    assert "tellen op tot 0:30, niet tot nul" in row.nl
    assert "--not-listed=-0:30" in row.nl
    assert note(move, "balances_do_not_add_up").en == row.en
    # As it says itself: what the time bank and those who left have, is given beside it.
    again = moved(tmp_path, Terms(not_listed_seconds=seconds_of("-0:30")), **files)
    assert [wish.command.minutes for wish in wishes(again, "balances")] == [90, -60]


@pytest.mark.parametrize(
    ("total", "not_listed", "right"),
    [(0, 0, True), (59, 0, True), (60, 0, False), (-60, 0, False), (-90, 60, True), (3600, 3600, False)],
)
def test_the_sum_must_be_right_to_the_minute(total: int, not_listed: int, right: bool) -> None:
    found = {"a": Listed(2, total + 100), "b": Listed(3, -100)}
    if right:
        balances.check_sum(found, not_listed)
        return
    with pytest.raises(Rejected) as no:
        balances.check_sum(found, not_listed)
    # Who does as the sentence says comes through.
    said = re.search(r"--not-listed=(-?\d+:\d\d)\. ", no.value.refusal.en)
    assert said is not None
    balances.check_sum(found, seconds_of(said[1]))


@pytest.mark.parametrize(
    "row", ["7,Bep,,,,,,nl,1:30", "7,Bep,,,,,,nl,3600.5", "zeven,Bep,,,,,,nl,0", "7,Bep,nl,0"]
)
def test_a_balance_that_cannot_be_read_stops_all_of_them(tmp_path: Path, row: str) -> None:
    move = moved(tmp_path, members=[MEMBERS, ANS, row], addresses=ADDRESSES)
    assert wishes(move, "balances") == []
    assert refusals(move, "balances") == [(1, "balances_unreadable")]
    assert "regel 3" in move.sheets["balances"].refused[0].nl
    assert wishes(move, "members")[0].ref == "timeoverflow-12"


def test_a_balance_that_no_account_can_hold_is_refused_alone(tmp_path: Path) -> None:
    rows = [f"12,Ans,,,,,,nl,{60 * 60_001}", f"7,Bep,,,,,,nl,-{60 * 60_001}"]
    move = moved(tmp_path, members=[MEMBERS, *rows], addresses=ADDRESSES)
    assert [wish.ref for wish in wishes(move, "balances")] == ["timeoverflow-12"]
    assert refusals(move, "balances") == [(3, "invalid")]


@pytest.mark.parametrize("text", ["veel", "2.5", "2:60", "", "--2:00"])
def test_hours_that_are_none_are_told(text: str) -> None:
    with pytest.raises(Misconfigured, match="hours and minutes"):
        seconds_of(text)


# ---- transfers


def test_transfers_that_add_up_are_not_worth_a_word(tmp_path: Path) -> None:
    booked = [
        TRANSFERS,
        "2026-01-02 10:00:00 UTC,Bep de Wit (7),Ans Mol (12),Boodschappen,1:00",
        "2026-01-03 10:00:00 UTC,Tijdbank Oost,Ans Mol (12),,0:30",
        "2026-01-03 10:00:00 UTC,De gebruiker is niet actief,Tijdbank Oost,,4:00",
    ]
    files = {"members": [MEMBERS, ANS, BEP], "addresses": ADDRESSES, "transfers": booked}
    move = moved(tmp_path, Terms(not_listed_seconds=-1800), **files)
    assert [each.code for each in move.notes] == ["no_capacity"]


def test_transfers_that_do_not_add_up_are_told_with_the_difference(tmp_path: Path) -> None:
    booked = [TRANSFERS, "2026-01-02,Bep de Wit (7),Ans Mol (12),Boodschappen,1:00", "2026-01-03,x,y,z,veel"]
    files = {"members": [MEMBERS, ANS, BEP, COR], "addresses": [*ADDRESSES, AND_CORS], "transfers": booked}
    move = moved(tmp_path, **files)
    told = note(move, "transfers_differ")
    assert "bij 2 van de 3 deelnemers" in told.nl
    assert "timeoverflow-12 0:30, timeoverflow-31 -0:30" in told.nl
    assert "timeoverflow-12 0:30, timeoverflow-31 -0:30" in told.en
    assert "regel 3" in note(move, "transfers_unreadable").nl
    # A warning, no more: the balances are brought.
    assert len(wishes(move, "balances")) == 3


def test_seconds_that_transfers_do_not_show_are_no_difference(tmp_path: Path) -> None:
    rows = ["12,Ans,,,,,,nl,3655", "7,Bep,,,,,,nl,-3655"]
    booked = [TRANSFERS, "2026-01-02,Bep (7),Ans (12),,1:00", "2026-01-02,Bep (7),Ans (12),,0"]
    files = {"members": [MEMBERS, *rows], "addresses": ADDRESSES, "transfers": booked}
    assert {each.code for each in moved(tmp_path, **files).notes} == {"rounded", "no_capacity"}


# ---- offers and requests


def test_a_line_that_is_no_row_names_the_category_of_those_below(tmp_path: Path) -> None:
    offers = [
        POSTS,
        '"",Acompañamiento,"","",""',
        '101,Samen de krant lezen,"",Ans Mol (12),2025-05-01 10:00:00 UTC',
        '"",TUINIEREN,"","",""',
        '102,"Snoeien, maaien","groen, gras","Bep (de buurvrouw) de Wit (7)",2025-05-01 10:00:00 UTC',
        '103,Rondje met Bello,"groen, Hond",Ans Mol (12),2025-05-01 10:00:00 UTC',
    ]
    found = wishes(moved(tmp_path, offers=offers), "offers")
    assert [(wish.ref, wish.command.category, wish.command.text) for wish in found] == [
        ("timeoverflow-101", "company", "Samen de krant lezen"),
        ("timeoverflow-102", "gardening", "Snoeien, maaien"),
        # A tag says it more exactly than the category does.
        ("timeoverflow-103", "dog", "Rondje met Bello"),
    ]
    assert [wish.needs for wish in found[:2]] == [(IDS.member(f"timeoverflow-{n}"),) for n in (12, 7)]


def test_a_request_has_no_day_and_takes_an_hour_unless_told_otherwise(tmp_path: Path) -> None:
    requests = [POSTS, ",Boodschappen,,,", "55,Wie doet boodschappen?,,Ans (12),2019-05-01 10:00:00 UTC"]
    (wish,) = wishes(moved(tmp_path, requests=requests), "requests")
    assert (wish.command.minutes, wish.command.wanted_at, wish.command.category) == (60, None, "shopping")
    (longer,) = wishes(moved(tmp_path, Terms(request_minutes=90), requests=requests), "requests")
    assert longer.command.minutes == 90
    # An offer and a request may have the same number there.
    assert wish.id != IDS.offer(wish.ref)


def test_a_category_nobody_knows_is_refused_with_what_to_do(tmp_path: Path) -> None:
    offers = [POSTS, ",Sterrenkunde,,,", "101,Kijken,telescoop,Ans (12),x", ",-,,,", "102,Iets,,Ans (12),x"]
    move = moved(tmp_path, offers=offers)
    assert refusals(move, "offers") == [(3, "unknown_category"), (5, "unknown_category")]
    row = move.sheets["offers"].refused[0]
    assert "De soort op regel 2" in row.nl
    assert "--categories" in row.nl
    assert all(code in row.nl for code in CATEGORIES)
    assert "Sterrenkunde" not in f"{row.nl}{row.en}"
    own = ["naam;soort", "sterrenkunde;company", "-;chores"]
    found = wishes(moved(tmp_path, offers=offers, categories=own), "offers")
    assert [wish.command.category for wish in found] == ["company", "chores"]


def test_what_an_organisation_says_itself_goes_before(tmp_path: Path) -> None:
    offers = [POSTS, ",Ocio,,,", "101,Spelletjes,,Ans (12),x"]
    move = moved(tmp_path, offers=offers, categories=["name,category", "ocio,coffee"])
    assert wishes(move, "offers")[0].command.category == "coffee"


@pytest.mark.parametrize("nameless", [",,,,", b",Jardiner\xeda,,,"])
def test_below_a_line_that_names_no_readable_category_the_one_before_does_not_hold(
    tmp_path: Path, nameless: str | bytes
) -> None:
    raw = nameless if isinstance(nameless, bytes) else nameless.encode()
    file = tmp_path / "offers.csv"
    lines = [POSTS.encode(), b",Cocina,,,", b"1,Soep,,Ans (12),x", raw, b"2,Maaien,,Ans (12),x"]
    file.write_bytes(b"\n".join([*lines, b"3,Rondje,hond,Ans (12),x", b""]))
    move = prepared(Reports(offers=file), Terms(), IDS)
    assert [(wish.line, wish.command.category) for wish in wishes(move, "offers")] == [
        (3, "cooking"),
        (6, "dog"),
    ]
    assert (5, "unknown_category") in refusals(move, "offers")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("101,Soep,,Ans,x", "no_member"),
        ("101,Soep,,,x", "no_member"),
        (",Soep,,Ans (12),x", "invalid_ref"),
        ("101,Soep,Ans (12),x", "wrong_number_of_fields"),
        ("101,Soep voor 111222333,,Ans (12),x", "bsn"),
    ],
)
def test_a_post_that_is_wrong_is_refused(tmp_path: Path, row: str, code: str) -> None:
    move = moved(tmp_path, offers=[POSTS, ",Cocina,,,", row])
    assert refusals(move, "offers") == [(3, code)]


def test_the_table_of_common_words_names_each_word_once_and_every_kind_we_have() -> None:
    lines = kinds.OURS.read_text(encoding="utf-8").splitlines()[1:]
    words = [kinds._plain(line.split(",")[0]) for line in lines]
    assert {line.split(",")[1] for line in lines} == set(CATEGORIES)
    table = kinds.kinds()
    codes = {(word, line.split(",")[1]) for word, line in zip(words, lines, strict=True)}
    assert {table.code(word, "") for word in words} == set(CATEGORIES)
    assert len(codes) == len(set(words)), "a word stands for two kinds"
    for name in (
        "Acompañamiento",
        "Tareas domésticas",
        "Tareas administrativas",
        "Ocio",
        "Tasques domèstiques",
    ):
        assert table.code(name, "") is not None


@pytest.mark.parametrize("line", ["tuin,astronomy", "tuin", 'tu"in,x'])
def test_a_table_of_kinds_that_is_wrong_stops_everything(tmp_path: Path, line: str) -> None:
    with pytest.raises(Misconfigured, match=r"categories\.csv, line 2"):
        moved(tmp_path, offers=[POSTS], categories=["name,category", line])


# ---- files


def test_an_unpacked_download_is_recognised_in_any_language(tmp_path: Path) -> None:
    for name in ("Members_2026-04-10", "Offers_2026-04-10", "Inquiries_2026-04-10", "Transfers_2026-04-10"):
        write(tmp_path / f"{name}.csv", "x")
    write(tmp_path / "addresses.csv", "x")
    other = write(tmp_path / "aanbod.csv", "x")
    found = found_in(tmp_path, Reports(offers=other))
    assert found == Reports(
        members=tmp_path / "Members_2026-04-10.csv",
        offers=other,
        requests=tmp_path / "Inquiries_2026-04-10.csv",
        transfers=tmp_path / "Transfers_2026-04-10.csv",
        addresses=tmp_path / "addresses.csv",
    )
    write(tmp_path / "members_2026-04-11.csv", "x")
    with pytest.raises(Misconfigured, match="Say with --members"):
        found_in(tmp_path, Reports())
    with pytest.raises(Misconfigured, match="is not a folder"):
        found_in(tmp_path / "nowhere", Reports())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_report_saved_by_a_spreadsheet_is_read_as_well(tmp_path: Path, delimiter: str) -> None:
    file = write(tmp_path / "m.csv", *(line.replace(",", delimiter) for line in (MEMBERS, ANS)))
    (row,) = read_in_order(file, reports.MEMBERS, "a report").rows
    assert (row.line, row.cells["balance in seconds"]) == (2, "5400")


@pytest.mark.parametrize("first", ["", POSTS, ANS, "N,Nom"])
def test_another_file_or_one_without_headings_stops_everything(tmp_path: Path, first: str) -> None:
    with pytest.raises(Misconfigured, match="is not TimeOverflow's report of members") as stopped:
        moved(tmp_path, members=[first, ANS])
    assert "Mol" not in str(stopped.value)


def test_nothing_to_import_and_a_mark_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nothing to import"):
        moved(tmp_path, transfers=[TRANSFERS])
    with pytest.raises(Misconfigured, match="--bank"):
        moved(tmp_path, Terms(bank="Zeist/oost"), offers=[POSTS])


@pytest.mark.parametrize(
    ("heading", "columns"), [("### Addresses", reports.ADDRESSES), ("### Kinds", kinds.COLUMNS)]
)
def test_the_page_about_importing_names_every_column_of_our_lists(
    heading: str, columns: tuple[Column, ...]
) -> None:
    part = PAGE.read_text(encoding="utf-8").split(heading)[1].split("\n#")[0]
    for column in columns:
        assert f"| `{column.name}` | `{column.dutch}` | {'yes' if column.required else ''}" in part


def test_the_package_says_what_is_in_it() -> None:
    assert timeoverflow.__doc__ is not None
    modules = {file.name for file in Path(timeoverflow.__file__).parent.glob("*.py")} - {"__init__.py"}
    assert modules <= set(re.findall(r"^(\w+\.py) ", timeoverflow.__doc__, re.MULTILINE))
