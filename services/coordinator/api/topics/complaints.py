"""Complaints: the steps of the procedure, its handler, and a restricted file for them alone."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI

from contracts.coordinator import (
    FileComplaint,
    GetRestricted,
    HandOverComplaint,
    MoveComplaint,
    Restricted,
)
from contracts.envelope import Actor, Role
from services.coordinator.api.answers import changed, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only, unknown
from services.coordinator.api.shapes import Complaint, Complaints
from services.coordinator.desk import Desk
from services.kernel.handling import involved

_ONE = "/v1/complaints/{complaint_id}"

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/complaints",
        FileComplaint,
        made,
        "Note a complaint",
        "complaints",
        "/v1/complaints/{id}",
    ),
    Route("POST", f"{_ONE}/steps", MoveComplaint, changed, "Take the next step", "complaints"),
    Route("POST", f"{_ONE}/handovers", HandOverComplaint, changed, "Give it to another", "complaints"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/complaints", operation_id="list-complaints", tags=["complaints"])
    async def list_complaints(actor: Reader) -> Complaints:
        """Complaints that are not decided or withdrawn. For coordinators without a part in them."""
        only(actor, Role.COORDINATOR)
        rows = await desk.fetch(
            "SELECT * FROM complaints WHERE status NOT IN ('decided', 'withdrawn') ORDER BY filed_at"
        )
        return Complaints(complaints=[Complaint(**row) for row in rows if not _part_of(actor, row)])

    @api.get(_ONE, operation_id="get-complaint", tags=["complaints"])
    async def get_complaint(complaint_id: UUID, actor: Reader) -> Complaint:
        """How far a complaint is. For coordinators without a part in it: to others it is unknown."""
        only(actor, Role.COORDINATOR)
        row = await desk.row("SELECT * FROM complaints WHERE complaint_id = $1", complaint_id)
        if row is None or _part_of(actor, row):
            raise unknown("unknown_complaint", "Deze klacht", "complaint")
        return Complaint(**row)

    @api.get(f"{_ONE}/restricted-file", operation_id="get-restricted", tags=["complaints"])
    async def get_restricted(complaint_id: UUID, actor: Reader) -> Restricted:
        """What was said at each step. For the handler, or who stands in for them; every look is logged."""
        return await desk.ask(GetRestricted(complaint_id=complaint_id), Restricted, actor)


def _part_of(actor: Actor, row: dict[str, Any]) -> bool:
    """Whether they complain themselves, or it is about them: who complains is not theirs to know."""
    return involved(actor, (row["member_id"], row["about_id"]))
