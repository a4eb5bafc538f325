"""Whether the transfers report adds up to the balances. Nothing of it is imported.

TimeOverflow writes who is active as `name (12)`; the time bank itself and people who are no longer
active have no number, and do not matter here. Amounts are in hours and minutes: where balances have
seconds, a transfer may be up to 59 seconds longer than it says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.region.importing.report import Note
from services.region.importing.table import Table
from services.region.importing.timeoverflow.balances import Listed, hours
from services.region.importing.timeoverflow.reports import number_of

_AMOUNT = re.compile(r"([0-9]{1,7}):([0-5][0-9])", re.ASCII)
_SHOWN = 10


@dataclass(slots=True)
class _Booked:
    """One member's transfers, in seconds as far as the report says them."""

    seconds: int = 0
    received: int = 0
    paid: int = 0


def compared(report: Table, balances: Mapping[str, Listed], bank: str) -> list[Note]:
    """A warning where transfers and balances differ, and one where lines could not be read."""
    booked: dict[str, _Booked] = {ref: _Booked() for ref in balances}
    unread = [row.line for row in report.refused]
    for row in report.rows:
        amount = _AMOUNT.fullmatch(row.cells["h:mm"])
        if amount is None:
            # A transfer of less than a minute is written as 0.
            if row.cells["h:mm"] != "0" and any(row.cells.values()):
                unread.append(row.line)
            continue
        seconds = 3600 * int(amount[1]) + 60 * int(amount[2])
        if (payer := _booked_of(row.cells["from"], bank, booked)) is not None:
            payer.seconds -= seconds
            payer.paid += 1
        if (payee := _booked_of(row.cells["to"], bank, booked)) is not None:
            payee.seconds += seconds
            payee.received += 1
    differ = _differences(booked, balances)
    return [
        *([_differs(differ, len(balances))] if differ else []),
        *([_not_read(sorted(unread))] if unread else []),
    ]


def _booked_of(text: str, bank: str, booked: Mapping[str, _Booked]) -> _Booked | None:
    number = number_of(text)
    return booked.get(f"{bank}-{number}") if number is not None else None


def _differences(booked: Mapping[str, _Booked], balances: Mapping[str, Listed]) -> dict[str, int]:
    """By ref, what the balance has more than the transfers, in seconds, where that is too much."""
    in_minutes = all(each.seconds % 60 == 0 for each in balances.values())
    differ = {}
    for ref, each in booked.items():
        difference = balances[ref].seconds - each.seconds
        most, least = (0, 0) if in_minutes else (59 * each.received, -59 * each.paid)
        if not least <= difference <= most:
            differ[ref] = difference
    return differ


def _differs(differ: Mapping[str, int], of: int) -> Note:
    some = ", ".join(f"{ref} {hours(seconds)}" for ref, seconds in list(differ.items())[:_SHOWN])
    more = len(differ) - _SHOWN
    more_nl, more_en = (f" en nog {more}", f" and {more} more") if more > 0 else ("", "")
    return Note(
        "transfers_differ",
        f"LET OP: bij {len(differ)} van de {of} deelnemers wijkt het saldo af van de overboekingen: "
        f"{some}{more_nl}. Wij gaan uit van het saldo. Zijn beide rapporten van hetzelfde moment?",
        f"NOTE: for {len(differ)} of {of} participants the balance differs from the transfers. Difference: "
        f"{some}{more_en}. We go by the balance. Are both reports of the same moment?",
    )


def _not_read(lines: list[int]) -> Note:
    some = ", ".join(str(line) for line in lines[:_SHOWN])
    more = ", …" if len(lines) > _SHOWN else ""
    return Note(
        "transfers_unreadable",
        f"LET OP: van de overboekingen konden wij niet alles lezen (aantal regels: {len(lines)}; regel {some}"
        f"{more}). Dat telt niet mee in de vergelijking met de saldo's.",
        f"NOTE: we could not read all of the transfers (number of rows: {len(lines)}; line {some}"
        f"{more}). That does not count in the comparison with the balances.",
    )
