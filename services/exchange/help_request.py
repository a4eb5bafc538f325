"""A request for help: open until a match is confirmed, open again when one falls away."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    RequestHelp,
    RequestStatus,
    RequestWithdrawn,
    WithdrawRequest,
)
from services.exchange.participant import taking_part
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context


@dataclass(slots=True)
class HelpRequest:
    """`requested_at` and `urgency` stay what they were, also when it is open again."""

    request_id: UUID
    member_id: UUID
    category: str
    pc4: str
    minutes: int
    wanted_at: datetime | None
    urgency: str
    wish: str
    status: RequestStatus
    requested_at: datetime
    version: int = 0


type RequestEvent = (
    HelpRequested | RequestWithdrawn | MatchReserved | MatchConfirmed | MatchFellThrough | MatchCompleted
)


def evolve(request: HelpRequest | None, event: RequestEvent, request_id: UUID, at: datetime) -> HelpRequest:
    if isinstance(event, HelpRequested):
        return HelpRequest(
            request_id,
            event.member_id,
            event.category,
            event.pc4,
            event.minutes,
            event.wanted_at,
            event.urgency,
            event.wish,
            "open",
            at,
        )
    assert request is not None
    match event:
        case RequestWithdrawn():
            return replace(request, status="withdrawn")
        case MatchReserved():
            return replace(request, status="matching")
        case MatchConfirmed():
            return replace(request, status="matched")
        case MatchFellThrough():
            # Withdrawn in the meantime: it stays withdrawn.
            return replace(request, status="withdrawn" if request.status == "withdrawn" else "open")
        case MatchCompleted():
            return replace(request, status="done")
        case _:
            assert_never(event)


REQUEST = Kind(
    "requests",
    HelpRequest,
    {
        event: lambda e: (e.request_id,)
        for event in (
            HelpRequested,
            RequestWithdrawn,
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MatchCompleted,
        )
    },
    evolve,
)


def ask(command: RequestHelp, context: Context, state: State) -> list[Event]:
    participant = taking_part(state, command.member_id)
    if command.wanted_at is not None and command.wanted_at < context.at:
        raise Rejected(
            "in_the_past",
            "Dit moment is al voorbij. Kies een dag die nog komt.",
            "This moment has passed. Choose a day that is still to come.",
        )
    return [
        HelpRequested(
            request_id=context.command_id,
            member_id=command.member_id,
            category=command.category,
            pc4=participant.pc4,
            minutes=command.minutes,
            wanted_at=command.wanted_at,
            urgency=command.urgency,
            wish=command.wish,
        )
    ]


def withdraw(command: WithdrawRequest, context: Context, state: State) -> list[Event]:
    request = known_request(state, command.request_id)
    if request.member_id != command.member_id:
        raise Rejected(
            "not_theirs",
            "Deze hulpvraag is van iemand anders. Kijk het na.",
            "This request is someone else's. Please check.",
        )
    if request.status not in ("open", "matching"):
        raise not_open(request)
    return [RequestWithdrawn(request_id=request.request_id)]


def known_request(state: State, request_id: UUID) -> HelpRequest:
    request = state.get(REQUEST, request_id)
    if request is None:
        raise Rejected(
            "unknown_request",
            "Deze hulpvraag kennen wij niet. Kijk het na.",
            "We do not know this request. Please check.",
        )
    return request


def not_open(request: HelpRequest) -> Rejected:
    """Why nothing can be done with this request now."""
    if request.status == "withdrawn":
        return Rejected(
            "withdrawn",
            "Deze hulpvraag is ingetrokken. U hoeft niets meer te doen.",
            "This request was withdrawn. You need not do anything.",
        )
    return Rejected(
        "already_matched",
        "Voor deze hulpvraag is al iemand gekozen. Kijk op de pagina van de hulpvraag wie het is.",
        "Someone was already chosen for this request. See the request's page for who it is.",
        status=request.status,
    )
