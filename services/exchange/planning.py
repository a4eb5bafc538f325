"""Help that comes back: visits are planned one by one, four weeks ahead, each with its own match.

    SeriesStarted ─▶ timer: PlanVisit ─▶ HelpRequested + MatchReserved + SeriesPlanned ─▶ timer …
                                                             after the last visit: FinishSeries

When the helper cannot do a visit, its request is there without a match: someone else is sought. It
is on the work list at once, four weeks ahead (services/coordinator/waiting.py).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from contracts.envelope import Event, Role
from contracts.exchange import HelpRequested, MatchReserved
from contracts.visits import (
    EndHelping,
    EndSeries,
    FinishSeries,
    HelperEndPlanned,
    PlanVisit,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
)
from services.exchange import fitness, help_request
from services.exchange.help_request import REQUEST, HelpRequest, known_request
from services.exchange.initiative import policy_of
from services.exchange.loan import end_all, loans_among
from services.exchange.match import MATCH, Match, fall_through, reserved, running_of
from services.exchange.offer import OFFER
from services.exchange.participant import PARTICIPANT, Participant
from services.exchange.recurrence import following
from services.exchange.series import AHEAD, SERIES, Series, ended, known_series
from services.exchange.week import week_of
from services.kernel.dutch import local
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context, Timer


def begin_or_hand_over(found: Match, request: HelpRequest, context: Context, state: State) -> list[Event]:
    """What a confirmed match means for a series: it begins one, or takes one over."""
    if found.series_id is None:
        return []
    series = state.get(SERIES, found.series_id)
    if series is None:
        assert request.recurrence is not None
        assert request.wanted_at is not None
        next_at = following(request.recurrence, request.wanted_at, request.wanted_at, request.last_day)
        started = SeriesStarted(
            series_id=found.series_id,
            offer_id=found.offer_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            category=found.category,
            minutes=found.minutes,
            recurrence=request.recurrence,
            starts_at=request.wanted_at,
            last_day=request.last_day,
            next_at=next_at,
            by=found.by,
        )
        return [started]
    if found.from_now_on and series.status == "running" and series.helper_id != found.helper_id:
        return _hand_over(series, found, context, state)
    return []


def _hand_over(series: Series, found: Match, context: Context, state: State) -> list[Event]:
    """Someone else helps from now on, also at the visits without a helper that fit in their weeks."""
    without_helper = sorted(open_visits(state, series, context.at), key=lambda one: one[0])
    taken = _taken_along(without_helper, found, context, state)
    changed = SeriesHelperChanged(
        series_id=series.series_id,
        offer_id=found.offer_id,
        helper_id=found.helper_id,
        former_helper_id=series.helper_id,
        left_open=len(without_helper) - len(taken),
        by=found.by,
    )
    # Other regions that looked for someone for one of these need look no further.
    visits = (known_request(state, one.request_id) for one in taken)
    found_here = [over for visit in visits for over in end_all(state, visit.loans, "found_elsewhere")]
    return [changed, *found_here, *taken]


def open_visits(state: State, series: Series, at: datetime) -> Iterator[tuple[datetime, HelpRequest]]:
    """Visits that are still to come and have no helper, each with its moment."""
    asker = state.get(PARTICIPANT, series.asker_id)
    for request_id in asker.asks if asker is not None else ():
        visit = known_request(state, request_id)
        if visit.part_of == series.series_id and visit.status == "open":
            assert visit.wanted_at is not None
            if visit.wanted_at > at:
                yield visit.wanted_at, visit


def _taken_along(
    visits: Sequence[tuple[datetime, HelpRequest]], found: Match, context: Context, state: State
) -> list[MatchReserved]:
    """The matches of those of these visits that the helper of `found` may do too, in their order."""
    offer = state.get(OFFER, found.offer_id)
    assert offer is not None
    taken: list[MatchReserved] = []
    minutes = Counter[str]()
    for wanted_at, visit in visits:
        week = week_of(wanted_at)
        policy = policy_of(state, visit.initiative_id)
        # What was taken along in the same week counts too.
        together = minutes[week] + visit.minutes
        wanted = fitness.Wanted(visit.member_id, visit.category, together, wanted_at, found.series_id)
        try:
            fitness.check(state, found.helper_id, wanted, policy, context.at)
        except Rejected:
            continue
        minutes[week] = together
        match_id = uuid5(visit.request_id, str(found.match_id))
        taken.append(reserved(match_id, visit, offer, policy, state, by=found.by))
    return taken


def next_visit(event: SeriesStarted | SeriesPlanned, at: datetime) -> list[Timer]:
    """The next visit is planned when it is four weeks off; at the last one the series is over."""
    if event.next_at is None:
        last_at = event.starts_at if isinstance(event, SeriesStarted) else event.planned_at
        finish = FinishSeries(series_id=event.series_id)
        return [Timer(max(at, last_at), finish, uuid5(event.series_id, "finish"))]
    timer_id = uuid5(event.series_id, event.next_at.isoformat())
    command = PlanVisit(series_id=event.series_id, visit_at=event.next_at)
    return [Timer(max(at, event.next_at - AHEAD), command, timer_id)]


def plan(command: PlanVisit, context: Context, state: State) -> list[Event]:
    """One visit: its request, and its match when the helper of the series can come."""
    series = state.get(SERIES, command.series_id)
    if series is None or series.next_at != command.visit_at:
        return []
    asker = state.get(PARTICIPANT, series.asker_id)
    first = known_request(state, series.series_id)
    assert asker is not None
    next_at = following(series.recurrence, series.starts_at, command.visit_at, series.last_day)
    planned = SeriesPlanned(series_id=series.series_id, planned_at=command.visit_at, next_at=next_at)
    if command.visit_at <= context.at:
        # We were away too long: what has passed is not asked for any more.
        return [planned]
    requested = HelpRequested(
        request_id=uuid5(series.series_id, f"visit/{command.visit_at.isoformat()}"),
        member_id=series.asker_id,
        category=series.category,
        pc4=asker.pc4,
        minutes=series.minutes,
        wanted_at=command.visit_at,
        urgency="soon",
        wish=first.wish,
        initiative_id=first.initiative_id,
        series_id=series.series_id,
    )
    visit = help_request.evolve(None, requested, requested.request_id, context.at)
    staffed = [] if command.too_close else _staffed(series, visit, context, state)
    nobody = None if staffed else requested.request_id
    return [requested, *staffed, planned.model_copy(update={"open_request_id": nobody})]


def _staffed(series: Series, visit: HelpRequest, context: Context, state: State) -> list[Event]:
    """The match of a visit with the helper of its series, unless something keeps them from it."""
    offer = state.get(OFFER, series.offer_id)
    assert visit.wanted_at is not None
    stops = series.helper_last_day is not None and local(visit.wanted_at).date() > series.helper_last_day
    if offer is None or offer.status != "open" or stops:
        return []
    policy = policy_of(state, visit.initiative_id)
    wanted = fitness.Wanted(visit.member_id, visit.category, visit.minutes, visit.wanted_at, series.series_id)
    try:
        fitness.check(state, series.helper_id, wanted, policy, context.at)
    except Rejected:
        return []
    match_id = uuid5(visit.request_id, "helper")
    return [reserved(match_id, visit, offer, policy, state, by=series.by)]


def finish(command: FinishSeries, context: Context, state: State) -> list[Event]:
    """Its last visit was planned, and has come. Until then it can be ended, or change hands."""
    series = known_series(state, command.series_id)
    return [ended(series, "until")] if series.status == "running" else []


def end(command: EndSeries, context: Context, state: State) -> list[Event]:
    series = _theirs(state, command.series_id, context, command.member_id)
    asker = state.get(PARTICIPANT, series.asker_id)
    assert asker is not None
    return [ended(series, "ended"), *called_off(state, series, asker, context.at)]


def called_off(state: State, series: Series, asker: Participant, at: datetime) -> list[Event]:
    """What was planned of a series and is still to come does not take place."""
    events: list[Event] = []
    for request_id in asker.asks:
        request = state.get(REQUEST, request_id)
        if request is None or series.series_id not in (request.series_id, request.request_id):
            continue
        if request.wanted_at is None or request.wanted_at <= at:
            continue
        found = state.get(MATCH, request.match_id) if request.match_id is not None else None
        if found is not None:
            if found.has_been(at):
                continue
            events.append(fall_through(found, "skipped"))
        if any(loan.has_been(at) for loan in loans_among(state, request.loans)):
            continue
        events += help_request.withdrawn(state, request)
    return events


def end_helping(command: EndHelping, context: Context, state: State) -> list[Event]:
    """The helper stops: visits beyond the last day are open again, so that someone else is found in time."""
    series = _theirs(state, command.series_id, context, command.member_id)
    if command.member_id == series.asker_id:
        raise _not_theirs()
    if command.last_day == series.helper_last_day:
        # Said before: nobody is told twice.
        return []
    helper = state.get(PARTICIPANT, series.helper_id)
    assert helper is not None
    planned = HelperEndPlanned(
        series_id=series.series_id, helper_id=series.helper_id, helper_last_day=command.last_day
    )
    beyond = [
        fall_through(found, "helper_withdrew")
        for found in running_of(state, helper)
        if found.series_id == series.series_id
        and found.wanted_at is not None
        and not found.has_been(context.at)
        and local(found.wanted_at).date() > command.last_day
    ]
    return [planned, *beyond]


def _theirs(state: State, series_id: UUID, context: Context, member_id: UUID | None) -> Series:
    """The running series, if `member_id` is one of its two people or a coordinator of its area acts."""
    series = state.get(SERIES, series_id)
    if series is None or series.status == "ended":
        raise Rejected(
            "no_running_series",
            "Deze terugkerende hulp loopt niet (meer). U hoeft niets te doen.",
            "This recurring help is not running (any more). You need not do anything.",
        )
    people = (series.helper_id, series.asker_id)
    if member_id not in people and not (member_id is None and context.actor.role is Role.COORDINATOR):
        raise _not_theirs()
    asker = state.get(PARTICIPANT, series.asker_id)
    if asker is not None:
        check_area(context, asker.pc4)
    return series


def _not_theirs() -> Rejected:
    return Rejected(
        "not_yours",
        "Dit is niet van deze deelnemer. Kijk het na.",
        "This is not this participant's. Please check.",
    )
