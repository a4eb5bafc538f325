"""The members report and a list of addresses, as a members file of ours."""

from services.kernel.errors import Rejected
from services.region.importing.report import RefusedRow, refused
from services.region.importing.table import Row, Table
from services.region.importing.timeoverflow.reports import ref_of


def translated(report: Table, addresses: Table | None, *, bank: str, capacity_minutes_week: int) -> Table:
    """Every member in the report with an address as a row of ours, approved; the others are refused.

    `capacity_minutes_week` is for those of whom the list of addresses does not say it.
    """
    where, wrong = _by_ref(addresses, bank) if addresses is not None else ({}, [])
    found = Table(report.file, refused=[*wrong, *report.refused])
    for row in report.rows:
        ref = ""
        if not any(row.cells.values()):
            continue
        try:
            ref = ref_of(bank, row.cells["number"])
            cells = _cells(row, where.get(ref), str(capacity_minutes_week))
            found.rows.append(Row(row.line, {"ref": ref, **cells}))
        except Rejected as no:
            found.refused.append(refused(report.file, row.line, ref, no))
    return found


def _by_ref(addresses: Table, bank: str) -> tuple[dict[str, Row], list[RefusedRow]]:
    """Each address by its member's ref; of two for the same member the first counts."""
    where: dict[str, Row] = {}
    wrong = list(addresses.refused)
    for row in addresses.rows:
        try:
            earlier = where.setdefault(ref_of(bank, row.cells["number"]), row)
            if earlier is not row:
                raise Rejected(
                    "duplicate_ref",
                    f"Dit nummer staat ook op regel {earlier.line}. Laat per deelnemer één adres staan.",
                    f"This number is also on line {earlier.line}. Leave one address for each participant.",
                    line=earlier.line,
                )
        except Rejected as no:
            wrong.append(refused(addresses.file, row.line, "", no))
    return where, wrong


def _cells(row: Row, address: Row | None, capacity: str) -> dict[str, str]:
    if address is None:
        number = row.cells["number"]
        raise Rejected(
            "no_address",
            "TimeOverflow kent geen adressen, en wij hebben er een nodig. Zet in het bestand met adressen "
            f"(--addresses) een regel met nummer {number}, straat, huisnummer en postcode. "
            "Lees daarna alles opnieuw in.",
            "TimeOverflow knows no addresses, and we need one. Put a row with number "
            f"{number}, street, house number and postcode in the file of addresses (--addresses). "
            "Then import everything again.",
        )
    cells, lives = row.cells, address.cells
    return {
        "name": cells["name"],
        "email": cells["email"],
        "phone": cells["phone"] or cells["alternative phone"],
        "street": lives["street"],
        "house_number": lives["house_number"],
        "pc4": lives["pc4"],
        "capacity_minutes_week": lives.get("capacity_minutes_week") or capacity,
        "approved": "yes",
    }
