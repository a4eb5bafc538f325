"""What happened around a request, line by line, as exchange told it. Ids and codes; words come later.

A line's id is made from what happened: an event that comes again writes the same line.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from contracts.catalogue import kebab
from contracts.envelope import Event
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    RequestWithdrawn,
)
from services.kernel.entity import Kind


@dataclass(slots=True)
class HistoryLine:
    """`code` is the event's name: `match-confirmed`. `person_id` is the helper, or who reported."""

    line_id: UUID
    code: str
    request_id: UUID | None
    match_id: UUID | None
    person_id: UUID | None
    minutes: int | None
    reason: str | None
    at: datetime
    version: int = 0


type Told = (
    HelpRequested
    | RequestWithdrawn
    | MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MinutesReported
    | MinutesDiffered
    | MinutesAgreed
    | MatchCompleted
    | MatchUnbooked
)


def _line_id(event: Event) -> UUID:
    # Both people may report more than once; all else happens once to a request or match.
    again = f"/{event.by}/{event.minutes}" if isinstance(event, MinutesReported) else ""
    if isinstance(event, MinutesDiffered):
        again = f"/{event.helper_minutes}/{event.asker_minutes}"
    return uuid5(event.entity_id, type(event).__name__ + again)


def _person(event: Told) -> UUID | None:
    if isinstance(event, MinutesReported):
        return event.helper_id if event.by == "helper" else event.asker_id
    return getattr(event, "helper_id", None)


def _tell(_: HistoryLine | None, event: Told, line_id: UUID, at: datetime) -> HistoryLine:
    return HistoryLine(
        line_id,
        kebab(type(event).__name__),
        getattr(event, "request_id", None),
        getattr(event, "match_id", None),
        _person(event),
        getattr(event, "minutes", None),
        getattr(event, "reason", None),
        at,
    )


HISTORY = Kind(
    "history",
    HistoryLine,
    {
        event: lambda e: (_line_id(e),)
        for event in (
            HelpRequested,
            RequestWithdrawn,
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MinutesReported,
            MinutesDiffered,
            MinutesAgreed,
            MatchCompleted,
            MatchUnbooked,
        )
    },
    _tell,
)
