"""What a volunteer may receive in a year: entered when the law's figures for it are known. Ledger decides.

A release brings the figures it knows (contracts.policy). Those of a later year are entered by an operator
who has them from the source: Belastingdienst, vrijwilligersvergoedingen.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.envelope import Command, Event
from contracts.policy import Caps

Cents = Annotated[int, Field(strict=True, ge=1, le=10_000_00)]


def caps_id(year: int) -> UUID:
    """A year has one id: its own digits.

    >>> str(caps_id(2026))
    '00000000-0000-0000-0000-000000002026'
    """
    return UUID(f"{year:032}")


class CapsEntered(Event):
    """What a volunteer may receive in this calendar year. Until now the caps of an earlier one held."""

    ENTITY: ClassVar[str] = "caps"
    FIRST: ClassVar[bool] = True
    caps_id: UUID
    year: int
    caps: Caps


class CapsCorrected(Event):
    """What was entered for this year was not right: this holds from now on. What was paid stands."""

    ENTITY: ClassVar[str] = "caps"
    caps_id: UUID
    year: int
    caps: Caps


class EnterCaps(Command):
    """Say what a volunteer may receive in a calendar year, in euro cents: an hour, a month, the year.

    An hour from age 21 (`hour_21`) and below it (`hour_young`). As published by the Belastingdienst.
    """

    year: Annotated[int, Field(strict=True, ge=2000, le=2200)]
    hour_21: Cents
    hour_young: Cents
    month: Cents
    whole_year: Cents


EVENTS: tuple[type[Event], ...] = (CapsEntered, CapsCorrected)
COMMANDS: tuple[type[Command], ...] = (EnterCaps,)
