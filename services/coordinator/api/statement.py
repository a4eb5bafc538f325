"""A statement as a table for spreadsheets (RFC 4180), and whether someone asks for it."""

import csv
import io

from contracts.ledger import Statement

CSV = "text/csv"

COLUMNS = (
    "posted_at",
    "kind",
    "minutes",
    "balance_minutes",
    "transfer_id",
    "match_id",
    "other_account_id",
    "reverses",
)


def wants_csv(accept: str | None) -> bool:
    """Whether an Accept header likes a table better than JSON (RFC 9110, section 12.5.1).

    >>> wants_csv("text/csv"), wants_csv("text/csv;q=0.5, application/json"), wants_csv("*/*")
    (True, False, False)
    """
    liked: dict[str, float] = {}
    for part in (accept or "").split(","):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        liked[kind] = float(quality) if quality.replace(".", "", 1).isdigit() else 0.0
    other = max(liked.get(kind, 0.0) for kind in ("application/json", "application/*", "*/*"))
    return liked.get(CSV, liked.get("text/*", 0.0)) > other


def statement_csv(statement: Statement) -> str:
    """All lines with a heading; the first says the opening balance, the last the closing one."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore")
    table.writeheader()
    table.writerow({"kind": "opening", "balance_minutes": statement.opening_minutes})
    for posting in statement.postings:
        table.writerow(posting.model_dump(mode="json", exclude_none=True))
    table.writerow({"kind": "closing", "balance_minutes": statement.closing_minutes})
    return text.getvalue()
