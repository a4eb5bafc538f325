"""A helper's week: what is planned, promised and done in it, and what others take over of their own care.

A week is that of ISO 8601 on the region's clock. Help without a date may be done in any week, so it
counts in every one from now on: for its helper (`Participant.undated_minutes`), and until it is done for
whose care it takes over (`ANY_WEEK`). Help that comes back is planned four weeks ahead; what a helper has
promised beyond that counts too, by its recurrence. `load` says how full a week is; `LOAD` says in SQL
what is planned and done, without what is only promised. The work
list (services/coordinator/waiting.py) finds by this rule who has more than they want.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts.exchange import MatchCompleted, MatchFellThrough, MatchReserved
from contracts.loans import HelperLent, LoanCompleted, LoanEnded
from contracts.visits import VisitMoved
from services.exchange.loan import LOAN
from services.exchange.match import running_of
from services.exchange.participant import Participant
from services.exchange.series import AHEAD, kept_by, unplanned
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace

RESPITE = "respite"
"""The category of help that takes over care for a while: it relieves the asker's own week."""

ANY_WEEK = "any"
"""In place of a week: what is taken over without a date relieves every week."""


@dataclass(slots=True)
class Week:
    """All in minutes. `relieved_minutes`: of the person's own care, taken over by others."""

    week_id: UUID
    member_id: UUID
    week: str
    planned_minutes: int = 0
    done_minutes: int = 0
    relieved_minutes: int = 0
    version: int = 0


def week_of(at: datetime) -> str:
    """The week of a moment, such as `2026-W48`.

    >>> from datetime import UTC
    >>> week_of(datetime(2026, 11, 29, 23, 30, tzinfo=UTC))  # Monday half past midnight here
    '2026-W49'
    """
    year, week, _ = local(at).isocalendar()
    return f"{year}-W{week:02}"


def _week(at: datetime | None) -> str:
    return ANY_WEEK if at is None else week_of(at)


def week_id(member_id: UUID, week: str) -> UUID:
    return uuid5(member_id, week)


type WeekEvent = MatchReserved | MatchFellThrough | MatchCompleted | VisitMoved
type LentEvent = HelperLent | LoanEnded | LoanCompleted


def _touched(event: WeekEvent) -> tuple[UUID, ...]:
    times = [event.wanted_at]
    if isinstance(event, VisitMoved):
        times.append(event.from_at)
    weeks = {_week(at) for at in times}
    helps = [week_id(event.helper_id, week) for week in sorted(weeks - {ANY_WEEK})]
    relieves = [week_id(event.asker_id, week) for week in sorted(weeks) if event.category == RESPITE]
    return (*helps, *relieves)


def _lent(event: LentEvent) -> tuple[UUID, ...]:
    if event.helper_id is None or event.wanted_at is None:
        return ()
    return (week_id(event.helper_id, week_of(event.wanted_at)),)


def evolve(found: Week | None, event: WeekEvent | LentEvent, key: UUID, at: datetime) -> Week:
    if isinstance(event, HelperLent | LoanEnded | LoanCompleted):
        return _lending(found, event, key)
    if isinstance(event, VisitMoved):
        return _moved(found, event, key)
    person, week = _whose(event, key, _week(event.wanted_at))
    before = found or Week(key, person, week)
    if person != event.helper_id:
        return replace(before, relieved_minutes=before.relieved_minutes + _relief(event))
    match event:
        case MatchReserved():
            return replace(before, planned_minutes=before.planned_minutes + event.minutes)
        case MatchFellThrough():
            return replace(before, planned_minutes=before.planned_minutes - event.minutes)
        case MatchCompleted():
            return replace(
                before,
                planned_minutes=before.planned_minutes - event.reserved_minutes,
                done_minutes=before.done_minutes + event.minutes,
            )
        case _:
            assert_never(event)


def _lending(found: Week | None, event: LentEvent, key: UUID) -> Week:
    """Help for another region fills a week like any other."""
    assert event.helper_id is not None
    before = found or Week(key, event.helper_id, _week(event.wanted_at))
    planned = before.planned_minutes
    match event:
        case HelperLent():
            return replace(before, planned_minutes=planned + event.minutes)
        case LoanEnded():
            return replace(before, planned_minutes=planned - event.minutes)
        case LoanCompleted():
            done = before.done_minutes + event.minutes
            return replace(before, planned_minutes=planned - event.reserved_minutes, done_minutes=done)
        case _:
            assert_never(event)


def _relief(event: MatchReserved | MatchFellThrough | MatchCompleted) -> int:
    match event:
        case MatchReserved():
            return event.minutes
        case MatchFellThrough():
            return -event.minutes
        case MatchCompleted() if event.wanted_at is None:
            # It was done in some week, and relieves the others no longer.
            return -event.reserved_minutes
        case MatchCompleted():
            return event.minutes - event.reserved_minutes
        case _:
            assert_never(event)


def _moved(found: Week | None, event: VisitMoved, key: UUID) -> Week:
    """Out of one week and into another; a move within a week changes nothing."""
    change = 0
    for moment, sign in ((event.from_at, -1), (event.wanted_at, 1)):
        there = _week(moment)
        if key in (week_id(event.helper_id, there), week_id(event.asker_id, there)):
            person, week = _whose(event, key, there)
            change += sign * event.minutes
    before = found or Week(key, person, week)
    if person == event.helper_id:
        return replace(before, planned_minutes=before.planned_minutes + change)
    return replace(before, relieved_minutes=before.relieved_minutes + change)


def _whose(event: WeekEvent, key: UUID, week: str) -> tuple[UUID, str]:
    helper = week_id(event.helper_id, week) == key
    return (event.helper_id if helper else event.asker_id), week


WEEK = Kind(
    "weeks",
    Week,
    {
        **dict.fromkeys((MatchReserved, MatchFellThrough, MatchCompleted, VisitMoved), _touched),
        **dict.fromkeys((HelperLent, LoanEnded, LoanCompleted), _lent),
    },
    evolve,
)


def load(
    state: State,
    helper: Participant,
    wanted_at: datetime | None,
    at: datetime,
    *,
    besides: UUID | None = None,
) -> int:
    """What a helper's week holds already, in minutes: their own care too, less what others take over.

    The week of `wanted_at`; without a date the fullest from that of `at` on, for all must have room.
    `besides`: without what they promised in this series, for a visit of it that is planned now.
    """
    if wanted_at is not None:
        return helper.undated_minutes + _held(state, helper, week_of(wanted_at), besides)
    moments = [found.wanted_at for found in running_of(state, helper)]
    lends = (state.get(LOAN, loan_id) for loan_id in helper.lends)
    moments += [loan.wanted_at for loan in lends if loan is not None]
    for series in kept_by(state, helper):
        if series.next_at is not None:
            day = local(series.next_at).date()
            moments += unplanned(series, helper.participant_id, day, day + AHEAD)
    weeks = {week_of(at), *(week_of(moment) for moment in moments if moment is not None and moment > at)}
    # A week in which nothing is planned holds their own care, less what others take over in every week.
    fullest = max(_own_care(state, helper), *(_held(state, helper, week, besides) for week in weeks))
    return helper.undated_minutes + fullest


def _held(state: State, helper: Participant, week: str, besides: UUID | None) -> int:
    promised = _promised(state, helper, week, besides)
    found = state.get(WEEK, week_id(helper.participant_id, week))
    if found is None:
        return _own_care(state, helper) + promised
    own_care = max(0, _own_care(state, helper) - found.relieved_minutes)
    return own_care + found.planned_minutes + found.done_minutes + promised


def _own_care(state: State, helper: Participant) -> int:
    """What is left of a helper's own care in a week in which nobody comes, in minutes."""
    always = state.get(WEEK, week_id(helper.participant_id, ANY_WEEK)) if helper.carer_minutes_week else None
    return max(0, helper.carer_minutes_week - (always.relieved_minutes if always is not None else 0))


def _promised(state: State, helper: Participant, week: str, besides: UUID | None) -> int:
    """What their series ask of them in a week for which no visits are planned yet, in minutes."""
    monday = date.fromisoformat(f"{week}-1")
    return sum(
        series.minutes
        for series in kept_by(state, helper)
        if series.series_id != besides
        for _ in unplanned(series, helper.participant_id, monday, monday + timedelta(days=6))
    )


RELIEVED_ALWAYS = f"""coalesce((SELECT a.relieved_minutes FROM weeks a
     WHERE a.member_id = p.participant_id AND a.week = '{ANY_WEEK}'), 0)"""
"""What others take over of the care of a participant `p` in every week, in SQL."""

LOAD = f"""(SELECT p.undated_minutes + greatest(
    CASE WHEN {{undated}} THEN own.care ELSE 0 END,
    coalesce((SELECT max(greatest(0, own.care - w.relieved_minutes) + w.planned_minutes + w.done_minutes)
                FROM weeks w WHERE w.member_id = p.participant_id
                 AND w.week >= {{week}} AND (w.week = {{week}} OR {{undated}} AND w.planned_minutes > 0)),
             own.care))
  FROM (SELECT CASE WHEN p.carer_minutes_week = 0 THEN 0
               ELSE greatest(0, p.carer_minutes_week - {RELIEVED_ALWAYS}) END AS care OFFSET 0) own)"""
"""`load` of a participant `p` in SQL: in `week`, or when `undated` the fullest from that week on.

`OFFSET 0`: the care is looked up once, not at each place where it is used.
"""
