"""A helper's week: what is planned and done in it, and what others take over of their own care.

A week is that of ISO 8601 on the region's clock. Help without a date counts in every week
(services/exchange/participant.py).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.exchange import MatchCompleted, MatchFellThrough, MatchReserved
from contracts.visits import VisitMoved
from services.kernel.dutch import local
from services.kernel.entity import Kind

RESPITE = "respite"
"""The category of help that takes over care for a while: it relieves the asker's own week."""


@dataclass(slots=True)
class Week:
    """All in minutes. `relieved_minutes`: of the person's own care, taken over by others."""

    week_id: UUID
    member_id: UUID
    week: str
    planned_minutes: int = 0
    done_minutes: int = 0
    relieved_minutes: int = 0
    version: int = 0


def week_of(at: datetime) -> str:
    """The week of a moment, such as `2026-W48`.

    >>> from datetime import UTC
    >>> week_of(datetime(2026, 11, 29, 23, 30, tzinfo=UTC))  # Monday half past midnight here
    '2026-W49'
    """
    year, week, _ = local(at).isocalendar()
    return f"{year}-W{week:02}"


def week_id(member_id: UUID, week: str) -> UUID:
    return uuid5(member_id, week)


type WeekEvent = MatchReserved | MatchFellThrough | MatchCompleted | VisitMoved


def _touched(event: WeekEvent) -> tuple[UUID, ...]:
    times = [event.wanted_at]
    if isinstance(event, VisitMoved):
        times.append(event.from_at)
    weeks = {week_of(at) for at in times if at is not None}
    people = [event.helper_id, event.asker_id] if event.category == RESPITE else [event.helper_id]
    return tuple(week_id(person, week) for person in people for week in sorted(weeks))


def evolve(found: Week | None, event: WeekEvent, key: UUID, at: datetime) -> Week:
    wanted_at = event.wanted_at
    assert wanted_at is not None
    if isinstance(event, VisitMoved):
        return _moved(found, event, key)
    person, week = _whose(event, key, week_of(wanted_at))
    before = found or Week(key, person, week)
    if person != event.helper_id:
        return replace(before, relieved_minutes=before.relieved_minutes + _relief(event))
    match event:
        case MatchReserved():
            return replace(before, planned_minutes=before.planned_minutes + event.minutes)
        case MatchFellThrough():
            return replace(before, planned_minutes=before.planned_minutes - event.minutes)
        case MatchCompleted():
            return replace(
                before,
                planned_minutes=before.planned_minutes - event.reserved_minutes,
                done_minutes=before.done_minutes + event.minutes,
            )
        case _:
            assert_never(event)


def _relief(event: MatchReserved | MatchFellThrough | MatchCompleted) -> int:
    match event:
        case MatchReserved():
            return event.minutes
        case MatchFellThrough():
            return -event.minutes
        case MatchCompleted():
            return event.minutes - event.reserved_minutes
        case _:
            assert_never(event)


def _moved(found: Week | None, event: VisitMoved, key: UUID) -> Week:
    """Out of one week and into another; a move within a week changes nothing."""
    change = 0
    for moment, sign in ((event.from_at, -1), (event.wanted_at, 1)):
        if moment is not None and key in (
            week_id(event.helper_id, week_of(moment)),
            week_id(event.asker_id, week_of(moment)),
        ):
            person, week = _whose(event, key, week_of(moment))
            change += sign * event.minutes
    before = found or Week(key, person, week)
    if person == event.helper_id:
        return replace(before, planned_minutes=before.planned_minutes + change)
    return replace(before, relieved_minutes=before.relieved_minutes + change)


def _whose(event: WeekEvent, key: UUID, week: str) -> tuple[UUID, str]:
    helper = week_id(event.helper_id, week) == key
    return (event.helper_id if helper else event.asker_id), week


WEEK = Kind(
    "weeks",
    Week,
    dict.fromkeys((MatchReserved, MatchFellThrough, MatchCompleted, VisitMoved), _touched),
    evolve,
)
