"""What runs around one member: what they ask, whom they help, who helps them, and where it is read on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.coordinator.console.addresses import match_href, request_href, series_href
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.people import Names
from services.coordinator.console.views import RunningLine
from services.coordinator.console.wording import category_nl, recurrence_nl
from services.coordinator.desk import Desk

MOST = 20
"""Of each kind: who helps a lot has their visits on the page of the series."""

_REQUESTS = (
    "SELECT * FROM requests_seen WHERE member_id = $1 AND status IN ('draft', 'open', 'matching') "
    "ORDER BY wanted_at LIMIT $2"
)
_MATCHES = (
    "SELECT * FROM matches_seen WHERE $1 IN (helper_id, asker_id) AND series_id IS NULL "
    "AND status IN ('confirmed', 'agreed', 'unbooked') ORDER BY wanted_at LIMIT $2"
)
_SERIES = (
    "SELECT * FROM series_seen WHERE $1 IN (helper_id, asker_id) AND status = 'running' "
    "ORDER BY next_at LIMIT $2"
)

REQUEST_STATUS = {"draft": "wacht op een aanbod", "open": "zoekt een helper", "matching": "even geduld"}
MATCH_STATUS = {"confirmed": "staat", "agreed": "uren worden geboekt", "unbooked": "uren niet geboekt"}


@dataclass(frozen=True, slots=True)
class Running:
    """Rows of what this instance has seen."""

    requests: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    series: list[dict[str, Any]]

    @property
    def people(self) -> list[UUID]:
        """Who has a part in it."""
        return [row[who] for row in (*self.matches, *self.series) for who in ("helper_id", "asker_id")]


async def running(desk: Desk, member_id: UUID) -> Running:
    """What runs around this member, soonest first."""
    return Running(
        await desk.fetch(_REQUESTS, member_id, MOST),
        await desk.fetch(_MATCHES, member_id, MOST),
        await desk.fetch(_SERIES, member_id, MOST),
    )


def running_lines(found: Running, member_id: UUID, known: Names) -> tuple[RunningLine, ...]:
    """The same in words, as seen from this member."""

    def line(href: str, row: dict[str, Any], when: datetime | None, status: str) -> RunningLine:
        about = category_nl(row["category"])
        at = appointment_nl(when) if when is not None else "geen vaste dag"
        return RunningLine(href, about, _who(row, member_id, known), at, status)

    return (
        *(
            line(request_href(row["request_id"]), row, row["wanted_at"], REQUEST_STATUS[row["status"]])
            for row in found.requests
        ),
        *(
            line(match_href(row["match_id"]), row, row["wanted_at"], _match_status(row))
            for row in found.matches
        ),
        *(
            line(series_href(row["series_id"]), row, row["next_at"], recurrence_nl(row["recurrence"]))
            for row in found.series
        ),
    )


def _match_status(row: dict[str, Any]) -> str:
    return "minuten verschillen" if row["minutes_differ"] else MATCH_STATUS[row["status"]]


def _who(row: dict[str, Any], member_id: UUID, known: Names) -> str:
    helper_id = row.get("helper_id")
    if helper_id is None:
        return "vraagt hulp"
    if helper_id == member_id:
        return f"helpt {known.of(row['asker_id'])}"
    return f"krijgt hulp van {known.of(helper_id)}"
