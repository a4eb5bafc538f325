"""What exchange says of help that comes back. Its visits are requests and matches like any other."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from contracts.visits import (
    HelperEndPlanned,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
)
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class SeriesSeen:
    """`helper_last_day`: this helper stops then. `next_at` (UTC) is the visit that is planned next.

    `changed_at`: when it began, changed hands, or its helper said to stop.
    """

    series_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    recurrence: str
    starts_at: datetime
    last_day: date | None
    next_at: datetime | None
    status: Literal["running", "ended"]
    changed_at: datetime
    helper_last_day: date | None = None
    reason: str | None = None
    version: int = 0


type SeriesEvent = SeriesPlanned | HelperEndPlanned | SeriesHelperChanged | SeriesEnded


def _series(
    series: SeriesSeen | None, event: SeriesStarted | SeriesEvent, series_id: UUID, at: datetime
) -> SeriesSeen:
    if isinstance(event, SeriesStarted):
        return SeriesSeen(**event.model_dump(exclude={"by"}), status="running", changed_at=at)
    assert series is not None
    return replace(series, **_changes(event, at))


def _changes(event: SeriesEvent, at: datetime) -> dict[str, Any]:
    match event:
        case SeriesPlanned():
            return {"next_at": event.next_at}
        case HelperEndPlanned():
            return {"helper_last_day": event.helper_last_day, "changed_at": at}
        case SeriesHelperChanged():
            changed = event.model_dump(include={"offer_id", "helper_id"})
            return {**changed, "helper_last_day": None, "changed_at": at}
        case SeriesEnded():
            return {"status": "ended", "reason": event.reason, "next_at": None, "changed_at": at}
        case _:
            assert_never(event)


SERIES = Kind(
    "series_seen",
    SeriesSeen,
    {
        e: lambda e: (e.series_id,)
        for e in (SeriesStarted, SeriesPlanned, HelperEndPlanned, SeriesHelperChanged, SeriesEnded)
    },
    _series,
)
