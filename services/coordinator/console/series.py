"""The page of help that comes back: who helps, until when, and every visit."""

from uuid import UUID

from contracts.envelope import Actor
from contracts.visits import GetSeries, Series, Visit
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import (
    match_href,
    member_href,
    request_href,
    seeking_href,
    series_href,
)
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.history import history, people_in
from services.coordinator.console.match import STATUS as MATCH_STATUS
from services.coordinator.console.people import Names, names
from services.coordinator.console.views import CasePage, Fact, Icon, Notice, StatusTone, VisitLine
from services.coordinator.console.wording import category_nl, recurrence_nl
from services.coordinator.desk import Desk
from services.coordinator.projections.history import readable
from services.kernel.dutch import day_nl, hours_nl
from services.kernel.errors import Rejected

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "running": ("Loopt", "safe", "check"),
    "ended": ("Gestopt", "neutral", "info"),
}


_ELSEWHERE = {"matching": "even geduld", "matched": "staat", "done": "klaar"}
"""How a visit stands for which a helper was found, and none of ours."""


async def series_page(
    desk: Desk, actor: Actor, series_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; None for a series we do not know."""
    try:
        series = await desk.ask(GetSeries(series_id=series_id), Series, actor)
    except Rejected as no:
        if no.refusal.code.startswith("unknown_"):
            return None
        raise
    told = readable(await desk.fetch("SELECT * FROM history WHERE series_id = $1", series_id), actor)
    helpers = [visit.helper_id for visit in series.visits if visit.helper_id is not None]
    known = await names(desk, actor, [series.helper_id, series.asker_id, *helpers, *people_in(told)])
    label, tone, icon = STATUS[series.status]
    about = category_nl(series.category)
    groups = (
        Group(
            "Wat verandert er?",
            tuple(shown_form(f, series_href(series_id), failed=failed) for f in ask.SERIES_FORMS),
        ),
    )
    return CasePage(
        number_label=f"Terugkerende hulp {series_id.int % 1_000_000:06}",
        title=f"{about}, {recurrence_nl(series.recurrence)}",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=_facts(series, known),
        groups=kept(
            groups if series.status == "running" else (), ask.SERIES_FORMS, series_href(series_id), failed
        ),
        visits=tuple(_line(visit, known) for visit in series.visits),
        history=history(told, known, desk.region),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _facts(series: Series, known: Names) -> tuple[Fact, ...]:
    last = series.helper_last_day
    stops = f"stopt na {day_nl(last)}" if last is not None else ""
    until = day_nl(series.last_day) if series.last_day is not None else "geen einddatum"
    return (
        Fact("Helper", known.first(series.helper_id), stops, member_href(series.helper_id)),
        Fact("Hulpvrager", known.first(series.asker_id), "", member_href(series.asker_id)),
        Fact("Per keer", hours_nl(series.minutes)),
        Fact("Sinds", day_nl(series.starts_at.date())),
        Fact("Tot en met", until),
    )


def _line(visit: Visit, known: Names) -> VisitLine:
    helper = known.first(visit.helper_id) if visit.helper_id is not None else "nog niemand"
    if visit.match_id is None and visit.request_status in _ELSEWHERE:
        helper, status = "iemand uit een andere regio", _ELSEWHERE[visit.request_status]
        return VisitLine(appointment_nl(visit.wanted_at), helper, status, seeking_href(visit.request_id))
    if visit.match_id is None:
        status = {"open": "zoekt een helper", "withdrawn": "vervallen"}.get(visit.request_status, "")
        return VisitLine(appointment_nl(visit.wanted_at), helper, status, request_href(visit.request_id))
    status = MATCH_STATUS[visit.match_status][0].lower() if visit.match_status in MATCH_STATUS else ""
    return VisitLine(appointment_nl(visit.wanted_at), helper, status, match_href(visit.match_id))
