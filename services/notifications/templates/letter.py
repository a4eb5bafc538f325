"""What every letter is made of: its parts, what is looked up for it, times and amounts in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.categories import CATEGORIES
from services.kernel.dutch import day_nl, local, time_nl


@dataclass(frozen=True)
class Letter:
    """A message in words; `sms` says the same in one or two sentences, without names or category."""

    subject: str
    text: str
    sms: str


@dataclass(frozen=True)
class Around:
    """What is looked up at the moment of writing, `at` (UTC), and forgotten after it.

    `phone`: where people call the region, if anywhere. `asks_back`: it may ask something in return, such
    as these `favours`. `words` are another's thanks.
    """

    name: str
    region: str
    at: datetime
    phone: str = ""
    other_name: str = ""
    other_reach: str = ""
    asks_back: bool = False
    favours: tuple[str, ...] = ()
    words: str = ""


type Write = Callable[[Mapping[str, Any], Around], Letter]


def when(moment: str | None) -> str:
    """A UTC time as people say it here: `donderdag 26 november om 10.00 uur`.

    >>> when("2026-11-26T09:00:00+00:00")
    'donderdag 26 november om 10.00 uur'
    >>> when(None)
    'op een dag die u samen afspreekt'
    """
    if moment is None:
        return "op een dag die u samen afspreekt"
    at = local(datetime.fromisoformat(moment))
    return f"{day_nl(at)} om {time_nl(at)}"


def day(iso: str) -> str:
    """A day far ahead, with its year.

    >>> day("2028-06-30")
    'vrijdag 30 juni 2028'
    """
    found = date.fromisoformat(iso)
    return f"{day_nl(found)} {found.year}"


def appointment(moment: str | None) -> str:
    """The appointment of a moment.

    >>> appointment("2026-11-26T09:00:00+00:00"), appointment(None)
    ('Uw afspraak van donderdag 26 november om 10.00 uur', 'Uw afspraak')
    """
    return "Uw afspraak" if moment is None else f"Uw afspraak van {when(moment)}"


def falls_out(moment: str | None, around: Around) -> str:
    """That what is planned then does not take place; or, in what is written after it, that it did not."""
    return "ging niet door" if has_passed(moment, around) else "gaat niet door"


def has_passed(moment: str | None, around: Around) -> bool:
    """Whether this moment (UTC) is over when the letter is written."""
    return moment is not None and datetime.fromisoformat(moment) <= around.at


def reach(around: Around) -> str:
    """A line on how to reach the other, where there is anything to say."""
    return f"{around.other_reach}\n" if around.other_reach else ""


def category(facts: Mapping[str, Any]) -> str:
    """The kind of help in words, for inside a letter only."""
    return CATEGORIES[facts["category"]].nl.lower()


def giving_back(around: Around) -> str:
    """A kind line on doing something for a neighbour; none where nothing is asked in return."""
    if not around.asks_back:
        return ""
    favours = f" Bijvoorbeeld:{listed(around.favours)}" if around.favours else ""
    asked = f"Wilt u ook eens iets doen voor een buur?{favours}"
    return f"\n{asked}\nHet hoeft niet. Wilt u wel? Bel uw buurtcoördinator."


def listed(favours: tuple[str, ...]) -> str:
    """Small things to do, one a line."""
    return "".join(f"\n- {favour}" for favour in favours)
