"""Small things to do in return. Asking is easier when you can also give something, however small."""

from collections.abc import Collection
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.proposals import Favour, Favours

HOW_MANY = 3


def suggest(member_id: UUID, without: Collection[str]) -> Favours:
    """Three small offers that fit this member, in an order of their own (UUID decides).

    `without` are the categories that they offer already, or ask help with themselves.
    """
    small = [code for code, category in CATEGORIES.items() if category.small and code not in without]
    turn = member_id.int % len(small) if small else 0
    chosen = (small[turn:] + small[:turn])[:HOW_MANY]
    return Favours(
        favours=tuple(Favour(category=c, nl=CATEGORIES[c].nl, en=CATEGORIES[c].en) for c in chosen)
    )
