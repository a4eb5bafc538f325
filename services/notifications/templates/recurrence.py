"""How often help comes back, in Dutch words, from a rule of RFC 5545."""

from datetime import datetime

from services.kernel.dutch import local

_DAYS = {
    "MO": "maandag",
    "TU": "dinsdag",
    "WE": "woensdag",
    "TH": "donderdag",
    "FR": "vrijdag",
    "SA": "zaterdag",
    "SU": "zondag",
}
_WORKDAYS = ["MO", "TU", "WE", "TH", "FR"]
_ON = {"dag": "alle dagen", "werkdag": "werkdagen"}
"""Several days of one week or month, after `op`."""

_WHICH = {1: "eerste", 2: "tweede", 3: "derde", 4: "vierde", 5: "vijfde", -1: "laatste"}
_ONCE = {"DAILY": "elke dag", "WEEKLY": "elke week", "MONTHLY": "elke maand"}
_EVERY_OTHER = {"DAILY": "om de dag", "WEEKLY": "om de week", "MONTHLY": "om de maand"}
_UNITS = {"DAILY": "dagen", "WEEKLY": "weken", "MONTHLY": "maanden"}


def how_often(rule: str, starts_at: datetime | None = None) -> str:
    """A recurrence in words. A weekly rule without days is on the day it starts on (UTC).

    >>> how_often("FREQ=WEEKLY;BYDAY=TU"), how_often("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")
    ('elke dinsdag', 'om de week op vrijdag')
    >>> how_often("FREQ=MONTHLY"), how_often("FREQ=MONTHLY;BYDAY=2TU")
    ('elke maand', 'elke maand op de tweede dinsdag')
    >>> how_often("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR")
    'om de week op werkdagen'
    """
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    frequency, interval = parts.get("FREQ", ""), int(parts.get("INTERVAL", "1"))
    if frequency not in _ONCE:
        return "regelmatig"
    days = parts["BYDAY"].split(",") if parts.get("BYDAY") else []
    if frequency == "WEEKLY" and not days and starts_at is not None:
        days = [list(_DAYS)[local(starts_at).weekday()]]
    # Days without a place in the month are all of them.
    weekly = frequency != "MONTHLY" or ("BYSETPOS" not in parts and not any(day[:-2] for day in days))
    if interval == 1 and weekly and days:
        return f"elke {_plain(days)}"
    if interval == 1:
        often = _ONCE[frequency]
    elif interval == 2:
        often = _EVERY_OTHER[frequency]
    else:
        often = f"elke {interval} {_UNITS[frequency]}"
    on = _of_month(parts, days) if frequency == "MONTHLY" else _plain(days)
    return f"{often} op {_ON.get(on, on)}" if on else often


def _plain(days: list[str], last: str = " en ") -> str:
    """Days of the week: `maandag en donderdag`."""
    if len(days) == 7:
        return "dag"
    if sorted(days) == sorted(_WORKDAYS):
        return "werkdag"
    return _and([_DAYS[day[-2:]] for day in days], last)


def _of_month(parts: dict[str, str], days: list[str]) -> str:
    """Days in a month: `de tweede dinsdag`, `de laatste werkdag`, `de 15e`."""
    if not days:
        dates = [int(number) for number in parts.get("BYMONTHDAY", "").split(",") if number]
        return _and([f"de {number}e" if number > 0 else f"{_nth(number)} dag" for number in dates])
    if place := parts.get("BYSETPOS"):
        return f"{_nth(int(place))} {_plain(days, ' of ')}"
    if not any(day[:-2] for day in days):
        return _plain(days)
    return _and([f"{_nth(int(day[:-2])) if day[:-2] else 'elke'} {_DAYS[day[-2:]]}" for day in days])


def _nth(number: int) -> str:
    """The how-manieth, from the end when negative."""
    return f"de {_WHICH[number]}" if number in _WHICH else f"de op {-number - 1} na laatste"


def _and(words: list[str], last: str = " en ") -> str:
    return last.join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
