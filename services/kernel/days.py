"""Days as people here live them: they begin and end at midnight on the region's clock, not in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from dateutil.easter import easter

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


def holidays(year: int) -> frozenset[date]:
    """Days on which no term of working days runs (Algemene termijnenwet, art. 3).

    >>> sorted(day.isoformat() for day in holidays(2026) if day.month < 5)
    ['2026-01-01', '2026-04-03', '2026-04-06', '2026-04-27']
    """
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    # Good Friday, Easter Monday, Ascension Day, Whit Monday.
    moving = (sunday + timedelta(days=n) for n in (-2, 1, 39, 50))
    fixed = (date(year, 1, 1), kings_day, date(year, 5, 5), date(year, 12, 25), date(year, 12, 26))
    return frozenset((*fixed, *moving))


def working_day(day: date, count: int) -> date:
    """The working day that comes `count` after `day`: Monday to Friday, without public holidays.

    >>> working_day(date(2026, 11, 27), 5).isoformat()  # a Friday
    '2026-12-04'
    >>> working_day(date(2026, 12, 23), 2).isoformat()  # Christmas and a weekend between them
    '2026-12-28'
    """
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in holidays(day.year)
    return day
