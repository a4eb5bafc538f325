"""Appointments and terms, in words."""

from datetime import date, datetime

from services.coordinator.console.views import DueTone
from services.coordinator.console.wording import waited_nl
from services.kernel.dutch import day_nl, day_short_nl, local, time_nl


def appointment_nl(wanted_at: datetime) -> str:
    """'donderdag 26 november, 10.00 uur'."""
    when = local(wanted_at)
    return f"{day_nl(when)}, {time_nl(when)}"


def due_nl(due: datetime | None, *, fixed: bool, at: datetime) -> tuple[str | None, DueTone]:
    """Until when, in words, and how loud. `fixed`: an agreed hour, not a term; `at` is local."""
    if due is None:
        return None, "later"
    if due <= at:
        return f"{waited_nl(at - due)} te laat", "late"
    when = local(due)
    day = _near_day(when.date(), at.date())
    if day is None:
        return f"{'start' if fixed else 'vóór'} {day_short_nl(when)}", "later"
    return (f"{day} {time_nl(when)}", "near") if fixed else (day, "day")


def _near_day(day: date, today: date) -> str | None:
    return {0: "vandaag", 1: "morgen"}.get((day - today).days)
