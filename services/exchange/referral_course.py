"""The course of a referral: a coordinator answers, then it follows what happens to its help request.

The help request has the id of the referral. A series has visits, each a request of its own: of those
only what took place is told, and how the series ended.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Command, Event, Role
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    RequestWithdrawn,
)
from contracts.loans import HelperConfirmed, LoanCompleted, LoanEnded
from contracts.participants import ParticipantAdmitted
from contracts.referrals import (
    AcceptReferral,
    CancelReferral,
    EndReferrals,
    FailReferral,
    HoldReferral,
    ReferralMoved,
    RejectReferral,
)
from contracts.visits import SeriesEnded
from services.exchange.age import check_guardian
from services.exchange.help_request import REQUEST, HelpRequest, withdrawn
from services.exchange.initiative import running_policy
from services.exchange.participant import PARTICIPANT, Participant
from services.exchange.recurrence import following
from services.exchange.referral import (
    REFERRAL,
    Referral,
    Step,
    evolve,
    moved,
    theirs,
    under_way,
    wrong_status,
)
from services.exchange.series import SERIES
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved
from services.kernel.service import Context, Decide

# What a coordinator, or the team itself, decides


def accept(command: AcceptReferral, context: Context, state: State) -> list[Event]:
    """A helper is sought: from now on, or as soon as the person takes part."""
    referral = _to_answer(state, command.referral_id, context)
    if referral.status not in ("requested", "on-hold"):
        # Accepted again it is only by what happens: someone else is sought.
        raise wrong_status(referral)
    events = moved(referral, "accepted", context.at, initiative_id=command.initiative_id)
    participant = state.get(PARTICIPANT, referral.member_id)
    if participant is None:
        running_policy(state, command.initiative_id)
        return [*events]
    return [*events, _requested(referral, command.initiative_id, participant, context.at, state)]


def reject(command: RejectReferral, context: Context, state: State) -> list[Event]:
    referral = _to_answer(state, command.referral_id, context)
    return [*moved(referral, "rejected", context.at, reason=command.reason)]


def hold(command: HoldReferral, context: Context, state: State) -> list[Event]:
    referral = _to_answer(state, command.referral_id, context)
    if referral.status != "requested":
        # Accepted it goes on hold only by what happens: its help is asked for already.
        raise wrong_status(referral)
    return [*moved(referral, "on-hold", context.at, reason=command.reason)]


def fail(command: FailReferral, context: Context, state: State) -> list[Event]:
    referral = _to_answer(state, command.referral_id, context)
    ended = moved(referral, "failed", context.at, reason=command.reason)
    return [*ended, *_withdrawn(state, referral)]


def cancel(command: CancelReferral, context: Context, state: State) -> list[Event]:
    """Why it cannot be is told to who may hear how it stands; a team that hears nothing is told no more."""
    referral = theirs(state, command.referral_id, context)
    try:
        if referral.status == "in-progress":
            raise _helped(referral)
        ended = moved(referral, "cancelled", context.at)
        return [*ended, *_withdrawn(state, referral)]
    except Rejected:
        if context.actor.role is Role.REFERRER and referral.feedback == "nothing":
            raise _not_taken_back() from None
        raise


def end(command: EndReferrals, context: Context, state: State) -> list[Event]:
    """Who was not admitted, or left, is not waited for. Why they left is told to nobody."""
    events: list[Event] = []
    for referral in under_way(state, command.member_id):
        if referral.member_id != command.member_id:
            continue
        if command.declined and referral.status in ("requested", "on-hold"):
            events += moved(referral, "rejected", context.at, reason="not-admitted")
        else:
            events += moved(referral, "failed", context.at, reason="withdrawn")
    return events


def _to_answer(state: State, referral_id: UUID, context: Context) -> Referral:
    """The referral, for a coordinator without a part in it. Raises Rejected."""
    referral = theirs(state, referral_id, context)
    check_uninvolved(context.actor, (referral.member_id,))
    return referral


def _withdrawn(state: State, referral: Referral) -> list[Event]:
    """What was asked is not wanted any more. Raises Rejected where someone helps already."""
    request = state.get(REQUEST, referral.referral_id)
    if request is None or request.status == "withdrawn":
        return []
    if request.status not in ("draft", "open", "matching") or referral.status == "in-progress":
        raise _helped(referral)
    return withdrawn(state, request)


def _not_taken_back() -> Rejected:
    return Rejected(
        "not_taken_back",
        "Deze verwijzing kunt u nu niet terugnemen. Bel de buurtcoördinator.",
        "You cannot take this referral back now. Call the coordinator.",
    )


def _helped(referral: Referral) -> Rejected:
    return Rejected(
        "helper_found",
        "Er is al een helper voor deze verwijzing. Laat een buurtcoördinator eerst de koppeling afzeggen.",
        "There is a helper for this referral already. Let a coordinator call the match off first.",
        status=referral.status,
    )


def _requested(
    referral: Referral, initiative_id: UUID, participant: Participant, at: datetime, state: State
) -> HelpRequested:
    """The help request that a referral becomes. A moment that passed meanwhile is the next one, or none.

    Raises Rejected where nobody may ask there now, or not for this person.
    """
    running_policy(state, initiative_id)
    if participant.gone:
        raise Rejected(
            "left",
            "Deze deelnemer doet niet meer mee. Wijs de verwijzing af.",
            "This participant does not take part any more. Reject the referral.",
        )
    check_guardian(state, participant)
    wanted_at, recurrence = referral.wanted_at, referral.recurrence
    if wanted_at is not None and wanted_at < at:
        wanted_at = following(recurrence, wanted_at, at, referral.last_day) if recurrence else None
    if wanted_at is None:
        recurrence = None
    return HelpRequested(
        request_id=referral.referral_id,
        member_id=referral.member_id,
        category=referral.category,
        pc4=participant.pc4,
        minutes=referral.minutes,
        wanted_at=wanted_at,
        urgency=referral.urgency,
        wish=referral.wish,
        initiative_id=initiative_id,
        recurrence=recurrence,
        last_day=referral.last_day if recurrence else None,
        consent=referral.consent,
        referral=True,
    )


# What happens to the help request


def keeping_up(decides: dict[type[Command], Decide]) -> dict[type[Command], Decide]:
    """The same deciders; what they say of a help request that was referred, its referral goes along with."""
    return {command: _followed(decide) for command, decide in decides.items()}


def _followed(decide: Decide) -> Decide:
    def decided(command: Any, context: Context, state: State) -> list[Event]:
        events = decide(command, context, state)
        if not any(isinstance(event, _TELLING) for event in events):
            return events
        return [*events, *_consequences(events, context.at, state)]

    return decided


_TELLING = (
    ParticipantAdmitted,
    MatchConfirmed,
    MatchFellThrough,
    MatchCompleted,
    RequestWithdrawn,
    SeriesEnded,
    # Another region's helper may be who helps.
    HelperConfirmed,
    LoanEnded,
    LoanCompleted,
)


def _consequences(events: Iterable[Event], at: datetime, state: State) -> list[Event]:
    """What these events mean for referrals, each taken as it is after those before."""
    withdrawn = {event.request_id for event in events if isinstance(event, RequestWithdrawn)}
    changed: dict[UUID, Referral] = {}
    found: list[Event] = []
    for event in events:
        if isinstance(event, ParticipantAdmitted):
            found += _waiting_for(event, at, state)
        elif isinstance(event, ReferralMoved):
            # Decided itself: what happens to the request with it is no news to the referral.
            decided = state.get(REFERRAL, event.referral_id)
            changed[event.referral_id] = evolve(decided, event, event.referral_id, at)
        elif isinstance(event, _TELLING):
            root = _root(event, state)
            referral = changed.get(root.request_id) or _referral_of(root, state) if root else None
            if root is None or referral is None:
                continue
            for step in _means(event, referral, root, withdrawn, at, state):
                referral = evolve(referral, step, referral.referral_id, at)
                found.append(step)
            changed[referral.referral_id] = referral
    return found


def _referral_of(root: HelpRequest, state: State) -> Referral | None:
    return state.get(REFERRAL, root.request_id) if root.referral else None


def _waiting_for(event: ParticipantAdmitted, at: datetime, state: State) -> list[Event]:
    """Accepted before the person took part: now they do, and nothing is asked again.

    What may not be asked now is on hold, for a coordinator to accept once more.
    """
    participant = PARTICIPANT.evolve(None, event, event.participant_id, at)
    found: list[Event] = []
    for referral in under_way(state, event.participant_id):
        if referral.member_id != event.participant_id or referral.status != "accepted":
            continue
        assert referral.initiative_id is not None
        try:
            found.append(_requested(referral, referral.initiative_id, participant, at, state))
        except Rejected as no:
            reason = "guardian-missing" if no.refusal.code == "guardian_missing" else "initiative-ended"
            found += moved(referral, "on-hold", at, reason=reason)
    return found


def _root(event: Any, state: State) -> HelpRequest | None:
    """The request it all began with: the visit's series is named after its first."""
    request_id = event.series_id if isinstance(event, SeriesEnded) else event.request_id
    # Help that we lend to another region is about no request of ours.
    request = state.get(REQUEST, request_id) if request_id is not None else None
    if request is not None and request.series_id is not None:
        return state.get(REQUEST, request.series_id)
    return request


def _means(
    event: Event, referral: Referral, root: HelpRequest, withdrawn: set[UUID], at: datetime, state: State
) -> list[Step]:
    """What one event about its help request means for a referral; nothing once that has ended."""
    series = state.get(SERIES, root.request_id) if root.recurrence is not None else None
    match referral.status, event:
        case "accepted", MatchConfirmed() | HelperConfirmed():
            return moved(referral, "in-progress", at)
        case "in-progress", MatchCompleted() | LoanCompleted() if root.recurrence is None:
            return moved(referral, "completed", at, outcome="help-given")
        case "in-progress", MatchCompleted():
            return moved(referral, "in-progress", at, outcome="visit-done")
        case "in-progress", MatchFellThrough() if series is None and event.request_id not in withdrawn:
            return moved(referral, "accepted", at)
        case "in-progress", LoanEnded() if event.taken and event.request_id not in withdrawn:
            return moved(referral, "accepted", at)
        case "accepted" | "in-progress", RequestWithdrawn() if series is None:
            return moved(referral, "failed", at, reason="withdrawn")
        case "in-progress", SeriesEnded() if event.reason == "until" or referral.visits:
            return moved(referral, "completed", at, outcome="help-given")
        case "in-progress", SeriesEnded():
            return moved(referral, "failed", at, reason="withdrawn")
        case _:
            return []
