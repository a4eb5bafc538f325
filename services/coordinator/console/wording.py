"""Dutch sentences of the screens: balances, waiting times, counts."""

from datetime import timedelta

from services.kernel.dutch import hours_nl

# Below this a count could point at one person.
_SMALLEST_COUNT_SHOWN = 5


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
    return str(count) if count >= _SMALLEST_COUNT_SHOWN else f"minder dan {_SMALLEST_COUNT_SHOWN}"


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
