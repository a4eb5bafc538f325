"""What exchange says of incidents: only that there is one, and between whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.safety import IncidentClosed, IncidentHandedOver, IncidentReported
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class IncidentSeen:
    """Open while `closed_at` is empty; `released`: the two may be matched again.

    `reported_by` and `handler` read its file: ids of coordinators' keys.
    """

    incident_id: UUID
    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None
    reported_by: str
    handler: str
    reported_at: datetime
    closed_at: datetime | None = None
    released: bool = False
    version: int = 0


type IncidentEvent = IncidentReported | IncidentHandedOver | IncidentClosed


def _incident(
    found: IncidentSeen | None, event: IncidentEvent, incident_id: UUID, at: datetime
) -> IncidentSeen:
    if isinstance(event, IncidentReported):
        return IncidentSeen(**event.model_dump(exclude={"pair_id"}), reported_at=at)
    assert found is not None
    if isinstance(event, IncidentHandedOver):
        return replace(found, handler=event.handler)
    return replace(found, closed_at=at, released=event.released)


INCIDENTS = Kind(
    "incidents_seen",
    IncidentSeen,
    {e: lambda e: (e.incident_id,) for e in (IncidentReported, IncidentHandedOver, IncidentClosed)},
    _incident,
)
