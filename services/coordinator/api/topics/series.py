"""Series: help that comes back, with its visits."""

from uuid import UUID

from fastapi import FastAPI

from contracts.visits import EndHelping, EndSeries, GetSeries, Series
from services.coordinator.api.answers import changed, gone
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader
from services.coordinator.desk import Desk

_ONE = "/v1/series/{series_id}"

COMMANDS: tuple[Route, ...] = (
    Route("DELETE", _ONE, EndSeries, gone, "No further visits", "series"),
    Route("PUT", f"{_ONE}/helper-last-day", EndHelping, changed, "The helper stops after a day", "series"),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get(_ONE, operation_id="get-series", tags=["series"])
    async def get_series(series_id: UUID, actor: Reader) -> Series:
        """A series with its visits; one without `helper_id` has no helper yet. Members see their own."""
        return await desk.ask(GetSeries(series_id=series_id), Series, actor)
