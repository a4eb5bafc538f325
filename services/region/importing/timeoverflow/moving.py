"""A move from TimeOverflow: its reports as sheets of an import, sent as any other import."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.errors import Misconfigured, Rejected
from services.kernel.settings import Region
from services.region.importing import rows
from services.region.importing.report import Note, RefusedRow, Report, refused
from services.region.importing.rows import Ids, Wish
from services.region.importing.sending import BALANCES, MEMBERS, OFFERS, REQUESTS, Sheet, send
from services.region.importing.table import Table, read, read_in_order
from services.region.importing.timeoverflow import balances, members, posts, reports, transfers
from services.region.importing.timeoverflow.kinds import kinds
from services.region.importing.timeoverflow.reports import Reports
from services.region.progress import Screen

HEADING_LINE = 1
_BANK = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Terms:
    """What TimeOverflow does not know, for the whole move.

    `bank` marks whose numbers these are: two time banks both have a member 12. `request_minutes`:
    how long a visit takes. `capacity_minutes_week`: for members of whom the list of addresses does
    not say it. `not_listed_seconds`: the balances of those who are not in the members report.
    """

    bank: str = "timeoverflow"
    request_minutes: int = 60
    capacity_minutes_week: int = 0
    not_listed_seconds: int = 0


@dataclass
class Move:
    """What is to be sent, and what is to be told."""

    sheets: dict[str, Sheet]
    notes: list[Note]


async def import_timeoverflow(region: Region, files: Reports, terms: Terms, screen: Screen) -> Report:
    """Move in: members with their balances, offers and requests; what is right goes in, once.

    Raises Misconfigured as `import_files` does.
    """
    ids = Ids(region.region)
    move = prepared(files, terms, ids)
    report = await send(region, ids, move.sheets, screen)
    report.notes += move.notes
    return report


def prepared(files: Reports, terms: Terms, ids: Ids) -> Move:
    """All files read, and every row judged that can be judged before sending. Raises Misconfigured."""
    if not _BANK.fullmatch(terms.bank):
        raise Misconfigured("--bank may have 1 to 40 lower-case letters, digits and hyphens.")
    if files.members is None and files.offers is None and files.requests is None:
        raise Misconfigured(
            "There is nothing to import. Give the folder with TimeOverflow's reports, "
            "or --members, --offers or --requests."
        )
    # All files are opened before any is gone into, as in every import.
    known = kinds(files.categories)
    people = _report(files.members, reports.MEMBERS, "TimeOverflow's report of members")
    offers = _report(files.offers, reports.POSTS, "TimeOverflow's report of offers")
    requests = _report(files.requests, reports.POSTS, "TimeOverflow's report of requests")
    booked = _report(files.transfers, reports.TRANSFERS, "TimeOverflow's report of transfers")
    where = read(files.addresses, reports.ADDRESSES) if files.addresses is not None else None
    move = Move({}, [])
    if people is not None:
        ours = members.translated(
            people, where, bank=terms.bank, capacity_minutes_week=terms.capacity_minutes_week
        )
        move.sheets[MEMBERS] = _sheet(rows.members, ours, ids)
        _add_balances(move, people, booked, terms, ids)
    if offers is not None:
        ours = posts.translated(offers, known, bank=terms.bank)
        move.sheets[OFFERS] = _sheet(rows.offers, ours, ids)
    if requests is not None:
        ours = posts.translated(requests, known, bank=terms.bank, minutes=terms.request_minutes)
        move.sheets[REQUESTS] = _sheet(rows.requests, ours, ids)
    if people is not None and (note := _without_time(move.sheets[MEMBERS])) is not None:
        move.notes.append(note)
    return move


def _report(path: Path | None, names: tuple[str, ...], what: str) -> Table | None:
    return read_in_order(path, names, what) if path is not None else None


def _sheet(
    judge: Callable[[Table, Ids], tuple[list[Wish[Any]], list[RefusedRow]]], table: Table, ids: Ids
) -> Sheet:
    right, no_good = judge(table, ids)
    return Sheet(right, [*table.refused, *no_good])


def _add_balances(move: Move, people: Table, booked: Table | None, terms: Terms, ids: Ids) -> None:
    """The balances of members whose row is right; none at all when the report does not add up."""
    sheet = move.sheets[BALANCES] = Sheet()
    try:
        listed = balances.listed(people, terms.bank)
        if booked is not None:
            move.notes += transfers.compared(booked, listed, terms.bank)
        balances.check_sum(listed, terms.not_listed_seconds)
    except Rejected as no:
        # One no for the whole step: on the heading's line, and told at the end as well.
        sheet.refused.append(refused(people.file, HEADING_LINE, "", no))
        move.notes.append(Note(no.refusal.code, no.refusal.nl, no.refusal.en))
        return
    sheet.wishes, no_good = balances.wishes(move.sheets[MEMBERS].wishes, listed, ids)
    for member, why in no_good:
        sheet.refuse(member, why)
    if (note := balances.rounded_off(listed)) is not None:
        move.notes.append(note)


def _without_time(people: Sheet) -> Note | None:
    """Who has no time in a week is not proposed as a helper: whoever moves in should know."""
    several = sum(1 for wish in people.wishes if wish.command.capacity_minutes_week == 0)
    if not several:
        return None
    return Note(
        "no_capacity",
        f"Deelnemers met 0 minuten per week: {several}. Zij worden niet als helper voorgesteld, "
        "tot zij zeggen hoeveel tijd zij hebben.",
        f"Participants with 0 minutes a week: {several}. They are not proposed as helpers "
        "until they say how much time they have.",
    )
