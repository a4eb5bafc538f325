"""Help categories: what neighbours do for each other, and how near that comes.

Intimacy decides who may be proposed (design rule: a neighbour may put the bin out but
not see your finances): `high` keeps out the own circle and the own street.
"""

from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


class Intimacy(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Category(NamedTuple):
    """`small` marks what is easily offered in return, also by people with little time.

    `vog`: who helps with it needs a certificate of conduct (verklaring omtrent het gedrag).
    """

    nl: str
    en: str
    intimacy: Intimacy
    small: bool = False
    vog: bool = False


CATEGORIES: dict[str, Category] = {
    "company": Category("Gezelschap", "Company", Intimacy.LOW, small=True),
    "coffee": Category("Koffie drinken", "Having a coffee", Intimacy.LOW, small=True),
    "baking": Category("Een taart bakken", "Baking a cake", Intimacy.LOW, small=True),
    "dog": Category("Hond uitlaten", "Walking a dog", Intimacy.LOW, small=True),
    "bins": Category("Container aan de straat zetten", "Putting out the bins", Intimacy.LOW, small=True),
    "shopping": Category("Boodschappen doen", "Shopping", Intimacy.LOW),
    "walking": Category("Samen wandelen", "Walking together", Intimacy.LOW, small=True),
    "transport": Category("Vervoer", "Transport", Intimacy.MEDIUM),
    "cooking": Category("Koken", "Cooking", Intimacy.MEDIUM),
    "gardening": Category("Tuin bijhouden", "Gardening", Intimacy.LOW),
    "chores": Category("Klusje in huis", "Odd job at home", Intimacy.MEDIUM),
    "computer": Category("Hulp met computer of telefoon", "Help with computer or phone", Intimacy.MEDIUM),
    "paperwork": Category(
        "Post en papieren op orde houden", "Keeping post and papers in order", Intimacy.HIGH
    ),
    "finances": Category("Hulp met geldzaken", "Help with finances", Intimacy.HIGH, vog=True),
    "respite": Category("Even de zorg overnemen", "Taking over care for a while", Intimacy.MEDIUM, vog=True),
}


def _known(code: str) -> str:
    if code not in CATEGORIES:
        raise PydanticCustomError(
            "unknown_category",
            "Deze soort hulp kennen wij niet. Kies een van: {known}.",
            {"known": ", ".join(CATEGORIES)},
        )
    return code


CategoryCode = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(CATEGORIES)})]
"""The code of one of `CATEGORIES`."""
