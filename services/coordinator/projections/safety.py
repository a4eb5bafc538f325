"""What exchange says of incidents: only that there is one, and between whom."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.safety import IncidentClosed, IncidentReported
from services.kernel.entity import Kind


@dataclass(slots=True)
class IncidentSeen:
    """Open while `closed_at` is empty; `released`: the two may be matched again."""

    incident_id: UUID
    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None
    reported_at: datetime
    closed_at: datetime | None = None
    released: bool = False
    version: int = 0


def _incident(
    found: IncidentSeen | None, event: IncidentReported | IncidentClosed, incident_id: UUID, at: datetime
) -> IncidentSeen:
    if isinstance(event, IncidentReported):
        return IncidentSeen(**event.model_dump(exclude={"pair_id"}), reported_at=at)
    assert found is not None
    return replace(found, closed_at=at, released=event.released)


INCIDENTS = Kind(
    "incidents_seen",
    IncidentSeen,
    {e: lambda e: (e.incident_id,) for e in (IncidentReported, IncidentClosed)},
    _incident,
)
