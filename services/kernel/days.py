"""Days as people here live them: they begin and end at midnight on the region's clock, not in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from services.kernel.dutch import LOCAL


def moment(day: date, clock: time) -> datetime:
    """When (UTC) the clock on the wall says this on a day.

    >>> moment(date(2026, 7, 1), time(9)).isoformat()
    '2026-07-01T07:00:00+00:00'
    """
    return datetime.combine(day, clock, LOCAL).astimezone(UTC)


def begin(day: date) -> datetime:
    """The midnight with which a day begins (UTC)."""
    return moment(day, time.min)


def end(day: date) -> datetime:
    """The midnight at which a day is over (UTC)."""
    return begin(day + timedelta(days=1))


def last_second(day: date) -> datetime:
    """The last second of a day (UTC): what lasts until then lasts through that day.

    >>> last_second(date(2026, 7, 1)).isoformat(), last_second(date(2026, 12, 31)).isoformat()
    ('2026-07-01T21:59:59+00:00', '2026-12-31T22:59:59+00:00')
    """
    return end(day) - timedelta(seconds=1)
