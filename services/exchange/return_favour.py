"""Small things to do in return. Asking is easier when you can also give something, however small.

Nothing is suggested that would be refused afterwards (fitness.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.policy import AgeBand
from contracts.proposals import Favour, Favours

HOW_MANY = 3


@dataclass(frozen=True, slots=True)
class Able:
    """What someone can do today. `load_minutes` of this week are taken, with their own care.

    `vetted` are the categories for which they have a valid certificate; `from_bands` is how old one
    must be in each initiative that runs.
    """

    capacity_minutes_week: int = 0
    load_minutes: int = 0
    paused: bool = False
    age_band: str | None = None
    guardian_agrees: bool = False
    vetted: Collection[str] = ()
    from_bands: Collection[str] = ()

    @property
    def nothing_now(self) -> bool:
        """Whether they had better do nothing: away, their week full, or too young to help anywhere.

        Who never said how much they can do (0 minutes) is not full: something small may be the first.
        """
        full = 0 < self.capacity_minutes_week <= self.load_minutes
        return self.paused or full or not self._old_enough

    @property
    def _old_enough(self) -> bool:
        if self.age_band is None:
            return True
        band = AgeBand(self.age_band)
        reached = any(band.reaches(AgeBand(from_band)) for from_band in self.from_bands)
        return reached and (self.guardian_agrees or not band.minor)


def suggest(member_id: UUID, without: Collection[str], able: Able | None = None) -> Favours:
    """Three small offers that fit this member, in an order of their own (UUID decides).

    `without` are the categories that they offer already, or ask help with themselves. Without `able`
    nothing more is known of them.
    """
    able = able or Able()
    if able.nothing_now:
        return Favours(favours=())
    small = [
        code
        for code, category in CATEGORIES.items()
        if category.small and code not in without and (not category.vog or code in able.vetted)
    ]
    turn = member_id.int % len(small) if small else 0
    chosen = (small[turn:] + small[:turn])[:HOW_MANY]
    return Favours(
        favours=tuple(Favour(category=c, nl=CATEGORIES[c].nl, en=CATEGORIES[c].en) for c in chosen)
    )
