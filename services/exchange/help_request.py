"""A request for help: open until a match is confirmed, open again when one falls away."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event, Role
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    OpenDrafts,
    RequestHelp,
    RequestOpened,
    RequestStatus,
    RequestWithdrawn,
    WithdrawRequest,
)
from contracts.initiatives import PolicyChanged
from contracts.loans import HelperConfirmed, HelperTaken, HelpSought, LoanCompleted, LoanEnded
from contracts.visits import VisitMoved
from services.exchange.acting import check_acting
from services.exchange.age import check_guardian
from services.exchange.initiative import policy_of, running_policy
from services.exchange.loan import end_all
from services.exchange.participant import taking_part
from services.exchange.recurrence import following
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context, Timer


@dataclass(slots=True)
class HelpRequest:
    """`requested_at` and `urgency` stay what they were, also when it is open again.

    `loans`: the regions that look at it too.
    `referral`: a social team asked; the referral has the same id.
    """

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
    initiative_id: UUID
    recurrence: str | None = None
    last_day: date | None = None
    series_id: UUID | None = None
    match_id: UUID | None = None
    loans: tuple[UUID, ...] = ()
    referral: bool = False
    version: int = 0

    @property
    def part_of(self) -> UUID | None:
        """The series this is a visit of: help that comes back is one from its first visit on."""
        return self.series_id or (self.request_id if self.recurrence else None)


type RequestEvent = (
    HelpRequested
    | RequestOpened
    | RequestWithdrawn
    | MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MatchCompleted
    | VisitMoved
    | HelpSought
    | HelperTaken
    | HelperConfirmed
    | LoanEnded
    | LoanCompleted
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
            "draft" if event.draft else "open",
            at,
            event.initiative_id,
            event.recurrence,
            event.last_day,
            event.series_id,
            referral=event.referral,
        )
    assert request is not None
    match event:
        case RequestOpened():
            return replace(request, status="open")
        case RequestWithdrawn():
            return replace(request, status="withdrawn")
        case MatchReserved():
            return replace(request, status="matching", match_id=event.match_id)
        case MatchConfirmed():
            return replace(request, status="matched")
        case MatchFellThrough():
            # Withdrawn in the meantime: it stays withdrawn.
            status: RequestStatus = "withdrawn" if request.status == "withdrawn" else "open"
            return replace(request, status=status, match_id=None)
        case VisitMoved():
            return replace(request, wanted_at=event.wanted_at)
        case MatchCompleted():
            return replace(request, status="done")
        case _:
            return _elsewhere(request, event)


def _elsewhere(
    request: HelpRequest, event: HelpSought | HelperTaken | HelperConfirmed | LoanEnded | LoanCompleted
) -> HelpRequest:
    """What other regions do about it."""
    others = tuple(loan_id for loan_id in request.loans if loan_id != event.loan_id)
    match event:
        case HelpSought():
            return replace(request, loans=(*others, event.loan_id))
        case HelperTaken():
            return replace(request, status="matching")
        case HelperConfirmed():
            return replace(request, status="matched")
        case LoanEnded():
            opens = event.taken and request.status in ("matching", "matched")
            return replace(request, loans=others, status="open" if opens else request.status)
        case LoanCompleted():
            return replace(request, loans=others, status="done")
        case _:
            assert_never(event)


REQUEST = Kind(
    "requests",
    HelpRequest,
    {
        event: lambda e: (e.request_id,)
        for event in (
            HelpRequested,
            RequestOpened,
            RequestWithdrawn,
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MatchCompleted,
            VisitMoved,
            HelpSought,
            HelperTaken,
            HelperConfirmed,
        )
    }
    | {
        event: lambda e: (e.request_id,) if e.request_id is not None else ()
        for event in (LoanEnded, LoanCompleted)
    },
    evolve,
)


def ask(command: RequestHelp, context: Context, state: State) -> list[Event]:
    participant = taking_part(state, command.member_id)
    check_area(context, participant.pc4)
    policy = running_policy(state, command.initiative_id)
    _check_moment(command, context)
    _check_consent(command, context, state)
    check_guardian(state, participant)
    waived = participant.waived_until is not None and participant.waived_until > context.at
    offers = command.initiative_id in participant.offers_in
    may_ask = policy.reciprocity != "required" or offers or waived
    return [
        HelpRequested(
            request_id=context.command_id,
            pc4=participant.pc4,
            draft=not may_ask,
            **command.model_dump(exclude={"text"}),
        )
    ]


def _check_moment(command: RequestHelp, context: Context) -> None:
    if command.wanted_at is not None and command.wanted_at < context.at:
        raise Rejected(
            "in_the_past",
            "Dit moment is al voorbij. Kies een dag die nog komt.",
            "This moment has passed. Choose a day that is still to come.",
        )
    if command.recurrence is None:
        return
    if command.wanted_at is None:
        raise Rejected(
            "first_visit_missing",
            "Zeg bij hulp die terugkomt ook wanneer de eerste keer is.",
            "For help that comes back, say when the first time is too.",
        )
    if command.last_day is not None and command.last_day < local(command.wanted_at).date():
        raise Rejected(
            "ends_before_it_begins",
            "De laatste dag ligt voor de eerste keer. Kijk de dagen na.",
            "The last day is before the first time. Please check the days.",
        )
    if following(command.recurrence, command.wanted_at, command.wanted_at, None) is None:
        raise Rejected(
            "never_comes_back",
            "Deze herhaling komt na de eerste keer nooit meer voor. Kies een andere herhaling.",
            "This recurrence never occurs again after the first time. Choose another one.",
        )


def _check_consent(command: RequestHelp, context: Context, state: State) -> None:
    """Who asks for someone else may do so, and that person agreed to it.

    A coordinator asks for someone else too: how that person agreed is kept, whoever it was that spoke
    with them (design, sections 1 and 7). A social team refers (referral.py).
    """
    actor = context.actor
    for_another = command.asking_id != command.member_id or (
        actor.role is Role.COORDINATOR and actor.member_id != command.member_id
    )
    if for_another and command.consent is None:
        raise Rejected(
            "consent_missing",
            "Zeg hoe de hulpvrager het zelf goed vond: persoonlijk, aan de telefoon of op papier.",
            "Say how the asker agreed to it: in person, by telephone or on paper.",
        )
    check_acting(state, context, command.member_id)


def look_for_drafts(event: PolicyChanged, at: datetime) -> list[Timer]:
    """What waits for an offer is looked up after this commit: from then on nothing waits any more."""
    if event.policy.reciprocity == "required":
        return []
    timer_id = uuid5(event.initiative_id, f"drafts/{at.isoformat()}")
    return [Timer(at, OpenDrafts(initiative_id=event.initiative_id), timer_id)]


def open_drafts(command: OpenDrafts, context: Context, state: State) -> list[Event]:
    """Nothing is asked in return any more: what waited for an offer waits for a helper now."""
    if policy_of(state, command.initiative_id).reciprocity == "required":
        return []
    requests = (known_request(state, request_id) for request_id in command.request_ids)
    return [
        RequestOpened(request_id=one.request_id, member_id=one.member_id, because="rules_changed")
        for one in requests
        if one.status == "draft"
    ]


def withdraw(command: WithdrawRequest, context: Context, state: State) -> list[Event]:
    request = known_request(state, command.request_id)
    if request.member_id != command.member_id:
        raise Rejected(
            "not_theirs",
            "Deze hulpvraag is van iemand anders. Kijk het na.",
            "This request is someone else's. Please check.",
        )
    check_area(context, request.pc4)
    if request.status not in ("draft", "open", "matching"):
        raise not_open(request)
    return withdrawn(state, request)


def withdrawn(state: State, request: HelpRequest) -> list[Event]:
    """It is not wanted any more, neither here nor in the regions that look at it too."""
    return [
        RequestWithdrawn(request_id=request.request_id, member_id=request.member_id),
        *end_all(state, request.loans, "withdrawn"),
    ]


def known_request(state: State, request_id: UUID) -> HelpRequest:
    request = state.get(REQUEST, request_id)
    if request is None:
        raise unknown_request()
    return request


def unknown_request() -> Rejected:
    return Rejected(
        "unknown_request",
        "Deze hulpvraag kennen wij niet. Kijk het na.",
        "We do not know this request. Please check.",
    )


def not_open(request: HelpRequest) -> Rejected:
    """Why nothing can be done with this request now."""
    if request.status == "draft":
        return Rejected(
            "draft",
            "Deze hulpvraag wacht nog op een aanbod van de hulpvrager. Klein mag: bespreek wat past, of "
            "geef een ontheffing.",
            "This request still waits for an offer of the asker. Something small will do: talk about what "
            "fits, or grant a waiver.",
        )
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
