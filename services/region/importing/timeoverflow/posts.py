"""The reports of offers and of requests, as files of ours."""

from dataclasses import dataclass

from contracts.categories import CATEGORIES
from services.kernel.errors import Rejected
from services.region.importing.report import RefusedRow, refused
from services.region.importing.table import Row, Table
from services.region.importing.timeoverflow.kinds import Kinds
from services.region.importing.timeoverflow.reports import number_of, ref_of


def translated(report: Table, kinds: Kinds, *, bank: str, minutes: int | None = None) -> Table:
    """Every offer (or, with `minutes`, request) in the report as a row of ours; the others are refused.

    A line without an id and a member names the category of the rows below it. After a line that
    could not be read no category is known, for that line may have named one.
    """
    found = Table(report.file, refused=list(report.refused))
    category = _Category()
    lines: list[Row | RefusedRow] = [*report.rows, *report.refused]
    for row in sorted(lines, key=lambda each: each.line):
        if isinstance(row, RefusedRow):
            category = _Category(row.line, readable=False)
            continue
        cells = row.cells
        if not cells["id"] and not cells["member (number)"]:
            category = _Category(row.line, cells["title"])
            continue
        ref = ""
        try:
            ref = ref_of(bank, cells["id"])
            ours = {
                "ref": ref,
                "member_ref": f"{bank}-{_member(cells['member (number)'])}",
                "category": category.code(kinds, cells["tags"]),
                "text": cells["title"],
            }
            found.rows.append(Row(row.line, ours if minutes is None else {**ours, "minutes": str(minutes)}))
        except Rejected as no:
            found.refused.append(refused(report.file, row.line, ref, no))
    return found


def _member(text: str) -> int:
    """The number in `name (12)`. Raises Rejected."""
    number = number_of(text)
    if number is None:
        raise Rejected(
            "no_member",
            "In de vierde kolom staat geen deelnemer met een nummer, zoals Ans (12). "
            "Neem de regel over zoals die in het rapport stond.",
            "The fourth column does not hold a participant with a number, such as Ans (12). "
            "Take the row over as it was in the report.",
        )
    return number


@dataclass(frozen=True, slots=True)
class _Category:
    """The category that was last named, and on which line. Line 0: none was named yet."""

    line: int = 0
    name: str = ""
    readable: bool = True

    def code(self, kinds: Kinds, tags: str) -> str:
        """Our code for a row in this category with these tags. Raises Rejected with what to do."""
        code = kinds.code(self.name, tags)
        if code is not None:
            return code
        if not self.readable:
            raise Rejected(
                "unknown_category",
                f"De soort van deze regel is niet zeker, want regel {self.line} konden wij niet lezen. "
                "Maak die eerst goed en lees alles opnieuw in.",
                f"The kind of this row is not certain, because we could not read line {self.line}. "
                "Put that right first, and import everything again.",
            )
        known = ", ".join(CATEGORIES)
        nl, en = (f" op regel {self.line}", f" on line {self.line}") if self.line else ("", "")
        raise Rejected(
            "unknown_category",
            f"De soort{nl} en de labels van deze regel kennen wij niet. Zet die soort of "
            f"een label in het bestand met soorten (--categories), met een van onze soorten: {known}.",
            f"We do not know the kind{en}, nor the tags of this row. Put that kind or a tag "
            f"in the file of kinds (--categories), with one of our kinds: {known}.",
        )
