"""When someone cannot help for a while, or takes no part any more: what was planned finds its end.

What was to come is called off; help that was given stands, whoever leaves.
"""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.exchange import FellThroughReason, OfferWithdrawn, RequestWithdrawn, SuspendHelper
from contracts.participants import (
    EndAsking,
    EndOffers,
    LetGo,
    NearnessChanged,
    NoteNearness,
    ParticipantLeft,
    PartTooClose,
)
from services.exchange.help_request import REQUEST, withdrawn
from services.exchange.home import together
from services.exchange.loan import Loan, loans_among
from services.exchange.loan_life import called_off, loans_of, without
from services.exchange.match import MATCH, Match, fall_through, known_match, part, running_of
from services.exchange.minutes import settled_without
from services.exchange.offer import OFFER
from services.exchange.participant import PARTICIPANT, is_gone
from services.exchange.series import ended, known_series, stops_helping
from services.kernel.entity import State
from services.kernel.service import Context, Timer


def suspend(command: SuspendHelper, context: Context, state: State) -> list[Event]:
    """What this helper had planned needs someone else. What has been done stands."""
    helper = state.get(PARTICIPANT, command.helper_id)
    if helper is None:
        return []
    planned: list[Match | Loan] = [*running_of(state, helper), *loans_of(state, helper)]
    return [
        event
        for found in planned
        if command.category in (None, found.category)
        and (command.until is None or found.wanted_at is None or found.wanted_at <= command.until)
        for event in _called_off(found, command.reason, context.at)
    ]


def _called_off(found: Match | Loan, reason: FellThroughReason, at: datetime) -> list[Event]:
    """What was to come needs someone else; nothing where it has been, or is over."""
    if isinstance(found, Loan):
        return called_off(found, reason, at)
    over = found.status in ("fell_through", "completed")
    return [] if over or found.has_been(at) else [fall_through(found, reason)]


def end_asking(command: EndAsking, context: Context, state: State) -> list[Event]:
    """What a minor asked ends where a guardian no longer agrees. What has been done stands."""
    asker = state.get(PARTICIPANT, command.member_id)
    if asker is None or asker.gone:
        return []
    events: list[Event] = []
    for request_id in asker.asks:
        request = state.get(REQUEST, request_id)
        match = state.get(MATCH, request.match_id) if request and request.match_id else None
        if match is not None:
            if match.has_been(context.at):
                continue
            events.append(fall_through(match, "withdrawn"))
        if request is None or any(loan.has_been(context.at) for loan in loans_among(state, request.loans)):
            continue
        events += withdrawn(state, request)
    return [*events, *(ended(known_series(state, series_id), "withdrawn") for series_id in asker.receives)]


def note_nearness(command: NoteNearness, context: Context, state: State) -> list[Event]:
    """Who is near this member, or who counts as one of them, may be otherwise now.

    Of who has nothing before them nothing is looked at.
    """
    theirs = (state.get(PARTICIPANT, one) for one in together(state, command.member_id))
    return [
        NearnessChanged(participant_id=one.participant_id)
        for one in theirs
        if one is not None and not one.gone and (one.running or one.asks or one.series or one.receives)
    ]


def look_at_nearness(event: NearnessChanged, at: datetime) -> list[Timer]:
    """At once, and not in the same commit: members must be asked first (preparing.py)."""
    timer_id = uuid5(event.participant_id, f"nearness/{at.isoformat()}")
    return [Timer(at, PartTooClose(member_id=event.participant_id), timer_id)]


def part_too_close(command: PartTooClose, context: Context, state: State) -> list[Event]:
    """As for a VOG that lapsed: what was to come needs someone else, what has been done stands.

    It is called off without more: a reason of its own would tell who is in whose circle. A series
    does not stay with who may not come any more.
    """
    events: list[Event] = []
    for match_id in command.match_ids:
        events += _called_off(known_match(state, match_id), "cancelled", context.at)
    for series_id in command.series_ids:
        events += stops_helping(known_series(state, series_id), context.at)
    return events


def let_go(command: LetGo, context: Context, state: State) -> list[Event]:
    """Help they would give is open again, what they asked is withdrawn; then the ledger may settle.

    Help that was given stands: it is booked as far as nobody need say anything of it any more
    (minutes.py), before their account is settled, or waits for the other or for a coordinator.
    """
    member = state.get(PARTICIPANT, command.member_id)
    if member is None or member.gone:
        return []
    events: list[Event] = []
    for found in running_of(state, member):
        events += _without(found, command.member_id, context, state)
    for loan in loans_of(state, member):
        events += without(loan, context, state)
    for request_id in member.asks:
        request = state.get(REQUEST, request_id)
        if request is None:
            continue
        match = state.get(MATCH, request.match_id) if request.match_id is not None else None
        if match is not None:
            events += _without(match, command.member_id, context, state)
        for loan in loans_among(state, request.loans):
            events += without(loan, context, state)
        events.append(RequestWithdrawn(request_id=request_id, member_id=command.member_id))
    events += [ended(known_series(state, series_id), "left") for series_id in member.receives]
    left = ParticipantLeft(
        participant_id=command.member_id, settle=command.settle, beneficiary_id=command.beneficiary_id
    )
    return [*events, left]


def look_for_offers(event: ParticipantLeft, at: datetime) -> list[Timer]:
    """At once, and after it: from then on nobody who left offers anything (participant.py)."""
    timer_id = uuid5(event.participant_id, "offers")
    return [Timer(at, EndOffers(member_id=event.participant_id), timer_id)]


def end_offers(command: EndOffers, context: Context, state: State) -> list[Event]:
    """Who left offers nothing any more; nobody is told, for nothing was promised."""
    offers = (state.get(OFFER, offer_id) for offer_id in command.offer_ids)
    return [
        OfferWithdrawn(offer_id=offer.offer_id, member_id=offer.member_id, initiative_id=offer.initiative_id)
        for offer in offers
        if offer is not None and offer.status == "open"
    ]


def _without(found: Match, member_id: UUID, context: Context, state: State) -> list[Event]:
    """What becomes of one match when `member_id` leaves."""
    parted = part(found, "left", context.at)
    if not found.stands(context.at):
        return parted
    gone = [who for who in found.people if who == member_id or is_gone(state, who)]
    return [*parted, *settled_without(found, gone)]
