"""When help that comes back asks for someone in its first four weeks: each must have room for it.

Later weeks are planned one by one, each when it is four weeks off (planning.py). Who is proposed
(proposing.py) and who may be chosen (confirming.py) is looked at by the same weeks.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.exchange.help_request import HelpRequest
from services.exchange.recurrence import between
from services.exchange.series import Series
from services.kernel.dutch import local

FIRST_WEEKS = timedelta(weeks=4)
"""As far ahead as visits are planned."""


def begun(request: HelpRequest) -> tuple[datetime, ...]:
    """After its first time (all UTC), when this request begins help that comes back."""
    if request.recurrence is None or request.wanted_at is None:
        return ()
    first, last = _days(request.wanted_at, request.last_day)
    moments = between(request.recurrence, request.wanted_at, first, last)
    return tuple(moment for moment in moments if moment > request.wanted_at)


def taken_over(series: Series, visit_at: datetime, open_visits: Iterable[datetime]) -> tuple[datetime, ...]:
    """Beside one visit (all UTC), when someone else does all from that visit on.

    `open_visits` are the moments of planned visits without a helper; those that have one keep theirs.
    """
    first, last = _days(visit_at, series.last_day)
    ahead = between(series.recurrence, series.next_at, first, last) if series.next_at is not None else ()
    asked = {*open_visits, *ahead} - {visit_at}
    return tuple(sorted(moment for moment in asked if first <= local(moment).date() <= last))


def _days(begins_at: datetime, last_day: date | None) -> tuple[date, date]:
    """The first day of its first four weeks, and the last. A week ends on Sunday."""
    first = local(begins_at).date()
    last = first - timedelta(days=first.weekday()) + FIRST_WEEKS - timedelta(days=1)
    return first, last if last_day is None else min(last, last_day)
