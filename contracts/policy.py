"""What a region may set for an initiative, and the presets it starts from.

An initiative is a programme that a region runs with one set of rules (design, section 1). A
change of its policy is an event, and holds for what is asked and confirmed from then on.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Reciprocity = Literal["required", "encouraged", "gift"]
"""`required`: who asks also offers something, however small. `gift`: nobody need give back."""

Compensation = Literal["credits", "euro", "none"]
"""What a helper gets: hours on their account, a small amount of money, or thanks alone."""


class AgeBand(StrEnum):
    """How old someone is, as coarse as the rules need it; dates of birth stay in the vault."""

    UNDER_16 = "under_16"
    FROM_16 = "from_16"
    FROM_18 = "from_18"
    FROM_21 = "from_21"

    def reaches(self, other: "AgeBand") -> bool:
        """Whether this band is `other` or an older one.

        >>> AgeBand.FROM_18.reaches(AgeBand.FROM_16), AgeBand.FROM_16.reaches(AgeBand.FROM_18)
        (True, False)
        """
        order = tuple(AgeBand)
        return order.index(self) >= order.index(other)

    @property
    def minor(self) -> bool:
        return self in (AgeBand.UNDER_16, AgeBand.FROM_16)


BAND_BEGINS = {AgeBand.FROM_16: 16, AgeBand.FROM_18: 18, AgeBand.FROM_21: 21}
"""The birthday on which a band begins, in years."""


class Policy(BaseModel):
    """The rules of one initiative. Minutes throughout.

    `floor_minutes`: an asker's available hours may not fall below it. `tolerance_minutes`: what
    two people report may differ by this much; the lower counts. `most_running`: matches a helper
    has at once, a series counting as one. `from_band`: the youngest who may help; minors also
    need a guardian's consent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    reciprocity: Reciprocity = "encouraged"
    compensation: Compensation = "credits"
    floor_minutes: Annotated[int, Field(strict=True, ge=-6_000, le=0)] = -600
    tolerance_minutes: Annotated[int, Field(strict=True, ge=0, le=120)] = 0
    most_running: Annotated[int, Field(strict=True, ge=1, le=100)] = 10
    from_band: AgeBand = AgeBand.FROM_16


Preset = Literal["burenhulp", "ruilkring", "klussendienst", "dorpscoordinator"]

PRESETS: dict[Preset, Policy] = {
    # Neighbours helping out: nothing is counted.
    "burenhulp": Policy(reciprocity="gift", compensation="none", tolerance_minutes=60, most_running=5),
    # A circle that trades hours: who asks also offers.
    "ruilkring": Policy(reciprocity="required", compensation="credits", tolerance_minutes=15),
    # Odd jobs for a small compensation, within the caps of the year.
    "klussendienst": Policy(
        reciprocity="gift", compensation="euro", tolerance_minutes=15, from_band=AgeBand.FROM_18
    ),
    # A village coordinator who brings people together.
    "dorpscoordinator": Policy(reciprocity="encouraged", compensation="credits", tolerance_minutes=30),
}


class Caps(BaseModel):
    """What a volunteer may receive without tax, in euro cents (Belastingdienst, vrijwilligersvergoedingen).

    `hour_21` from age 21 and `hour_young` below it, a month, a calendar year.
    """

    model_config = ConfigDict(frozen=True)

    hour_21: int
    hour_young: int
    month: int
    year: int


CAPS: dict[int, Caps] = {
    2024: Caps(hour_21=550, hour_young=325, month=210_00, year=2_100_00),
    2025: Caps(hour_21=560, hour_young=330, month=210_00, year=2_100_00),
}
"""By calendar year, as far as this release knows them; later ones are entered (contracts.caps)."""


class CapsOf(NamedTuple):
    """The caps that hold in a year, and of which year they are."""

    year: int
    caps: Caps


def caps_in_force(year: int, entered: Mapping[int, Caps] = MappingProxyType({})) -> CapsOf:
    """The caps that hold in a calendar year: its own, else those of the last one before it that has them.

    `entered` has those of the years that this release does not know.

    >>> caps_in_force(2024).year, caps_in_force(2031).year
    (2024, 2025)
    >>> caps_in_force(2031, {2030: CAPS[2024]}) == (2030, CAPS[2024])
    True
    """
    known = {**entered, **CAPS}
    of = max((one for one in known if one <= year), default=min(known))
    return CapsOf(of, known[of])


def compensation_cents(minutes: int, band: AgeBand | None, caps: Caps) -> int:
    """What `minutes` of help are worth, in whole cents, rounded down. No known age counts as young.

    >>> compensation_cents(90, AgeBand.FROM_21, CAPS[2025]), compensation_cents(60, None, CAPS[2025])
    (840, 330)
    """
    return minutes * (caps.hour_21 if band is AgeBand.FROM_21 else caps.hour_young) // 60
