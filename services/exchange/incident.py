"""An incident: two people are kept apart at once, and what was planned between them is called off."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.safety import EndIncident, IncidentClosed, IncidentReported, ReportIncident
from services.exchange.match import running_between
from services.exchange.participant import PARTICIPANT, taking_part
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context


@dataclass(slots=True)
class Incident:
    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    is_open: bool
    version: int = 0


@dataclass(slots=True)
class Pair:
    """Two people between whom something happened; `incidents` are those that still keep them apart."""

    pair_id: UUID
    one_id: UUID
    other_id: UUID
    incidents: tuple[UUID, ...]
    version: int = 0


def pair_id(one_id: UUID, other_id: UUID) -> UUID:
    """The same for two people whichever is named first."""
    low, high = sorted((one_id, other_id))
    return uuid5(low, str(high))


def evolve(
    incident: Incident | None, event: IncidentReported | IncidentClosed, incident_id: UUID, at: datetime
) -> Incident:
    match event:
        case IncidentReported():
            return Incident(incident_id, event.pair_id, event.helper_id, event.asker_id, is_open=True)
        case IncidentClosed():
            assert incident is not None
            return replace(incident, is_open=False)
        case _:
            assert_never(event)


INCIDENT = Kind(
    "incidents",
    Incident,
    {event: lambda e: (e.incident_id,) for event in (IncidentReported, IncidentClosed)},
    evolve,
)


def keep_apart(pair: Pair | None, event: IncidentReported | IncidentClosed, key: UUID, at: datetime) -> Pair:
    if pair is None:
        pair = Pair(key, event.helper_id, event.asker_id, ())
    match event:
        case IncidentReported():
            return replace(pair, incidents=(*pair.incidents, event.incident_id))
        case IncidentClosed() if event.released:
            return replace(pair, incidents=tuple(i for i in pair.incidents if i != event.incident_id))
        case IncidentClosed():
            # Closed, and still better apart.
            return replace(pair)
        case _:
            assert_never(event)


PAIR = Kind(
    "pairs",
    Pair,
    {event: lambda e: (e.pair_id,) for event in (IncidentReported, IncidentClosed)},
    keep_apart,
)


def apart(state: State, one_id: UUID, other_id: UUID) -> bool:
    """Whether an incident keeps these two apart."""
    pair = state.get(PAIR, pair_id(one_id, other_id))
    return pair is not None and bool(pair.incidents)


def report(command: ReportIncident, context: Context, state: State) -> list[Event]:
    if command.helper_id == command.asker_id:
        raise Rejected(
            "same_person",
            "Een incident gaat over twee deelnemers. Kies de andere deelnemer.",
            "An incident is about two participants. Choose the other one.",
        )
    helper, asker = (taking_part(state, one) for one in (command.helper_id, command.asker_id))
    check_area(context, asker.pc4)
    incident = IncidentReported(
        incident_id=context.command_id,
        pair_id=pair_id(command.helper_id, command.asker_id),
        helper_id=command.helper_id,
        asker_id=command.asker_id,
        match_id=command.match_id,
    )
    return [incident, *running_between(state, helper, asker, "incident")]


def close(command: EndIncident, context: Context, state: State) -> list[Event]:
    incident = state.get(INCIDENT, command.incident_id)
    if incident is None or not incident.is_open:
        raise Rejected(
            "no_open_incident",
            "Dit incident is al afgerond of kennen wij niet. Kijk het na.",
            "This incident is closed already, or we do not know it. Please check.",
        )
    asker = state.get(PARTICIPANT, incident.asker_id)
    if asker is not None:
        check_area(context, asker.pc4)
    return [
        IncidentClosed(
            incident_id=incident.incident_id,
            pair_id=incident.pair_id,
            helper_id=incident.helper_id,
            asker_id=incident.asker_id,
            released=command.released,
        )
    ]
