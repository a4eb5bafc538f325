"""Series as far as letters need them: who helps whom, and how often."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from contracts.visits import HelperEndPlanned, SeriesHelperChanged, SeriesStarted
from services.kernel.dutch import local
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class Series:
    """`helper_id` is who helps unless a visit says otherwise; `recurrence` as in RFC 5545.

    `helper_last_day`: this helper stops then, and does not count on later visits.
    """

    series_id: UUID
    helper_id: UUID
    asker_id: UUID
    recurrence: str
    minutes: int
    helper_last_day: date | None = None
    version: int = 0

    def counts_on(self, visit_at: datetime) -> bool:
        """Whether its helper thinks they come at this moment (UTC), unless told otherwise."""
        return self.helper_last_day is None or local(visit_at).date() <= self.helper_last_day


type SeriesEvent = SeriesStarted | SeriesHelperChanged | HelperEndPlanned


def evolve(series: Series | None, event: SeriesEvent, series_id: UUID, at: datetime) -> Series:
    if isinstance(event, SeriesStarted):
        return Series(series_id, event.helper_id, event.asker_id, event.recurrence, event.minutes)
    assert series is not None
    match event:
        case SeriesHelperChanged():
            return replace(series, helper_id=event.helper_id, helper_last_day=None)
        case HelperEndPlanned():
            return replace(series, helper_last_day=event.helper_last_day)
        case _:
            assert_never(event)


SERIES = Kind(
    "series_known",
    Series,
    {event: lambda e: (e.series_id,) for event in (SeriesStarted, SeriesHelperChanged, HelperEndPlanned)},
    evolve,
)
