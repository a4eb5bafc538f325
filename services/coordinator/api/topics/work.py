"""What waits for coordinators, and how the help of this week is spread."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.coordinator import NoteCall
from contracts.envelope import Role
from contracts.proposals import GetLoad, Load
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, only
from services.coordinator.api.shapes import WorkItem, WorkItems
from services.coordinator.desk import Desk
from services.coordinator.outcome import why_not_booked
from services.coordinator.work import Work, WorkCode, work_counts, work_list

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/no-shows/{match_id}/calls", NoteCall, changed, "You spoke with them", "work-items"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/work-items", operation_id="list-work-items", tags=["work-items"])
    async def list_work_items(
        actor: Reader, kind: WorkCode | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> WorkItems:
        """What waits for a coordinator: what presses first, then the longest wait."""
        only(actor, Role.COORDINATOR)
        waiting = await work_list(desk, actor, kind=kind, limit=limit)
        return WorkItems(
            items=[_item(each) for each in waiting],
            counts=await work_counts(desk, actor),
        )

    @api.get("/v1/load-figures", operation_id="get-load", tags=["work-items"])
    async def get_load(actor: Reader, member_id: UUID | None = None) -> Load:
        """How the help of this week is spread; with `member_id` of one helper. Members see their own."""
        about = member_id if actor.role is not Role.MEMBER else member_id or actor.member_id
        return await desk.ask(GetLoad(member_id=about), Load, actor)


def _item(work: Work) -> WorkItem:
    """With what to do now, where the kind of work alone does not say it."""
    now = why_not_booked(work.reason) if work.kind == "not_booked" else None
    said = {"detail": now.en if now else None, "detail_nl": now.nl if now else None}
    return WorkItem.model_validate({**asdict(work), **said})
