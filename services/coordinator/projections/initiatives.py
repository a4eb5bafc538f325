"""What exchange says of initiatives, and of who may ask in them without offering."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.initiatives import InitiativeClosed, InitiativeStarted, PolicyChanged, ReciprocityWaived
from contracts.policy import Policy
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class InitiativeSeen:
    """An initiative with its policy as it is now. `preset` is empty for the one that always exists."""

    initiative_id: UUID
    preset: str
    status: Literal["running", "closed"]
    reciprocity: str
    compensation: str
    floor_minutes: int
    tolerance_minutes: int
    most_running: int
    from_band: str
    changed_at: datetime
    version: int = 0


def _initiative(
    found: InitiativeSeen | None,
    event: InitiativeStarted | PolicyChanged | InitiativeClosed,
    initiative_id: UUID,
    at: datetime,
) -> InitiativeSeen:
    policy = Policy() if isinstance(event, InitiativeClosed) else event.policy
    rules = policy.model_dump(mode="json")
    if isinstance(event, InitiativeStarted):
        return InitiativeSeen(initiative_id, event.preset, "running", **rules, changed_at=at)
    if found is None:
        # The one that always exists never started.
        found = InitiativeSeen(initiative_id, "", "running", **rules, changed_at=at)
    if isinstance(event, PolicyChanged):
        return replace(found, **rules, changed_at=at)
    return replace(found, status="closed", changed_at=at)


INITIATIVES = Kind(
    "initiatives_seen",
    InitiativeSeen,
    {e: lambda e: (e.initiative_id,) for e in (InitiativeStarted, PolicyChanged, InitiativeClosed)},
    _initiative,
)


@dataclass(slots=True)
class WaiverSeen:
    """Until when (UTC) someone may ask without offering."""

    participant_id: UUID
    until: datetime
    version: int = 0


def _waiver(_: WaiverSeen | None, event: ReciprocityWaived, participant_id: UUID, at: datetime) -> WaiverSeen:
    return WaiverSeen(participant_id, event.until)


WAIVERS = Kind("waivers_seen", WaiverSeen, {ReciprocityWaived: lambda e: (e.participant_id,)}, _waiver)
