"""A series: who helps whom, how often, until when. How it is planned and changes hands: planning.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from contracts.visits import (
    HelperEndPlanned,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
)
from services.exchange.home import together
from services.exchange.participant import PARTICIPANT, Participant
from services.exchange.recurrence import between
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace

AHEAD = timedelta(days=28)
"""How long before a visit it is planned: time enough to find someone else."""


@dataclass(slots=True)
class Series:
    """`by` is the credential of who chose its helper: so of its visits too."""

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
    by: str
    status: Literal["running", "ended"] = "running"
    helper_last_day: date | None = None
    version: int = 0


type SeriesEvent = SeriesStarted | SeriesPlanned | HelperEndPlanned | SeriesHelperChanged | SeriesEnded


def evolve(series: Series | None, event: SeriesEvent, series_id: UUID, at: datetime) -> Series:
    if isinstance(event, SeriesStarted):
        return Series(**event.model_dump())
    assert series is not None
    match event:
        case SeriesPlanned():
            return replace(series, next_at=event.next_at)
        case HelperEndPlanned():
            return replace(series, helper_last_day=event.helper_last_day)
        case SeriesHelperChanged():
            chosen = event.model_dump(include={"offer_id", "helper_id", "by"})
            return replace(series, **chosen, helper_last_day=None)
        case SeriesEnded():
            return replace(series, status="ended", next_at=None)
        case _:
            assert_never(event)


SERIES = Kind(
    "series",
    Series,
    {
        event: lambda e: (e.series_id,)
        for event in (SeriesStarted, SeriesPlanned, HelperEndPlanned, SeriesHelperChanged, SeriesEnded)
    },
    evolve,
)


def known_series(state: State, series_id: UUID) -> Series:
    """A series that something in the log named: so it is there."""
    series = state.get(SERIES, series_id)
    assert series is not None
    return series


def ended(series: Series, reason: str) -> SeriesEnded:
    return SeriesEnded(
        series_id=series.series_id, helper_id=series.helper_id, asker_id=series.asker_id, reason=reason
    )


def kept_by(state: State, helper: Participant) -> Iterator[Series]:
    """The series in which someone is the helper."""
    return (known_series(state, series_id) for series_id in helper.series)


def kept_between(state: State, one_id: UUID, other_id: UUID) -> list[Series]:
    """The series in which one of two people, or who counts as one of them, helps the other."""
    ones, others = together(state, one_id), together(state, other_id)
    found: dict[UUID, Series] = {}
    for helpers, askers in ((ones, others), (others, ones)):
        for helper in (state.get(PARTICIPANT, helper_id) for helper_id in helpers):
            kept = kept_by(state, helper) if helper is not None else ()
            found |= {series.series_id: series for series in kept if series.asker_id in askers}
    return list(found.values())


def unplanned(series: Series, helper_id: UUID, first: date, last: date) -> Iterator[datetime]:
    """When (UTC) this helper has promised to come on these days, and no visit is planned yet.

    Both days belong to it. What is planned is a match of its own, and counts as one.
    """
    if series.next_at is None or series.helper_id != helper_id or local(series.next_at).date() > last:
        return iter(())
    ends = [day for day in (last, series.last_day, series.helper_last_day) if day is not None]
    # From the next one on: it is an occurrence of the same rule, and what was before it is planned.
    return between(series.recurrence, series.next_at, first, min(ends))


def stops_helping(series: Series, at: datetime) -> list[HelperEndPlanned]:
    """The helper comes no more, from now on: nothing else is planned for them, and someone is sought."""
    day = local(at).date()
    stopped = series.helper_last_day is not None and series.helper_last_day <= day
    if series.status == "ended" or stopped:
        return []
    return [HelperEndPlanned(series_id=series.series_id, helper_id=series.helper_id, helper_last_day=day)]
