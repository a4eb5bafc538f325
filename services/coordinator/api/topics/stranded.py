"""What social teams sent over NATS without waiting for an answer, and we could not take in."""

from uuid import UUID

from fastapi import FastAPI

from contracts.envelope import Role
from contracts.stranded import GetStranded, SettleStranded, Stranded
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only
from services.coordinator.api.shapes import StrandedEvent, StrandedEvents
from services.coordinator.desk import Desk
from services.coordinator.stranded import SHOWN

_ONE = "/v1/stranded-events/{stranded_id}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", f"{_ONE}/settlements", SettleStranded, changed, "It is dealt with", "referrals"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/stranded-events", operation_id="list-stranded", tags=["referrals"])
    async def list_stranded(actor: Reader) -> StrandedEvents:
        """Those that nobody dealt with yet, oldest first. For coordinators and operators."""
        only(actor, Role.COORDINATOR, Role.OPERATOR)
        rows = await desk.fetch(f"SELECT * FROM stranded WHERE {SHOWN} ORDER BY stranded_at LIMIT 500")
        return StrandedEvents(events=[StrandedEvent(**row) for row in rows])

    @api.get(_ONE, operation_id="get-stranded", tags=["referrals"])
    async def get_stranded(stranded_id: UUID, actor: Reader) -> Stranded:
        """What was sent, as far as it may be kept. Every look is logged."""
        return await desk.ask(GetStranded(stranded_id=stranded_id), Stranded, actor)
