"""A match: reserved, then confirmed or fallen through; minutes reported, agreed, booked.

The saga of confirming (design, section 7):

    ReserveMatch ─▶ MatchReserved ─▶ ledger: HoldPlaced ──▶ MatchConfirmed
                                             HoldRefused ─▶ MatchFellThrough
    withdrawn in the meantime ────────────────────────────▶ MatchFellThrough (the hold is released)
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.exchange import (
    CancelMatch,
    LapseReservation,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    MatchStatus,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    ReportMinutes,
    ReserveMatch,
    SettleBooking,
    SettleHold,
)
from services.exchange.help_request import REQUEST, known_request, not_open
from services.exchange.offer import OFFER, open_offer
from services.exchange.participant import taking_part
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context, Timer

RESERVATION_LASTS = timedelta(hours=1)

RUNNING = ("confirmed", "unbooked")
"""Statuses in which people may report other minutes or call it off: nothing is booked yet."""


@dataclass(slots=True)
class Match:
    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    status: MatchStatus
    reason: str | None = None
    helper_minutes: int | None = None
    asker_minutes: int | None = None
    version: int = 0


type MatchEvent = (
    MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | MinutesReported
    | MinutesDiffered
    | MinutesAgreed
    | MatchCompleted
    | MatchUnbooked
)


def evolve(found: Match | None, event: MatchEvent, match_id: UUID, at: datetime) -> Match:
    if isinstance(event, MatchReserved):
        return Match(**event.model_dump(), status="reserved")
    assert found is not None
    match event:
        case MatchConfirmed():
            return replace(found, status="confirmed")
        case MatchFellThrough():
            return replace(found, status="fell_through", reason=event.reason)
        case MinutesReported():
            if event.by == "helper":
                return replace(found, helper_minutes=event.minutes)
            return replace(found, asker_minutes=event.minutes)
        case MinutesDiffered():
            return replace(found)
        case MinutesAgreed():
            return replace(found, status="agreed")
        case MatchCompleted():
            return replace(found, status="completed")
        case MatchUnbooked():
            return replace(found, status="unbooked")
        case _:
            assert_never(event)


MATCH = Kind(
    "matches",
    Match,
    {
        event: lambda e: (e.match_id,)
        for event in (
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            MinutesReported,
            MinutesDiffered,
            MinutesAgreed,
            MatchCompleted,
            MatchUnbooked,
        )
    },
    evolve,
)


def reserve(command: ReserveMatch, context: Context, state: State) -> list[Event]:
    request = known_request(state, command.request_id)
    if request.status != "open":
        raise not_open(request)
    offer = open_offer(state, command.offer_id)
    if offer.category != request.category or offer.member_id == request.member_id or command.too_close:
        raise Rejected(
            "does_not_fit",
            "Deze helper past niet bij deze hulpvraag. Kies iemand uit de lijst.",
            "This helper does not fit this request. Choose someone from the list.",
        )
    helper = taking_part(state, offer.member_id)
    taking_part(state, request.member_id)
    if helper.free_minutes < request.minutes:
        would_be = helper.reserved_minutes + request.minutes
        raise Rejected(
            "no_capacity",
            f"Dit kan nu niet. Deelnemer {helper.number} zou {would_be} minuten per week helpen en wil er "
            f"hoogstens {helper.capacity_minutes_week}. Kies iemand anders, maak de afspraak korter of kies "
            "een andere week.",
            f"Not possible now. Participant {helper.number} would help {would_be} minutes a week and wants "
            f"{helper.capacity_minutes_week} at most. Choose someone else, a shorter visit or another week.",
            would_be_minutes=would_be,
            capacity_minutes=helper.capacity_minutes_week,
        )
    return [
        MatchReserved(
            match_id=context.command_id,
            request_id=request.request_id,
            offer_id=offer.offer_id,
            helper_id=offer.member_id,
            asker_id=request.member_id,
            category=request.category,
            minutes=request.minutes,
            wanted_at=request.wanted_at,
        )
    ]


def settle_hold(command: SettleHold, context: Context, state: State) -> list[Event]:
    found = _known(state, command.match_id)
    if found.status != "reserved":
        # It fell through in the meantime; the ledger releases the hold on that event.
        return []
    if not command.placed:
        return [_fall_through(found, "below_floor")]
    request = state.get(REQUEST, found.request_id)
    offer = state.get(OFFER, found.offer_id)
    if request is None or request.status != "matching" or offer is None or offer.status != "open":
        return [_fall_through(found, "withdrawn")]
    return [
        MatchConfirmed(
            match_id=found.match_id,
            request_id=found.request_id,
            offer_id=found.offer_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            category=found.category,
            minutes=found.minutes,
            wanted_at=found.wanted_at,
        )
    ]


def lapse(command: LapseReservation, context: Context, state: State) -> list[Event]:
    found = _known(state, command.match_id)
    return [_fall_through(found, "no_answer")] if found.status == "reserved" else []


def lapses(event: MatchReserved, at: datetime) -> Timer:
    """A reservation does not wait for the ledger for ever."""
    return Timer(at + RESERVATION_LASTS, LapseReservation(match_id=event.match_id), event.match_id)


def cancel(command: CancelMatch, context: Context, state: State) -> list[Event]:
    found = _party(state, command.match_id, context, command.member_id)
    if found.status not in RUNNING:
        raise Rejected(
            "not_confirmed",
            "Deze koppeling loopt niet (meer). U hoeft niets te doen.",
            "This match is not running (any more). You need not do anything.",
            status=found.status,
        )
    return [_fall_through(found, "cancelled", told=True)]


def report(command: ReportMinutes, context: Context, state: State) -> list[Event]:
    found = _party(state, command.match_id, context, command.member_id)
    if found.status not in RUNNING:
        raise Rejected(
            "not_confirmed",
            "Voor deze koppeling kunt u nu geen minuten opgeven. Klopt iets niet? Bel uw buurtcoördinator.",
            "You cannot report minutes for this match now. Call your coordinator if something is wrong.",
            status=found.status,
        )
    by: Literal["helper", "asker"] = "helper" if command.member_id == found.helper_id else "asker"
    events: list[Event] = [
        MinutesReported(
            match_id=found.match_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            by=by,
            minutes=command.minutes,
        )
    ]
    other = found.asker_minutes if by == "helper" else found.helper_minutes
    if other is None:
        return events
    if other == command.minutes:
        events.append(
            MinutesAgreed(
                match_id=found.match_id,
                request_id=found.request_id,
                helper_id=found.helper_id,
                asker_id=found.asker_id,
                minutes=command.minutes,
            )
        )
    else:
        events.append(
            MinutesDiffered(
                match_id=found.match_id,
                helper_id=found.helper_id,
                asker_id=found.asker_id,
                helper_minutes=command.minutes if by == "helper" else other,
                asker_minutes=other if by == "helper" else command.minutes,
            )
        )
    return events


def settle_booking(command: SettleBooking, context: Context, state: State) -> list[Event]:
    found = _known(state, command.match_id)
    if found.status != "agreed":
        return []
    minutes = found.helper_minutes or found.minutes
    if not command.booked:
        return [
            MatchUnbooked(
                match_id=found.match_id, helper_id=found.helper_id, asker_id=found.asker_id, minutes=minutes
            )
        ]
    return [
        MatchCompleted(
            match_id=found.match_id,
            request_id=found.request_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            minutes=minutes,
            reserved_minutes=found.minutes,
        )
    ]


def _fall_through(
    found: Match, reason: Literal["below_floor", "withdrawn", "cancelled", "no_answer"], *, told: bool = False
) -> MatchFellThrough:
    return MatchFellThrough(
        match_id=found.match_id,
        request_id=found.request_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        minutes=found.minutes,
        reason=reason,
        told=told,
    )


def _known(state: State, match_id: UUID) -> Match:
    found = state.get(MATCH, match_id)
    if found is None:
        raise Rejected(
            "unknown_match",
            "Deze koppeling kennen wij niet. Kijk het na.",
            "We do not know this match. Please check.",
        )
    return found


def _party(state: State, match_id: UUID, context: Context, member_id: UUID | None) -> Match:
    """The match, if `member_id` is one of its two people or a coordinator acts."""
    found = _known(state, match_id)
    if member_id not in (found.helper_id, found.asker_id) and not (
        member_id is None and context.actor.role is Role.COORDINATOR
    ):
        raise Rejected(
            "not_yours",
            "Deze koppeling is niet van deze deelnemer. Kijk het na.",
            "This match is not this participant's. Please check.",
        )
    return found
