"""Help that comes back in a running town: asked for, given a helper, and its visits as they stand."""

from typing import Any
from uuid import UUID

from tests.harness.town import NOOR, Neighbour, Town, in_days

MINUTES = 60
PLANNED = 4
"""Visits of a weekly series that begins in three days: those of four weeks ahead are planned."""


def weekly(town: Town, asker: Neighbour, offer_id: UUID, category: str, **more: Any) -> UUID:
    """Help every week from three days on, with a helper; returns the series once its visits are planned."""
    series_id = town.ask(asker, category, MINUTES, wanted_at=in_days(3), recurrence="FREQ=WEEKLY", **more)
    start(town, series_id, offer_id)
    return series_id


def start(town: Town, series_id: UUID, offer_id: UUID) -> None:
    """Give help that comes back every week its helper, and wait until its visits are planned."""
    town.confirm(series_id, offer_id)
    town.until(lambda: len(visits(town, series_id)) == PLANNED, "four weeks being planned")


def visits(town: Town, series_id: UUID) -> list[dict[str, Any]]:
    """The visits of a series, in order; none while it has not begun."""
    found = town.get(f"/v1/series/{series_id}", by=NOOR)
    return list(found.json()["visits"]) if found.status_code == 200 else []


def until_visits(town: Town, series_id: UUID, *statuses: str) -> list[dict[str, Any]]:
    """Wait until the requests of the visits stand so; returns the visits."""

    def so() -> bool:
        return tuple(visit["request_status"] for visit in visits(town, series_id)) == statuses

    town.until(so, f"the visits being {statuses}")
    return visits(town, series_id)
