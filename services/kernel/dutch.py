"""Dutch words for durations, days and times, in screens and messages alike.

Durations are whole minutes. Everything is kept in UTC; `local` is the clock on people's walls.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Amsterdam")

_DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
_MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
_MONTHS_SHORT = (
    "jan",
    "feb",
    "mrt",
    "apr",
    "mei",
    "juni",
    "juli",
    "aug",
    "sep",
    "okt",
    "nov",
    "dec",
)


def local(moment: datetime) -> datetime:
    """A moment as the clock on the wall says it."""
    return moment.astimezone(LOCAL)


def hours_nl(minutes: int) -> str:
    """A duration in minutes (0 or more) as people say it.

    Raises ValueError for a negative duration: owing has its own sentence.

    >>> hours_nl(90), hours_nl(45), hours_nl(120), hours_nl(1)
    ('1 uur 30', '45 minuten', '2 uur', '1 minuut')
    """
    if minutes < 0:
        raise ValueError(f"a duration cannot be negative: {minutes} minutes")
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return "1 minuut" if rest == 1 else f"{rest} minuten"
    return f"{hours} uur" if rest == 0 else f"{hours} uur {rest:02}"


def agrees_nl(minutes: int, one: str, more: str) -> str:
    """The verb for a duration as `hours_nl` says it: minutes are many, hours are one amount.

    >>> [f"{hours_nl(n)} {agrees_nl(n, 'is', 'zijn')}" for n in (1, 45, 120)]
    ['1 minuut is', '45 minuten zijn', '2 uur is']
    """
    return more if minutes < 60 and minutes != 1 else one


def euro_nl(cents: int) -> str:
    """An amount of money.

    >>> euro_nl(123456), euro_nl(5), euro_nl(-840)
    ('€ 1.234,56', '€ 0,05', '-€ 8,40')
    """
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}€ {grouped},{rest:02}"


def day_nl(day: date) -> str:
    """A day in full, without the year.

    >>> day_nl(date(2026, 11, 26))
    'donderdag 26 november'
    """
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def day_short_nl(day: date) -> str:
    """A day for a narrow column.

    >>> day_short_nl(date(2026, 11, 26))
    '26 nov'
    """
    return f"{day.day} {_MONTHS_SHORT[day.month - 1]}"


def time_nl(moment: time | datetime) -> str:
    """A time of day.

    >>> time_nl(time(10, 0)), time_nl(time(9, 5))
    ('10.00 uur', '9.05 uur')
    """
    return f"{moment.hour}.{moment.minute:02} uur"
