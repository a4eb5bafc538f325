"""An incident: two people are kept apart at once, and what was planned between them is called off.

Where one of them helps the other again and again, that ends too: someone else is sought.

Help that was given stands: each can still report their own minutes, without seeing how to reach the
other (minutes.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.safety import (
    EndIncident,
    IncidentClosed,
    IncidentHandedOver,
    IncidentReported,
    PassOnIncident,
    ReportIncident,
)
from services.exchange.home import together
from services.exchange.match import part, running_between
from services.exchange.participant import PARTICIPANT, known_participant
from services.exchange.series import kept_between, stops_helping
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.handling import check_handler, check_uninvolved, handles
from services.kernel.rights import check_area
from services.kernel.service import Context


@dataclass(slots=True)
class Incident:
    """`reported_by` and `handler` read its file and close it: ids of coordinators' keys.

    `former_handlers`: who had it before, oldest first.
    """

    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    is_open: bool
    reported_by: str
    handler: str
    former_handlers: tuple[str, ...] = ()
    version: int = 0

    @property
    def people(self) -> tuple[UUID, UUID]:
        return self.helper_id, self.asker_id


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


type IncidentEvent = IncidentReported | IncidentHandedOver | IncidentClosed


def evolve(incident: Incident | None, event: IncidentEvent, incident_id: UUID, at: datetime) -> Incident:
    if isinstance(event, IncidentReported):
        return Incident(**event.model_dump(exclude={"match_id"}), is_open=True)
    assert incident is not None
    match event:
        case IncidentHandedOver():
            former = (*incident.former_handlers, event.former_handler)
            return replace(incident, handler=event.handler, former_handlers=former)
        case IncidentClosed():
            return replace(incident, is_open=False)
        case _:
            assert_never(event)


INCIDENT = Kind(
    "incidents",
    Incident,
    {event: lambda e: (e.incident_id,) for event in (IncidentReported, IncidentHandedOver, IncidentClosed)},
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
    """Whether an incident keeps these two apart: their own, or of who counts as one of them."""
    ones, others = together(state, one_id), together(state, other_id)
    pairs = (state.get(PAIR, pair_id(one, other)) for one in ones for other in others)
    return any(pair is not None and bool(pair.incidents) for pair in pairs)


def report(command: ReportIncident, context: Context, state: State) -> list[Event]:
    if command.helper_id == command.asker_id:
        raise Rejected(
            "same_person",
            "Een incident gaat over twee deelnemers. Kies de andere deelnemer.",
            "An incident is about two participants. Choose the other one.",
        )
    # Also when one of the two has left: what happened comes out later, and someone handles it.
    known_participant(state, command.helper_id)
    check_area(context, known_participant(state, command.asker_id).pc4)
    if command.handler is None:
        check_uninvolved(context.actor, (command.helper_id, command.asker_id))
    incident = IncidentReported(
        incident_id=context.command_id,
        pair_id=pair_id(command.helper_id, command.asker_id),
        helper_id=command.helper_id,
        asker_id=command.asker_id,
        match_id=command.match_id,
        reported_by=context.actor.name,
        handler=command.handler or context.actor.name,
    )
    events: list[Event] = [incident]
    for found in running_between(state, command.helper_id, command.asker_id):
        events += part(found, "incident", context.at)
    for series in kept_between(state, command.helper_id, command.asker_id):
        events += stops_helping(series, context.at)
    return events


def hand_over(command: PassOnIncident, context: Context, state: State) -> list[Event]:
    """By its handler, a colleague or an operator; also when it is closed: someone keeps the file."""
    incident = state.get(INCIDENT, command.incident_id)
    if incident is None:
        raise unknown_incident()
    check_uninvolved(context.actor, incident.people)
    if command.nth != len(incident.former_handlers) + 1:
        raise Rejected(
            "handed_over_meanwhile",
            "Dit incident is net aan iemand anders gegeven. Kijk eerst wie het nu behandelt.",
            "This incident was just given to someone else. First look who handles it now.",
        )
    if command.handler == incident.handler:
        raise Rejected(
            "same_handler",
            "Deze collega behandelt het incident al. Kies iemand anders.",
            "This colleague handles the incident already. Choose someone else.",
        )
    if command.handler == context.actor.name and not handles(
        context.actor, (incident.handler,), incident.people
    ):
        # Or anyone could read any file by taking it.
        raise Rejected(
            "names_oneself",
            "U kunt dit incident niet zelf overnemen. Vraag de behandelaar, een andere collega of een "
            "beheerder om het aan u te geven.",
            "You cannot take over this incident yourself. Ask its handler, another colleague or an "
            "operator to give it to you.",
        )
    return [
        IncidentHandedOver(
            incident_id=incident.incident_id,
            helper_id=incident.helper_id,
            asker_id=incident.asker_id,
            former_handler=incident.handler,
            handler=command.handler,
        )
    ]


def close(command: EndIncident, context: Context, state: State) -> list[Event]:
    """By who reads its file: its handler, who reported it, or who stands in for them."""
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
    check_handler(context.actor, (incident.reported_by, incident.handler), incident.people)
    return [
        IncidentClosed(
            incident_id=incident.incident_id,
            pair_id=incident.pair_id,
            helper_id=incident.helper_id,
            asker_id=incident.asker_id,
            released=command.released,
        )
    ]


def unknown_incident() -> Rejected:
    return Rejected(
        "unknown_incident",
        "Dit incident kennen wij niet. Kijk het na.",
        "We do not know this incident. Please check.",
    )
