"""TimeOverflow's reports: which files there are, and their columns in order.

The order is that of `app/decorators/report` in github.com/coopdevs/timeoverflow (April 2026). The
headings are in the language of who downloads them, so there is nothing else to go by.
"""

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from services.kernel.errors import Misconfigured, Rejected
from services.region.importing.table import Column

MEMBERS = (
    "number",
    "name",
    "email",
    "phone",
    "alternative phone",
    "created at",
    "last sign in",
    "locale",
    "balance in seconds",
)
POSTS = ("id", "title", "tags", "member (number)", "created at")
"""Offers and requests have the same columns, and a line per category before its rows."""

TRANSFERS = ("date", "from", "to", "post", "h:mm")

ADDRESSES = (
    Column("number", "nummer", required=True),
    # Not read: so that whoever fills in the list may leave names beside the numbers.
    Column("name", "naam"),
    Column("street", "straat", required=True),
    Column("house_number", "huisnummer", required=True),
    Column("pc4", "postcode", required=True),
    Column("capacity_minutes_week", "minuten_per_week"),
)
"""What TimeOverflow does not know: a list that the organisation makes itself."""

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_NAMED = re.compile(r"\(([0-9]{1,9})\)$", re.ASCII)


@dataclass(frozen=True)
class Reports:
    """The files of one move; each may be left out. Transfers are only compared with balances."""

    members: Path | None = None
    offers: Path | None = None
    requests: Path | None = None
    transfers: Path | None = None
    addresses: Path | None = None
    categories: Path | None = None


_BEGINS = {
    "members": "members",
    "offers": "offers",
    "requests": "inquiries",
    "transfers": "transfers",
    "addresses": "addresses",
    "categories": "categories",
}
"""How the files in TimeOverflow's download of all reports begin, in any language; and our own two."""


def found_in(folder: Path, given: Reports) -> Reports:
    """The reports in an unpacked download of TimeOverflow; those that were `given` go before.

    Raises Misconfigured when there is no such folder, or two files could be the same report.
    """
    if not folder.is_dir():
        raise Misconfigured(
            f"{folder} is not a folder. Unpack TimeOverflow's download into one, and give its name."
        )
    found = given
    for field in fields(Reports):
        if getattr(given, field.name) is not None:
            continue
        files = sorted(folder.glob(f"{_BEGINS[field.name]}*.csv", case_sensitive=False))
        if len(files) > 1:
            raise Misconfigured(
                f"{folder.name} holds more than one file of {field.name} ({len(files)}). "
                f"Say with --{field.name} which it is."
            )
        if files:
            found = replace(found, **{field.name: files[0]})
    return found


def ref_of(bank: str, number: str) -> str:
    """Our ref for what has this number in TimeOverflow: the same every time. Raises Rejected."""
    if not _NUMBER.fullmatch(number):
        raise Rejected(
            "invalid_ref",
            "In de eerste kolom staat geen nummer van TimeOverflow. "
            "Neem de regel over zoals die in het rapport stond.",
            "The first column does not hold a number of TimeOverflow. "
            "Take the row over as it was in the report.",
        )
    return f"{bank}-{int(number)}"


def number_of(text: str) -> int | None:
    """The member's number in `name (12)`; none where someone has no number there any more."""
    found = _NAMED.search(text)
    return int(found[1]) if found is not None else None
