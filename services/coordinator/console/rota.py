"""The rota: who is on duty now and later, who is away, and who does their work."""

from datetime import datetime
from typing import Any

from services.coordinator.console import rota_forms as ask
from services.coordinator.console.addresses import ROTA
from services.coordinator.console.forms import Failed, Form, Group, Shown, shown_form
from services.coordinator.console.people import coordinator_label, coordinators
from services.coordinator.console.rota_views import DutyLine, LeaveLine, RotaPage
from services.coordinator.console.views import Notice
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import day_nl, day_short_nl, local, time_nl
from services.kernel.settings import Region

_DUTIES = """
SELECT * FROM duties WHERE NOT cancelled AND ends_at > $1 ORDER BY begins_at, coordinator LIMIT 200
"""
_LEAVES = """
SELECT * FROM leaves WHERE NOT cancelled AND last_day >= $1 ORDER BY first_day, coordinator LIMIT 200
"""


async def rota_page(desk: Desk, *, done: str | None = None, failed: Failed | None = None) -> RotaPage:
    """The page, from now on."""
    at = now()
    duties = await desk.fetch(_DUTIES, at)
    leaves = await desk.fetch(_LEAVES, at.date())
    colleagues = coordinators(desk.region)
    choices = {"coordinator": colleagues, "deputy": colleagues}
    forms = tuple(shown_form(f, ROTA, choices=choices, failed=failed) for f in ask.ROTA_FORMS)
    return RotaPage(
        as_of=at,
        on_duty=tuple(_duty(desk.region, row) for row in duties if row["begins_at"] <= at),
        later=tuple(_duty(desk.region, row) for row in duties if row["begins_at"] > at),
        leaves=tuple(_leave(desk.region, row, colleagues) for row in leaves),
        groups=(Group("Verander het rooster", forms),),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _duty(region: Region, row: dict[str, Any]) -> DutyLine:
    areas = ", ".join(row["areas"]) or "de hele regio"
    cancel = shown_form(ask.CANCEL_DUTY, f"{ROTA}/diensten/{row['duty_id']}")
    who = coordinator_label(region, row["coordinator"])
    return DutyLine(who, _period(row["begins_at"], row["ends_at"]), areas, cancel)


def _period(begins_at: datetime, ends_at: datetime) -> str:
    begin, end = local(begins_at), local(ends_at)
    if begin.date() == end.date():
        return f"{day_nl(begin)}, {time_nl(begin)} tot {time_nl(end)}"
    return f"{day_nl(begin)}, {time_nl(begin)} tot {day_nl(end)}, {time_nl(end)}"


def _leave(region: Region, row: dict[str, Any], colleagues: tuple[tuple[str, str], ...]) -> LeaveLine:
    here = f"{ROTA}/verlof/{row['leave_id']}"
    others = tuple(each for each in colleagues if each[0] != row["coordinator"])

    def shown(form: Form) -> Shown:
        return shown_form(form, here, choices={"deputy": others})

    deputy = row["deputy"]
    return LeaveLine(
        who=coordinator_label(region, row["coordinator"]),
        days=f"{day_short_nl(row['first_day'])} tot en met {day_short_nl(row['last_day'])}",
        deputy=coordinator_label(region, deputy) if deputy else None,
        name_deputy=shown(ask.DEPUTY),
        cancel=shown(ask.CANCEL_LEAVE),
    )
