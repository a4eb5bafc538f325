"""Messages that a person must bring: letters to print, and calls to make."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.envelope import Actor, Role
from contracts.notifications import GetLetters, PaperLetter, PaperLetters, ReportDelivery
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only
from services.coordinator.api.shapes import MessagesToBring, MessageToBring
from services.coordinator.desk import Desk

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

_TO_BRING = """
SELECT message_id, member_id, template, channel, attempts, status = 'escalated' AS escalated,
       changed_at AS since
  FROM messages_seen
 WHERE status IN ('handed_over', 'escalated') AND ($1::text IS NULL OR channel = $1)
 ORDER BY changed_at, message_id LIMIT $2
"""


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/messages-to-bring", operation_id="get-letters", tags=["messages"])
    async def get_letters(
        actor: Reader,
        channel: Literal["letter", "phone"] | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> MessagesToBring:
        """Letters to print and calls to make, with their text and address. For coordinators."""
        only(actor, Role.COORDINATOR)
        rows = await desk.fetch(_TO_BRING, channel, limit)
        texts = await letters(desk, actor, [row["message_id"] for row in rows])
        return MessagesToBring(
            messages=[MessageToBring(**row, letter=texts.get(row["message_id"])) for row in rows]
        )


async def letters(desk: Desk, actor: Actor, message_ids: list[UUID]) -> dict[UUID, PaperLetter]:
    """These messages as they are to be read, by their id."""
    if not message_ids:
        return {}
    found = await desk.ask(GetLetters(message_ids=tuple(message_ids)), PaperLetters, actor)
    return {letter.message_id: letter for letter in found.letters}
