"""Initiatives: the programmes of the region, and what they ask in return."""

from uuid import UUID

from fastapi import FastAPI

from contracts.initiatives import (
    ChangePolicy,
    CloseInitiative,
    GetInitiatives,
    Initiative,
    Initiatives,
    StartInitiative,
)
from services.coordinator.api.answers import changed, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, unknown
from services.coordinator.desk import Desk

_ONE = "/v1/initiatives/{initiative_id}"

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/initiatives",
        StartInitiative,
        made,
        "Begin a programme",
        "initiatives",
        "/v1/initiatives/{id}",
    ),
    Route("PUT", f"{_ONE}/policy", ChangePolicy, changed, "Change its rules", "initiatives"),
    Route("POST", f"{_ONE}/closures", CloseInitiative, changed, "Close it for what is new", "initiatives"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/initiatives", operation_id="list-initiatives", tags=["initiatives"])
    async def list_initiatives(actor: Reader) -> Initiatives:
        """Every initiative of the region, with its rules."""
        return await desk.ask(GetInitiatives(), Initiatives, actor)

    @api.get(_ONE, operation_id="get-initiative", tags=["initiatives"])
    async def get_initiative(initiative_id: UUID, actor: Reader) -> Initiative:
        """One initiative, with its rules."""
        known = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
        found = next((each for each in known if each.initiative_id == initiative_id), None)
        if found is None:
            raise unknown("unknown_initiative", "Dit initiatief", "initiative")
        return found
