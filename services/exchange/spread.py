"""How evenly help is spread over helpers: figures for a region, never a rating of a person."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.proposals import Load
from services.exchange.matching import NEARLY_FULL


class Helping(NamedTuple):
    """One week of a helper or an informal carer, in minutes; `capacity` is 0 for who only cares."""

    capacity: int
    own_care: int
    relieved: int
    planned: int
    helped_lately: float


def figures(people: Sequence[Helping]) -> Load:
    """The load of these people together: those who help, and the care of those who care for their own."""
    helpers = [one for one in people if one.capacity > 0]
    return Load(
        helpers=len(helpers),
        near_limit=sum(
            max(0, one.own_care - one.relieved) + one.planned >= NEARLY_FULL * one.capacity for one in helpers
        ),
        spread=round(gini([one.helped_lately for one in helpers]), 3),
        capacity_minutes=sum(one.capacity for one in helpers),
        planned_minutes=sum(one.planned for one in helpers),
        carer_minutes=sum(one.own_care for one in people),
        relieved_minutes=sum(min(one.own_care, one.relieved) for one in people),
    )


def gini(amounts: Sequence[float]) -> float:
    """The Gini coefficient of amounts of 0 or more: 0 when all are the same, near 1 when one has all.

    >>> gini([60, 60, 60]), gini([0, 0, 0, 120]), gini([])
    (0.0, 0.75, 0.0)
    """
    total = sum(amounts)
    if total == 0:
        return 0.0
    ranked = sum(rank * amount for rank, amount in enumerate(sorted(amounts), 1))
    return 2 * ranked / (len(amounts) * total) - (len(amounts) + 1) / len(amounts)
