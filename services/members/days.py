"""Days as people here live them: they end at midnight in Amsterdam, whatever UTC says."""

from datetime import UTC, date, datetime, time, timedelta

from services.kernel.dutch import LOCAL, local
from services.kernel.errors import Rejected
from services.kernel.service import Context

FARTHEST_YEARS = 10
MORNING = time(9)


def this_day(context: Context) -> date:
    """The day it is on the wall when a command is decided."""
    return local(context.at).date()


def last_second(day: date) -> datetime:
    """The last second of a day (UTC): what lasts until then lasts through that day.

    >>> last_second(date(2026, 7, 1)).isoformat(), last_second(date(2026, 12, 31)).isoformat()
    ('2026-07-01T21:59:59+00:00', '2026-12-31T22:59:59+00:00')
    """
    return datetime.combine(day, time(23, 59, 59), LOCAL).astimezone(UTC)


def end(day: date) -> datetime:
    """The moment at which a day is over (UTC)."""
    return last_second(day) + timedelta(seconds=1)


def morning(day: date) -> datetime:
    """Nine o'clock of a day (UTC): when a reminder is welcome."""
    return datetime.combine(day, MORNING, LOCAL).astimezone(UTC)


def check_near(day: date, context: Context) -> None:
    """Go on only with a day that someone can mean: a slip in the year is not. Raises Rejected."""
    if day.year > this_day(context).year + FARTHEST_YEARS:
        raise Rejected(
            "too_far_ahead",
            f"Deze dag is meer dan {FARTHEST_YEARS} jaar verder. Kijk het jaar na.",
            f"This day is more than {FARTHEST_YEARS} years ahead. Please check the year.",
        )
