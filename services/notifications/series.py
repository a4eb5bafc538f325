"""Series as far as letters need them: who helps whom, and how often."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.visits import SeriesHelperChanged, SeriesStarted
from services.kernel.entity import Kind


@dataclass(slots=True)
class Series:
    """`helper_id` is who helps unless a visit says otherwise; `recurrence` as in RFC 5545."""

    series_id: UUID
    helper_id: UUID
    asker_id: UUID
    recurrence: str
    minutes: int
    version: int = 0


def evolve(
    series: Series | None, event: SeriesStarted | SeriesHelperChanged, series_id: UUID, at: datetime
) -> Series:
    if isinstance(event, SeriesStarted):
        return Series(series_id, event.helper_id, event.asker_id, event.recurrence, event.minutes)
    assert series is not None
    match event:
        case SeriesHelperChanged():
            return replace(series, helper_id=event.helper_id)
        case _:
            assert_never(event)


SERIES = Kind(
    "series_known",
    Series,
    {event: lambda e: (e.series_id,) for event in (SeriesStarted, SeriesHelperChanged)},
    evolve,
)
