"""Balances: seconds in TimeOverflow, whole minutes here; and whether all of it adds up.

Each balance is rounded by itself, towards zero: nobody gets a minute they did not have or owes one
they did not owe, and a row means the same whatever stands beside it, today and in a later import.
What is cut off stays on the opening account, the other side of every balance that is brought.

Before anything is brought, the report must add up: what some have, others owe. The report lists
active members only, so what the time bank itself and people who are no longer active hold is given
beside it (`not_listed_seconds`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.ledger import BringBalance
from contracts.members import RegisterMember
from services.kernel.errors import Misconfigured, Rejected
from services.region.importing.report import Note
from services.region.importing.rows import Ids, Wish, valid
from services.region.importing.table import Table
from services.region.importing.timeoverflow.reports import ref_of

_SECONDS = re.compile(r"[+-]?[0-9]{1,12}", re.ASCII)
_HOURS = re.compile(r"([+-]?)([0-9]{1,7}):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """A balance in the report: where it stands, and its seconds."""

    line: int
    seconds: int


def listed(report: Table, bank: str) -> dict[str, Listed]:
    """Every balance in the members report, by ref. Raises Rejected when one cannot be read."""
    if report.refused:
        raise _unreadable(report.refused[0].line)
    found: dict[str, Listed] = {}
    for row in report.rows:
        cells = row.cells
        if not any(cells.values()):
            continue
        seconds = cells["balance in seconds"] or "0"
        if not _SECONDS.fullmatch(seconds):
            raise _unreadable(row.line)
        try:
            ref = ref_of(bank, cells["number"])
        except Rejected:
            raise _unreadable(row.line) from None
        found.setdefault(ref, Listed(row.line, int(seconds)))
    return found


def check_sum(balances: Mapping[str, Listed], not_listed_seconds: int) -> None:
    """Go on only when all balances add up to zero, to the minute. Raises Rejected with what to do.

    Not to the second: TimeOverflow shows the other accounts in hours and minutes.
    """
    total = sum(each.seconds for each in balances.values())
    if abs(total + not_listed_seconds) < 60:
        return
    others, now = hours(-total), hours(total + not_listed_seconds)
    given_nl = f" (met --not-listed={hours(not_listed_seconds)})" if not_listed_seconds else ""
    given_en = given_nl.replace("met", "with")
    raise Rejected(
        "balances_do_not_add_up",
        f"De saldo's tellen op tot {now}{given_nl}, niet tot nul. Er is geen saldo overgenomen. "
        "In het rapport staan alleen actieve deelnemers. Zoek in TimeOverflow op wat de tijdbank zelf en "
        f"wie niet meer actief is samen hebben. Is dat {others}? Lees dan alles opnieuw in met "
        f"--not-listed={others}. Zo niet, dan ontbreken er regels: haal het rapport opnieuw op.",
        f"The balances add up to {now}{given_en}, not to zero. No balance was brought. "
        "The report lists active members only. Look up in TimeOverflow what the time bank itself and "
        f"people who are no longer active have together. Is that {others}? Then import everything again "
        f"with --not-listed={others}. If not, rows are missing: download the report again.",
    )


def wishes(
    members: list[Wish[RegisterMember]], balances: Mapping[str, Listed], ids: Ids
) -> tuple[list[Wish[BringBalance]], list[tuple[Wish[RegisterMember], Rejected]]]:
    """What to bring for these members, and whose balance is not possible here. Nothing is no balance."""
    right: list[Wish[BringBalance]] = []
    no_good: list[tuple[Wish[RegisterMember], Rejected]] = []
    for member in members:
        minutes = whole_minutes(balances[member.ref].seconds)
        if minutes == 0:
            continue
        try:
            command = valid(BringBalance, account_id=member.id, minutes=minutes)
        except Rejected as no:
            no_good.append((member, no))
            continue
        id = ids.balance(member.ref)
        right.append(Wish(member.file, member.line, member.ref, id, command, (member.id,)))
    return right, no_good


def rounded_off(balances: Mapping[str, Listed]) -> Note | None:
    """What rounding leaves on the opening account, where it leaves anything."""
    cut = [each.seconds - 60 * whole_minutes(each.seconds) for each in balances.values()]
    several = sum(1 for seconds in cut if seconds)
    if not several:
        return None
    return Note(
        "rounded",
        f"Saldo's die zijn afgerond op hele minuten, naar nul toe: {several}. "
        f"Samen scheelt dat {sum(cut)} seconden; die blijven op de beginrekening.",
        f"Balances that were rounded to whole minutes, towards zero: {several}. "
        f"Together that is {sum(cut)} seconds; they stay on the opening account.",
    )


def whole_minutes(seconds: int) -> int:
    """Seconds as whole minutes, towards zero.

    >>> whole_minutes(3659), whole_minutes(-3659), whole_minutes(-59)
    (60, -60, 0)
    """
    minutes = abs(seconds) // 60
    return minutes if seconds > 0 else -minutes


def hours(seconds: int) -> str:
    """Seconds as TimeOverflow shows them.

    >>> hours(9000), hours(-125), hours(0)
    ('2:30', '-0:02', '0:00')
    """
    minutes = abs(whole_minutes(seconds))
    return f"{'-' if seconds < 0 and minutes else ''}{minutes // 60}:{minutes % 60:02}"


def seconds_of(text: str) -> int:
    """The seconds in `2:30` or `-0:02`. Raises Misconfigured for anything else."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise Misconfigured(
            f"{text!r} is no balance. Write it in hours and minutes, as TimeOverflow shows it: "
            "--not-listed=2:30 or --not-listed=-2:30."
        )
    seconds = 3600 * int(found[2]) + 60 * int(found[3])
    return -seconds if found[1] == "-" else seconds


def _unreadable(line: int) -> Rejected:
    return Rejected(
        "balances_unreadable",
        f"Het nummer of het saldo op regel {line} konden wij niet lezen. Of alles klopt, is dan niet te "
        "zeggen: er is geen saldo overgenomen. Maak die regel goed en lees alles opnieuw in.",
        f"We could not read the number or the balance on line {line}. Whether everything adds up cannot be "
        "said then: no balance was brought. Put that row right and import everything again.",
    )
