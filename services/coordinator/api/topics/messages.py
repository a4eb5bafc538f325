"""Messages that a person must bring: letters to print, and calls to make."""

from typing import Annotated, Literal

from fastapi import FastAPI, Query

from contracts.envelope import Role
from contracts.notifications import ReportDelivery
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only
from services.coordinator.api.shapes import MessagesToBring, MessageToBring
from services.coordinator.desk import Desk
from services.coordinator.to_bring import to_bring

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/messages-to-bring/{message_id}/deliveries",
        ReportDelivery,
        changed,
        "It was brought, or tried in vain",
        "messages",
    ),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/messages-to-bring", operation_id="get-letters", tags=["messages"])
    async def get_letters(
        actor: Reader,
        channel: Literal["letter", "phone"] | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> MessagesToBring:
        """Letters to print and calls to make, with text and address. For coordinators, in their areas."""
        only(actor, Role.COORDINATOR)
        found = await to_bring(desk, actor, channel=channel, limit=limit)
        return MessagesToBring(messages=[MessageToBring(**row, letter=letter) for row, letter in found])
