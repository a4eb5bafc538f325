"""What a row means: the columns of each kind of file, and the command a row becomes.

The contract judges a row's content, so that a row and the API hear the same no. Checked here
as well is what a service would refuse for ever under the row's command id, so that a row put
right can be imported under the same ref.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from contracts import wrong
from contracts.envelope import Command
from contracts.exchange import PostOffer, RequestHelp
from contracts.freetext import looks_like_bsn
from contracts.members import RegisterMember
from services.kernel import geography
from services.kernel.errors import Rejected
from services.region.importing.report import RefusedRow, refused
from services.region.importing.table import Column, Row, Table

LOCAL = ZoneInfo("Europe/Amsterdam")
IMPORT_SPACE = UUID("0f6d2c54-5a43-5d0e-9a3b-6c1d4f7e2b90")

_REF = Column("ref", "kenmerk", required=True)
_MEMBER_REF = Column("member_ref", "deelnemer", required=True)
_CATEGORY = Column("category", "soort", required=True)
_TEXT = Column("text", "tekst")

MEMBERS = (
    _REF,
    Column("name", "naam", required=True),
    Column("email", "e-mail"),
    Column("phone", "telefoon"),
    Column("street", "straat", required=True),
    Column("house_number", "huisnummer", required=True),
    Column("pc4", "postcode", required=True),
    Column("capacity_minutes_week", "minuten_per_week"),
    Column("circle", "kring"),
    Column("approved", "goedgekeurd"),
)
OFFERS = (_REF, _MEMBER_REF, _CATEGORY, _TEXT)
REQUESTS = (
    _REF,
    _MEMBER_REF,
    _CATEGORY,
    Column("minutes", "minuten", required=True),
    Column("wanted_at", "wanneer"),
    Column("urgency", "haast"),
    Column("wish", "wens"),
    _TEXT,
)

_REF_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_YES_NO = {"": False, "no": False, "nee": False, "yes": True, "ja": True}
_FULL_POSTCODE = re.compile(r"([1-9][0-9]{3}) ?[A-Za-z]{2}")


class Ids:
    """The ids of one region's import, made from refs: known before anything is sent."""

    def __init__(self, region: str) -> None:
        self._space = uuid5(IMPORT_SPACE, region)

    def member(self, ref: str) -> UUID:
        return uuid5(self._space, f"member/{ref}")

    def approval(self, ref: str) -> UUID:
        return uuid5(self._space, f"approval/{ref}")

    def offer(self, ref: str) -> UUID:
        return uuid5(self._space, f"offer/{ref}")

    def request(self, ref: str) -> UUID:
        return uuid5(self._space, f"request/{ref}")

    def balance(self, ref: str) -> UUID:
        return uuid5(self._space, f"balance/{ref}")


@dataclass(frozen=True, slots=True)
class Wish[C: Command]:
    """One row as a command. `needs`: the members it speaks of."""

    file: str
    line: int
    ref: str
    id: UUID
    command: C
    needs: tuple[UUID, ...]
    approved: bool = False


def members(table: Table, ids: Ids) -> tuple[list[Wish[RegisterMember]], list[RefusedRow]]:
    """The rows of a members file that are right, and the refusals of the others."""

    def wish(row: Row, ref: str) -> Wish[RegisterMember]:
        cells = row.cells
        circle = tuple(ids.member(_ref(other)) for other in _split(cells.get("circle", "")))
        command = valid(
            RegisterMember,
            name=cells["name"],
            email=cells.get("email") or None,
            phone=cells.get("phone") or None,
            street=cells["street"],
            house_number=cells["house_number"],
            pc4=_pc4(cells["pc4"]),
            capacity_minutes_week=_whole(cells.get("capacity_minutes_week") or "0"),
            circle=circle,
        )
        if not geography.known(command.pc4):
            raise Rejected(
                "unknown_postcode",
                "Deze postcode kennen wij niet. Kijk de vier cijfers na.",
                "We do not know this postcode. Please check the four digits.",
            )
        approved = _yes(cells.get("approved", ""))
        return Wish(table.file, row.line, ref, ids.member(ref), command, circle, approved)

    return _wishes(table, wish)


def offers(table: Table, ids: Ids) -> tuple[list[Wish[PostOffer]], list[RefusedRow]]:
    """The rows of an offers file that are right, and the refusals of the others."""

    def wish(row: Row, ref: str) -> Wish[PostOffer]:
        member_id = ids.member(_ref(row.cells["member_ref"]))
        command = valid(
            PostOffer,
            member_id=member_id,
            category=row.cells["category"].lower(),
            text=row.cells.get("text", ""),
        )
        return Wish(table.file, row.line, ref, ids.offer(ref), command, (member_id,))

    return _wishes(table, wish)


def requests(table: Table, ids: Ids) -> tuple[list[Wish[RequestHelp]], list[RefusedRow]]:
    """The rows of a requests file that are right, and the refusals of the others."""

    def wish(row: Row, ref: str) -> Wish[RequestHelp]:
        cells = row.cells
        member_id = ids.member(_ref(cells["member_ref"]))
        command = valid(
            RequestHelp,
            member_id=member_id,
            category=cells["category"].lower(),
            minutes=_whole(cells["minutes"]),
            wanted_at=_moment(cells.get("wanted_at", "")),
            urgency=cells.get("urgency", "").lower() or "normal",
            wish=cells.get("wish", "").lower() or "none",
            text=cells.get("text", ""),
        )
        return Wish(table.file, row.line, ref, ids.request(ref), command, (member_id,))

    return _wishes(table, wish)


def _wishes[C: Command](
    table: Table, wish: Callable[[Row, str], Wish[C]]
) -> tuple[list[Wish[C]], list[RefusedRow]]:
    right: list[Wish[C]] = []
    no_good: list[RefusedRow] = []
    first_line: dict[str, int] = {}
    for row in table.rows:
        ref = ""
        try:
            ref = _ref(row.cells["ref"])
            if (earlier := first_line.setdefault(ref, row.line)) != row.line:
                raise Rejected(
                    "duplicate_ref",
                    f"Dit kenmerk staat ook op regel {earlier}. Geef elke regel een eigen kenmerk.",
                    f"This ref is also on line {earlier}. Give every row a ref of its own.",
                    line=earlier,
                )
            right.append(wish(row, ref))
        except Rejected as no:
            no_good.append(refused(table.file, row.line, ref, no))
    return right, no_good


def valid[C: Command](kind: type[C], **content: Any) -> C:
    """The command, if its contract accepts it. Raises Rejected with all that is wrong."""
    try:
        return kind.model_validate(content)
    except ValidationError as invalid:
        no = wrong.refusal(invalid)
        raise Rejected(no.code, no.nl, no.en) from None


# From text to what the contract wants. What cannot be turned is left as it is: the contract says no.


def _ref(text: str) -> str:
    """A ref that can be repeated in a report: short, plain, and no BSN."""
    if looks_like_bsn(text):
        raise Rejected(
            "bsn",
            "Een kenmerk lijkt op een BSN. Een BSN mogen wij niet bewaren. Geef een ander kenmerk, "
            "zoals een volgnummer. Is het geen BSN? Zet er dan een letter of cijfer bij.",
            "A ref looks like a citizen service number. We may not keep those. Use another ref, such as "
            "a serial number. Is it something else? Then add a letter or digit.",
        )
    if not _REF_FORM.fullmatch(text):
        raise Rejected(
            "invalid_ref",
            "Een kenmerk ontbreekt of past niet: gebruik 1 tot 64 letters, cijfers, punten of streepjes.",
            "A ref is missing or does not fit: use 1 to 64 letters, digits, dots or hyphens.",
        )
    return text


def _split(refs: str) -> Iterator[str]:
    return (ref for ref in re.split(r"[;,|\s]+", refs) if ref)


def _pc4(text: str) -> str:
    """Four digits, also out of a full postcode: the letters are not kept."""
    full = _FULL_POSTCODE.fullmatch(text)
    return full.group(1) if full else text


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text, re.ASCII) else text


def _moment(text: str) -> datetime | str | None:
    """A moment; without a zone it is Dutch time."""
    if not text:
        return None
    if len(text) <= len("2026-11-26"):
        # A day alone would become midnight, which nobody means.
        return text + " ?"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=LOCAL)


def _yes(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise Rejected(
            "invalid",
            "approved: Schrijf hier ja (yes) of nee (no).",
            "approved: Write yes or no here.",
        )
    return _YES_NO[text.lower()]
