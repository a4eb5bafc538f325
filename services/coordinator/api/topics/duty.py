"""The rota: who is on duty, who is away, and who does their work."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query

from contracts.coordinator import CancelDuty, CancelLeave, NameDeputy, PlanDuty, PlanLeave
from contracts.envelope import Role
from services.coordinator.api.answers import changed, gone, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only
from services.coordinator.api.shapes import Duties, Duty, Leave, Leaves
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.days import begin

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/duties", PlanDuty, made, "Put someone on duty", "duty"),
    Route("DELETE", "/v1/duties/{duty_id}", CancelDuty, gone, "Take a duty off the rota", "duty"),
    Route("POST", "/v1/leaves", PlanLeave, made, "Be away for some days", "duty"),
    Route("PUT", "/v1/leaves/{leave_id}/deputy", NameDeputy, changed, "Say who does their work", "duty"),
    Route("DELETE", "/v1/leaves/{leave_id}", CancelLeave, gone, "Be there after all", "duty"),
)

type FromDay = Annotated[date | None, Query(description="Today, where it is left out.")]

_DUTIES = """
SELECT duty_id, coordinator, areas, begins_at, ends_at FROM duties
 WHERE NOT cancelled AND ends_at >= $1 ORDER BY begins_at, coordinator LIMIT 500
"""
_LEAVES = """
SELECT leave_id, coordinator, first_day, last_day, deputy, missed_at FROM leaves
 WHERE NOT cancelled AND last_day >= $1 ORDER BY first_day, coordinator LIMIT 500
"""


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/duties", operation_id="list-duties", tags=["duty"])
    async def list_duties(actor: Reader, from_day: FromDay = None) -> Duties:
        """Who is on duty from a day on. For coordinators and operators."""
        only(actor, Role.COORDINATOR, Role.OPERATOR)
        since = begin(from_day or now().date())
        return Duties(duties=[Duty(**row) for row in await desk.fetch(_DUTIES, since)])

    @api.get("/v1/leaves", operation_id="list-leaves", tags=["duty"])
    async def list_leaves(actor: Reader, from_day: FromDay = None) -> Leaves:
        """Who is away from a day on, and who does their work. For coordinators and operators."""
        only(actor, Role.COORDINATOR, Role.OPERATOR)
        return Leaves(leaves=[Leave(**row) for row in await desk.fetch(_LEAVES, from_day or now().date())])
