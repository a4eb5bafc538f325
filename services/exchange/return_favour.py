"""Small things to do in return. Asking is easier when you can also give something, however small."""

from collections.abc import Collection
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.exchange import Favour, Favours

HOW_MANY = 3


def suggest(member_id: UUID, offered: Collection[str]) -> Favours:
    """Three small offers this member does not make yet, in an order of their own (UUID decides)."""
    small = [code for code, category in CATEGORIES.items() if category.small and code not in offered]
    turn = member_id.int % len(small) if small else 0
    chosen = (small[turn:] + small[:turn])[:HOW_MANY]
    return Favours(
        favours=tuple(Favour(category=c, nl=CATEGORIES[c].nl, en=CATEGORIES[c].en) for c in chosen)
    )
