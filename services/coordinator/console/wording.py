"""Dutch sentences of the screens: balances, waiting times, counts."""

from datetime import date, timedelta

from contracts.categories import CATEGORIES
from services.kernel.dutch import day_short_nl, hours_nl

SMALLEST_COUNT_SHOWN = 5
"""Below this a count could point at one person."""


def balance_nl(minutes: int, *, own: bool = False) -> str:
    """A balance in minutes, never with a minus sign.

    `own` speaks to the person whose balance it is; otherwise it speaks about them.

    >>> balance_nl(150)
    '2 uur 30 tegoed'
    >>> balance_nl(-120, own=True)
    'u kreeg 2 uur meer dan u gaf'
    >>> balance_nl(-120)
    '2 uur meer gekregen dan gegeven'
    >>> balance_nl(0, own=True), balance_nl(0)
    ('u gaf evenveel als u kreeg', 'evenveel gegeven als gekregen')
    """
    amount = hours_nl(abs(minutes))
    if minutes > 0:
        return f"{amount} tegoed"
    if minutes < 0:
        return f"u kreeg {amount} meer dan u gaf" if own else f"{amount} meer gekregen dan gegeven"
    return "u gaf evenveel als u kreeg" if own else "evenveel gegeven als gekregen"


def carried_nl(capacity_minutes: int, carer_minutes: int) -> tuple[str, str]:
    """How much someone can care in a week, and what of it goes to their own.

    >>> carried_nl(180, 60)
    ('3 uur per week', 'waarvan 1 uur voor een eigen naaste')
    >>> carried_nl(120, 0), carried_nl(0, 0)
    (('2 uur per week', 'hoogstens'), ('nu niet', 'alleen hulp vragen'))
    """
    if carer_minutes:
        return (
            f"{hours_nl(capacity_minutes)} per week",
            f"waarvan {hours_nl(carer_minutes)} voor een eigen naaste",
        )
    if capacity_minutes:
        return f"{hours_nl(capacity_minutes)} per week", "hoogstens"
    return "nu niet", "alleen hulp vragen"


def category_nl(code: str | None) -> str:
    """A kind of help in words; what a later release knows is help all the same.

    >>> category_nl("shopping"), category_nl("else")
    ('Boodschappen doen', 'Hulp')
    """
    return CATEGORIES[code].nl if code in CATEGORIES else "Hulp"


def full_day_nl(day: date) -> str:
    """A day with its year, for what is kept or printed.

    >>> full_day_nl(date(2026, 11, 26))
    '26 nov 2026'
    """
    return f"{day_short_nl(day)} {day.year}"


def month_nl(month: str) -> str:
    """A month such as `2026-11`, for a table.

    >>> month_nl("2026-11")
    'nov 2026'
    """
    first = date.fromisoformat(f"{month}-01")
    return f"{day_short_nl(first).partition(' ')[2]} {first.year}"


def signed_nl(minutes: int) -> str:
    """Minutes on or off an account, with its sign in words for a column.

    >>> signed_nl(90), signed_nl(-30), signed_nl(0)
    ('+ 1 uur 30', '- 30 minuten', '0 minuten')
    """
    return f"{'+ ' if minutes > 0 else '- ' if minutes < 0 else ''}{hours_nl(abs(minutes))}"


def recurrence_nl(rule: str) -> str:
    """A recurrence rule (RFC 5545) in words.

    >>> recurrence_nl("FREQ=WEEKLY;BYDAY=TU"), recurrence_nl("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH")
    ('elke week op dinsdag', 'elke 2 weken op maandag en donderdag')
    >>> recurrence_nl("FREQ=MONTHLY;BYDAY=1MO"), recurrence_nl("FREQ=DAILY")
    ('elke maand op 1e maandag', 'elke dag')
    """
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    one, more = _FREQUENCIES.get(parts.get("FREQ", ""), ("keer", "keren"))
    every = parts.get("INTERVAL", "1")
    said = f"elke {one}" if every == "1" else f"elke {every} {more}"
    on = [_weekday(each) for each in parts.get("BYDAY", "").split(",") if each]
    on += [f"dag {each}" for each in parts.get("BYMONTHDAY", "").split(",") if each]
    return f"{said} op {' en '.join(on)}" if on else said


_FREQUENCIES = {"DAILY": ("dag", "dagen"), "WEEKLY": ("week", "weken"), "MONTHLY": ("maand", "maanden")}
_WEEKDAYS = {
    "MO": "maandag",
    "TU": "dinsdag",
    "WE": "woensdag",
    "TH": "donderdag",
    "FR": "vrijdag",
    "SA": "zaterdag",
    "SU": "zondag",
}


def _weekday(code: str) -> str:
    which, day = code[:-2], _WEEKDAYS.get(code[-2:], code)
    if not which:
        return day
    return f"laatste {day}" if which == "-1" else f"{which.removeprefix('+')}e {day}"


def waited_nl(waited: timedelta) -> str:
    """How long something waits, in its largest whole unit, and at least a minute.

    >>> waited_nl(timedelta(days=3, hours=5)), waited_nl(timedelta(days=1))
    ('3 dagen', '1 dag')
    >>> waited_nl(timedelta(hours=14, minutes=59)), waited_nl(timedelta(minutes=5))
    ('14 uur', '5 minuten')
    >>> waited_nl(timedelta(seconds=20))
    '1 minuut'
    """
    if waited >= timedelta(days=1):
        return "1 dag" if waited.days == 1 else f"{waited.days} dagen"
    if waited >= timedelta(hours=1):
        return f"{waited // timedelta(hours=1)} uur"
    return hours_nl(max(1, waited // timedelta(minutes=1)))


def distance_nl(kilometres: float) -> str:
    """A distance in kilometres, to 100 metres.

    >>> distance_nl(2.1), distance_nl(0.94)
    ('2,1 km', '0,9 km')
    """
    return f"{kilometres:.1f} km".replace(".", ",")


def people_nl(count: int) -> str:
    """A count of people left out, which may not point at one of them.

    >>> people_nl(14), people_nl(4), people_nl(1)
    ('14', 'minder dan 5', 'minder dan 5')
    """
    return str(count) if count >= SMALLEST_COUNT_SHOWN else f"minder dan {SMALLEST_COUNT_SHOWN}"


def waiting_nl(count: int) -> str:
    """What the work list holds, in one sentence.

    >>> waiting_nl(21), waiting_nl(1), waiting_nl(0)
    ('21 zaken wachten', '1 zaak wacht', 'er wacht niets')
    """
    if count == 0:
        return "er wacht niets"
    return "1 zaak wacht" if count == 1 else f"{count} zaken wachten"


def helpers_nl(count: int) -> str:
    """How many people may be proposed for one help request.

    >>> helpers_nl(4), helpers_nl(1)
    ('4 mensen passen bij alle wensen en regels.', '1 mens past bij alle wensen en regels.')
    >>> helpers_nl(0)
    'Nu past niemand bij alle wensen en regels.'
    """
    if count == 0:
        return "Nu past niemand bij alle wensen en regels."
    people = "1 mens past" if count == 1 else f"{count} mensen passen"
    return f"{people} bij alle wensen en regels."
