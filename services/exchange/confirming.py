"""Confirming a match: the helper's capacity is reserved here, the ledger holds the hours, then both hear."""

from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import MatchConfirmed, ReserveMatch, SettleHold
from services.exchange import fitness
from services.exchange.first_weeks import begun, taken_over
from services.exchange.help_request import REQUEST, HelpRequest, known_request, not_open
from services.exchange.initiative import policy_of, running_policy
from services.exchange.loan import end_all
from services.exchange.match import Match, fall_through, known_match, reserved
from services.exchange.offer import OFFER, open_offer
from services.exchange.participant import taking_part
from services.exchange.planning import begin_or_hand_over, open_visits
from services.exchange.series import SERIES, Series
from services.kernel.entity import State
from services.kernel.rights import check_area
from services.kernel.service import Context


def reserve(command: ReserveMatch, context: Context, state: State) -> list[Event]:
    request = known_request(state, command.request_id)
    check_area(context, request.pc4)
    if request.status != "open":
        raise not_open(request)
    offer = open_offer(state, command.offer_id)
    taking_part(state, request.member_id)
    same = offer.category == request.category and offer.initiative_id == request.initiative_id
    if not same or offer.member_id == request.member_id or command.too_close:
        raise fitness.does_not_fit()
    series = state.get(SERIES, request.part_of) if request.part_of is not None else None
    # A series that runs goes on, also when its initiative has ended meanwhile.
    find = policy_of if series is not None else running_policy
    policy = find(state, request.initiative_id)
    wanted = fitness.Wanted(
        request.member_id,
        request.category,
        request.minutes,
        request.wanted_at,
        request.part_of,
        further=_further(request, series, offer.member_id, command, context, state),
    )
    fitness.check(state, offer.member_id, wanted, policy, context.at)
    return [
        *end_all(state, request.loans, "found_elsewhere"),
        reserved(
            context.command_id,
            request,
            offer,
            policy,
            state,
            by=context.actor.name,
            from_now_on=command.from_now_on,
        ),
    ]


def _further(
    request: HelpRequest,
    series: Series | None,
    helper_id: UUID,
    command: ReserveMatch,
    context: Context,
    state: State,
) -> tuple[datetime, ...]:
    """The other times in the first weeks of help that comes back, where this begins it or takes it over."""
    if series is None:
        return begun(request)
    takes_over = command.from_now_on and series.status == "running" and series.helper_id != helper_id
    if not takes_over or request.wanted_at is None:
        return ()
    return taken_over(series, request.wanted_at, (at for at, _ in open_visits(state, series, context.at)))


def settle_hold(command: SettleHold, context: Context, state: State) -> list[Event]:
    found = known_match(state, command.match_id)
    if found.status != "reserved":
        # It fell through in the meantime; the ledger releases the hold on that event.
        return []
    if not command.placed:
        return [fall_through(found, command.reason)]
    request = state.get(REQUEST, found.request_id)
    offer = state.get(OFFER, found.offer_id)
    if request is None or request.status != "matching":
        return [fall_through(found, "withdrawn")]
    if offer is None or offer.status != "open":
        # A reason of its own: at a visit its two people count on each other, and both must hear.
        return [fall_through(found, "offer_withdrawn")]
    return [_confirmed(found), *begin_or_hand_over(found, request, context, state)]


def _confirmed(found: Match) -> MatchConfirmed:
    return MatchConfirmed(
        match_id=found.match_id,
        request_id=found.request_id,
        offer_id=found.offer_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        category=found.category,
        minutes=found.minutes,
        wanted_at=found.wanted_at,
        series_id=found.series_id,
    )
