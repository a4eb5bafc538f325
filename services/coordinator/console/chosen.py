"""After the first click: all that will happen when the coordinator confirms."""

from typing import Any
from uuid import UUID

from services.coordinator.console.due import appointment_nl
from services.coordinator.console.people import Names
from services.coordinator.console.views import Confirmation, Consequence
from services.coordinator.projections.exchange import RequestSeen
from services.kernel.dutch import hours_nl

UNDO_MINUTES = 15


def confirmation(
    request: RequestSeen,
    helper_id: UUID,
    known: Names,
    balance: dict[str, Any] | None,
    compensation: str = "credits",
) -> Confirmation:
    """The last question before two people hear of each other."""
    consequences = [
        Consequence("calendar", "De afspraak is", appointment_nl(request.wanted_at))
        if request.wanted_at is not None
        else Consequence("calendar", "Helper en hulpvrager kiezen samen een dag."),
        how_told(helper_id, known),
        how_told(request.member_id, known),
        Consequence("person", "Zij zien hoe zij elkaar bereiken, tot de hulp klaar is."),
        Consequence("clock", _hours(request, known, balance, compensation)),
    ]
    if request.recurrence is not None:
        consequences.insert(1, Consequence("calendar", "Deze helper komt ook de volgende keren."))
    return Confirmation(
        action_href=f"/hulpvragen/{request.request_id}/koppelingen",
        consequences=tuple(consequences),
        tick="Deze helper doet ook de volgende keren" if request.series_id is not None else "",
        note=f"U kunt dit nog {UNDO_MINUTES} minuten ongedaan maken.",
    )


def how_told(member_id: UUID, known: Names) -> Consequence:
    """How someone hears of it, and what of that is left to a person."""
    who = known.first(member_id)
    match known.way(member_id):
        case "email":
            return Consequence("mail", f"{who} krijgt een e-mail.")
        case "sms":
            return Consequence("phone", f"{who} krijgt een sms.")
        case "letter":
            return Consequence("letter", f"Voor {known.of(member_id)} komt een brief klaar, bij Brieven.")
        case "phone":
            return Consequence("phone", f"{who} wil gebeld worden: dat komt bij Brieven, op uw lijst.")
        case None:
            return Consequence("phone", f"{who} kunnen wij niet bereiken. Ga even langs.")


def _hours(request: RequestSeen, known: Names, balance: dict[str, Any] | None, compensation: str) -> str:
    if compensation == "none":
        return "Er worden geen uren geteld."
    if compensation == "euro":
        return "De helper krijgt een vergoeding, binnen de grens van het jaar."
    text = f"Van het saldo van {known.of(request.member_id)} staat {hours_nl(request.minutes)} apart."
    if balance is None:
        return text
    left = balance["balance_minutes"] - balance["held_minutes"] - balance["floor_minutes"] - request.minutes
    return f"{text} Daarna kan er nog {hours_nl(left)} af." if left >= 0 else text
