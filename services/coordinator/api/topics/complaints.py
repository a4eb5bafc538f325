"""Complaints: the steps of the procedure, and a restricted file for the handler alone."""

from uuid import UUID

from fastapi import FastAPI

from contracts.coordinator import FileComplaint, GetRestricted, MoveComplaint, Restricted
from contracts.envelope import Role
from services.coordinator.api.answers import changed, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only, unknown
from services.coordinator.api.shapes import Complaint, Complaints
from services.coordinator.desk import Desk

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
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/complaints", operation_id="list-complaints", tags=["complaints"])
    async def list_complaints(actor: Reader) -> Complaints:
        """Complaints that are not decided or withdrawn. For coordinators."""
        only(actor, Role.COORDINATOR)
        rows = await desk.fetch(
            "SELECT * FROM complaints WHERE status NOT IN ('decided', 'withdrawn') ORDER BY filed_at"
        )
        return Complaints(complaints=[Complaint(**row) for row in rows])

    @api.get(_ONE, operation_id="get-complaint", tags=["complaints"])
    async def get_complaint(complaint_id: UUID, actor: Reader) -> Complaint:
        """How far a complaint is. For coordinators."""
        only(actor, Role.COORDINATOR)
        row = await desk.row("SELECT * FROM complaints WHERE complaint_id = $1", complaint_id)
        if row is None:
            raise unknown("unknown_complaint", "Deze klacht", "complaint")
        return Complaint(**row)

    @api.get(f"{_ONE}/restricted-file", operation_id="get-restricted", tags=["complaints"])
    async def get_restricted(complaint_id: UUID, actor: Reader) -> Restricted:
        """What was said at each step. For the handler of the complaint alone."""
        return await desk.ask(GetRestricted(complaint_id=complaint_id), Restricted, actor)
