"""What happened around a request, in sentences."""

from collections.abc import Iterable
from typing import Any

from services.coordinator.console.people import Names
from services.coordinator.console.views import HistoryLine
from services.kernel.dutch import hours_nl, local

SENTENCES: dict[str, str] = {
    "help-requested": "De hulpvraag kwam binnen.",
    "match-reserved": "{who} werd gekozen. De uren worden apart gezet.",
    "match-confirmed": "{who} is gekoppeld.",
    "match-fell-through": "De koppeling met {whom} {why}.",
    "minutes-reported": "{who} schreef {time} op.",
    "minutes-differed": "De minuten verschillen. Er is niets geboekt.",
    "minutes-agreed": "Beiden schreven {time} op.",
    "match-completed": "{time} is geboekt. De hulp is klaar.",
    "match-unbooked": "De uren konden niet worden geboekt.",
    "request-withdrawn": "De hulpvraag is ingetrokken.",
}
"""One sentence for each code, in the order in which they can happen at one moment."""

WHY = {
    "below_floor": "ging niet door: er waren te weinig uren vrij",
    "withdrawn": "ging niet door: de hulpvraag was ingetrokken",
    "cancelled": "is afgezegd",
    "no_answer": "ging niet door: de uren konden niet op tijd apart",
}
"""What became of a match that is over, by the reason in the event."""

_ORDER = {code: n for n, code in enumerate(SENTENCES)}


def history(rows: Iterable[dict[str, Any]], known: Names) -> tuple[HistoryLine, ...]:
    """Newest first."""
    told = [row for row in rows if row["code"] in SENTENCES]
    told.sort(key=lambda row: (row["at"], _ORDER[row["code"]]), reverse=True)
    return tuple(HistoryLine(local(row["at"]).date(), _sentence(row, known)) for row in told)


def _sentence(row: dict[str, Any], known: Names) -> str:
    person, minutes = row["person_id"], row["minutes"]
    return SENTENCES[row["code"]].format(
        who=known.first(person) if person else "",
        whom=known.of(person) if person else "",
        time=hours_nl(minutes) if minutes is not None else "",
        why=WHY.get(row["reason"] or "", "ging niet door"),
    )
