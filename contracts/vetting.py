"""Certificates of conduct (VOG): seen, nearly over, ended. Emitted and decided by members."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.categories import CategoryCode
from contracts.envelope import Command, Event

# Events


class VogRecorded(Event):
    """A certificate of conduct was seen for one category; `valid_until` is its last day.

    A newer one for the same member and category replaces the older.
    """

    ENTITY: ClassVar[str] = "vog"
    FIRST: ClassVar[bool] = True
    vog_id: UUID
    member_id: UUID
    category: str
    valid_until: date


class VogReminded(Event):
    """A certificate ends in `days_left` days."""

    ENTITY: ClassVar[str] = "vog"
    vog_id: UUID
    member_id: UUID
    category: str
    valid_until: date
    days_left: int


class VogLapsed(Event):
    """A certificate ended and no newer one was seen. What was done before stands."""

    ENTITY: ClassVar[str] = "vog"
    vog_id: UUID
    member_id: UUID
    category: str


EVENTS: tuple[type[Event], ...] = (VogRecorded, VogReminded, VogLapsed)


# Commands


class RecordVog(Command):
    """A certificate of conduct was seen, for these categories, valid through a day."""

    member_id: UUID
    categories: Annotated[tuple[CategoryCode, ...], Field(min_length=1, max_length=50)]
    valid_until: date


class RemindVog(Command):
    """From a timer: a certificate ends soon, or (0 days) has ended."""

    vog_id: UUID
    valid_until: date
    days_left: int


COMMANDS: tuple[type[Command], ...] = (RecordVog,)
