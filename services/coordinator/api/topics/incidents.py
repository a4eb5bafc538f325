"""Incidents: keeping two people apart, at once. What happened is in a restricted file, not here."""

from uuid import UUID

from fastapi import FastAPI

from contracts.envelope import Role
from contracts.safety import (
    CloseIncident,
    GetIncidentFile,
    HandOverIncident,
    IncidentFile,
    ReportIncident,
)
from services.coordinator.api.answers import changed, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only, unknown
from services.coordinator.api.shapes import Incident, Incidents
from services.coordinator.desk import Desk
from services.kernel.handling import involved

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/incidents",
        ReportIncident,
        made,
        "Keep two people apart",
        "incidents",
        "/v1/incidents/{id}",
    ),
    Route(
        "POST",
        "/v1/incidents/{incident_id}/handovers",
        HandOverIncident,
        changed,
        "Give it to another",
        "incidents",
    ),
    Route(
        "POST",
        "/v1/incidents/{incident_id}/closures",
        CloseIncident,
        changed,
        "Everything about it is done",
        "incidents",
    ),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/incidents", operation_id="list-incidents", tags=["incidents"])
    async def list_incidents(actor: Reader) -> Incidents:
        """Incidents that are not closed. For coordinators without a part in them."""
        only(actor, Role.COORDINATOR)
        rows = await desk.fetch("SELECT * FROM incidents_seen WHERE closed_at IS NULL ORDER BY reported_at")
        shown = (row for row in rows if not involved(actor, (row["helper_id"], row["asker_id"])))
        return Incidents(incidents=[Incident(**row) for row in shown])

    @api.get("/v1/incidents/{incident_id}", operation_id="get-incident", tags=["incidents"])
    async def get_incident(incident_id: UUID, actor: Reader) -> Incident:
        """One incident: who was part of it, and whether it is closed. For coordinators."""
        only(actor, Role.COORDINATOR)
        row = await desk.row("SELECT * FROM incidents_seen WHERE incident_id = $1", incident_id)
        if row is None or involved(actor, (row["helper_id"], row["asker_id"])):
            raise unknown("unknown_incident", "Dit incident", "incident")
        return Incident(**row)

    @api.get(
        "/v1/incidents/{incident_id}/restricted-file", operation_id="get-incident-file", tags=["incidents"]
    )
    async def get_incident_file(incident_id: UUID, actor: Reader) -> IncidentFile:
        """What happened. For its handlers, or who stands in for them; every look is logged."""
        return await desk.ask(GetIncidentFile(incident_id=incident_id), IncidentFile, actor)
