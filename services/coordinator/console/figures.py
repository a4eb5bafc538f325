"""The figures of the region: how full helpers are, how help is spread, what carers are relieved of.

A small count could point at someone: then it is told as 'minder dan 5', and no share is told from
which it could be worked out. No ranking of people.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.envelope import Actor
from contracts.proposals import GetLoad, Load
from services.coordinator.console.views import Meter, StatusTone
from services.coordinator.console.wording import SMALLEST_COUNT_SHOWN, people_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import hours_nl

EVEN, UNEVEN = 0.4, 0.7
"""Up to the first (Gini coefficient) help is evenly spread, from the second on few do most of it."""

MANY = 0.15
"""From this share of helpers whose week is nearly full, it needs attention."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its words. `tone` warning: this needs attention; told in words too."""

    label: str
    value: str
    note: str
    tone: StatusTone = "neutral"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found, as a sentence; how it was measured; and a bar where there is a whole."""

    title: str
    text: str
    meter: Meter | None = None


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """As of a moment in the region's time zone. Without enough helpers there is nothing to show."""

    as_of: datetime
    sentence: str
    figures: tuple[Figure, ...] = ()
    findings: tuple[Finding, ...] = ()


async def figures_page(desk: Desk, actor: Actor) -> FiguresPage:
    """The page, about this week."""
    load = await desk.ask(GetLoad(), Load, actor)
    if load.helpers < SMALLEST_COUNT_SHOWN:
        return FiguresPage(now(), "er zijn nog te weinig helpers voor cijfers")
    return FiguresPage(
        as_of=now(),
        sentence=_full(load).lower(),
        figures=(_near(load), _planned(load), _spread(load), _relieved(load)),
        findings=_findings(load),
    )


def percent_nl(part: int, whole: int) -> str:
    """A share as people read it.

    >>> percent_nl(28, 312), percent_nl(0, 0)
    ('9 %', '0 %')
    """
    return f"{round(100 * part / whole) if whole else 0} %"


def _full(load: Load) -> str:
    if load.near_limit < SMALLEST_COUNT_SHOWN:
        return f"Bij {people_nl(load.near_limit)} helpers is de week bijna vol"
    return f"Bij {load.near_limit} helpers is de week bijna vol"


def _near(load: Load) -> Figure:
    small = load.near_limit < SMALLEST_COUNT_SHOWN
    many = not small and load.near_limit >= MANY * load.helpers
    return Figure(
        "Helpers bijna vol",
        people_nl(load.near_limit) if small else percent_nl(load.near_limit, load.helpers),
        f"van {load.helpers} helpers" + (": vraag anderen" if many else ""),
        "warning" if many else "neutral",
    )


def _planned(load: Load) -> Figure:
    return Figure("Hulp deze week", hours_nl(load.planned_minutes), "gedaan en gepland, samen")


def _spread(load: Load) -> Figure:
    if load.spread <= EVEN:
        return Figure("Verdeling van de hulp", "gelijk", "ongeveer iedereen helpt even veel")
    if load.spread < UNEVEN:
        return Figure("Verdeling van de hulp", "redelijk", "sommigen helpen meer dan anderen")
    return Figure("Verdeling van de hulp", "scheef", "enkelen doen het meeste: vraag anderen", "warning")


def _relieved(load: Load) -> Figure:
    if not load.carer_minutes:
        return Figure("Mantelzorg overgenomen", "geen", "niemand gaf eigen zorg op")
    value = hours_nl(load.relieved_minutes) if load.relieved_minutes else "nog niets"
    return Figure("Mantelzorg overgenomen", value, f"van {hours_nl(load.carer_minutes)} deze week")


def _findings(load: Load) -> tuple[Finding, ...]:
    return (
        Finding(
            f"{_full(load)}.",
            "Bijna vol is 85 % of meer van wat iemand zelf als grens koos, eigen mantelzorg meegeteld. "
            "Wij stellen niemand voor boven de eigen grens.",
            None
            if load.near_limit < SMALLEST_COUNT_SHOWN
            else _meter("Helpers", load.near_limit, load.helpers, f"{load.near_limit} van {load.helpers}"),
        ),
        Finding(
            f"Van de ruimte is {percent_nl(load.planned_minutes, load.capacity_minutes)} in gebruik.",
            "De ruimte is wat alle helpers samen hoogstens willen doen in een week.",
            _meter(
                "Ruimte",
                load.planned_minutes,
                load.capacity_minutes,
                f"{hours_nl(load.planned_minutes)} van {hours_nl(load.capacity_minutes)}",
            ),
        ),
        Finding(
            _SPREAD[_spread(load).value],
            f"De maat hiervoor (Gini) is {f'{load.spread:.2f}'.replace('.', ',')}. Bij 0 helpt iedereen even "
            "veel, bij 1 doet één iemand alles. Hulp van langer geleden telt minder mee.",
        ),
        Finding(
            _carers(load),
            "Mantelzorgers dragen al zorg voor een eigen naaste. Dat telt mee in hun grens.",
            _meter(
                "Mantelzorg",
                load.relieved_minutes,
                load.carer_minutes,
                f"{hours_nl(load.relieved_minutes)} van {hours_nl(load.carer_minutes)}",
            )
            if load.carer_minutes
            else None,
        ),
    )


_SPREAD = {
    "gelijk": "De hulp is gelijk verdeeld.",
    "redelijk": "De hulp is redelijk verdeeld.",
    "scheef": "Enkelen doen het meeste. Vraag ook anderen.",
}


def _carers(load: Load) -> str:
    if not load.carer_minutes:
        return "Niemand gaf op dat die voor een eigen naaste zorgt."
    if not load.relieved_minutes:
        return "Deze week neemt nog niemand zorg van een mantelzorger over."
    return f"Buren nemen deze week {hours_nl(load.relieved_minutes)} mantelzorg over."


def _meter(label: str, part: int, whole: int, value: str) -> Meter:
    percent = round(min(100.0, 100 * part / whole), 1) if whole else 0.0
    return Meter(label=label, value=value, percent=percent)
