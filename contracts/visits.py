"""Help that comes back: series and their visits. Emitted and decided by exchange.

A visit is a request with a match, like any other, that names its series: so a visit has its
own helper, is held, reported and booked on its own, and is open again when its helper cannot
come. A series plans visits a few weeks ahead.
"""

import re
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from contracts.common import Moment
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Text

_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_NTH = "-?[1-5]"
_DATE = "(-?[1-9]|-?[12][0-9]|-?3[01])"
_INTERVAL = "[1-9][0-9]?"
_FORMS: tuple[dict[str, str], ...] = (
    {"FREQ": "DAILY", "INTERVAL": _INTERVAL},
    {"FREQ": "WEEKLY", "INTERVAL": _INTERVAL, "BYDAY": f"{_DAY}(,{_DAY})*", "WKST": _DAY},
    {"FREQ": "MONTHLY", "INTERVAL": _INTERVAL, "BYMONTHDAY": f"{_DATE}(,{_DATE})*"},
    {"FREQ": "MONTHLY", "INTERVAL": _INTERVAL, "BYDAY": f"({_NTH})?{_DAY}(,({_NTH})?{_DAY})*"},
    {"FREQ": "MONTHLY", "INTERVAL": _INTERVAL, "BYDAY": f"{_DAY}(,{_DAY})*", "BYSETPOS": _NTH},
)
"""What a rule may be. Not more: parts that never meet take long to work out, while others wait."""


def _rule(text: str) -> str:
    """A recurrence rule of RFC 5545 as series know it: days and weeks, without end or time of its own."""
    pairs = [part.partition("=") for part in text.upper().split(";") if part]
    parts = {name: value for name, _, value in pairs}
    fits = any(
        set(parts) <= set(form) and all(re.fullmatch(form[name], parts[name]) for name in parts)
        for form in _FORMS
    )
    lacks = "FREQ" not in parts or ("BYSETPOS" in parts and "BYDAY" not in parts)
    if not fits or lacks or len(parts) != len(pairs):
        raise PydanticCustomError(
            "recurrence",
            "Dit is geen herhaling die wij kennen. Gebruik bijvoorbeeld FREQ=WEEKLY;BYDAY=TU. "
            "De laatste dag staat apart.",
        )
    return ";".join(f"{name}={value}" for name, value in parts.items())


Recurrence = Annotated[str, Field(max_length=200), AfterValidator(_rule)]
"""An RRULE of RFC 5545 (section 3.3.10) without COUNT and UNTIL, such as `FREQ=WEEKLY;BYDAY=TU`."""

SeriesEnd = Literal["ended", "withdrawn", "until", "erased"]


# Events


class SeriesStarted(Event):
    """Help that comes back has a helper. `starts_at` is UTC; it recurs in the time of the region.

    `series_id` is the id of the request it began with, which is its first visit; `next_at` (UTC)
    is the one that is planned next, if there is one. `by` is the credential of who chose its helper.
    """

    ENTITY: ClassVar[str] = "series"
    FIRST: ClassVar[bool] = True
    series_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    recurrence: str
    starts_at: datetime
    last_day: date | None = None
    next_at: datetime | None = None
    by: str = ""


class SeriesPlanned(Event):
    """The visit at `planned_at` is a request of its own now; then comes the one at `next_at` (UTC).

    `open_request_id` is that request where the helper of the series cannot come: someone is sought.
    """

    ENTITY: ClassVar[str] = "series"
    series_id: UUID
    planned_at: datetime
    next_at: datetime | None = None
    open_request_id: UUID | None = None


class HelperEndPlanned(Event):
    """This helper stops after a day: visits beyond it need someone else."""

    ENTITY: ClassVar[str] = "series"
    series_id: UUID
    helper_id: UUID
    helper_last_day: date


class SeriesHelperChanged(Event):
    """Someone else helps from now on; visits that have a helper keep theirs.

    `left_open` counts the visits without a helper that they could not take along: for those someone
    is still sought. `by` is the credential of who chose them.
    """

    ENTITY: ClassVar[str] = "series"
    series_id: UUID
    offer_id: UUID
    helper_id: UUID
    former_helper_id: UUID
    left_open: int = 0
    by: str = ""


class SeriesEnded(Event):
    """No further visits are planned."""

    ENTITY: ClassVar[str] = "series"
    series_id: UUID
    helper_id: UUID
    asker_id: UUID
    reason: str


class VisitMoved(Event):
    """A visit happens at another time; both are UTC."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    request_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    from_at: datetime | None
    wanted_at: datetime


class NoShowNoted(Event):
    """One of the two was not there. That is for coordinators alone, and counted in no rating.

    The two hear that the visit did not come about, and what becomes of it, without blame.
    """

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    who: Literal["helper", "asker"]


class HelperThanked(Event):
    """The asker thanked the helper; the words are in the vault of exchange."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID


EVENTS: tuple[type[Event], ...] = (
    SeriesStarted,
    SeriesPlanned,
    HelperEndPlanned,
    SeriesHelperChanged,
    SeriesEnded,
    VisitMoved,
    NoShowNoted,
    HelperThanked,
)


# Commands


class SkipVisit(Command):
    """One visit does not take place; its series goes on. `member_id` is who says so."""

    match_id: UUID
    member_id: UUID | None = None


class MoveVisit(Command):
    """One visit takes place at another time, with the same helper."""

    match_id: UUID
    member_id: UUID | None = None
    wanted_at: Moment


class EndSeries(Command):
    """No further visits; those that were planned are called off."""

    series_id: UUID
    member_id: UUID | None = None


class EndHelping(Command):
    """The helper of a series stops after `last_day`: visits beyond it need someone else, in time."""

    series_id: UUID
    member_id: UUID | None = None
    last_day: date


class NoteNoShow(Command):
    """One of the two was not there: the match falls away, and a coordinator looks at it."""

    match_id: UUID
    member_id: UUID | None = None
    who: Literal["helper", "asker"]


class ThankHelper(Command):
    """A few kind words for the helper alone, once a match."""

    match_id: UUID
    member_id: UUID
    text: Text = ""


class SayThanks(ThankHelper):
    """`ThankHelper`, with whom it is for."""

    helper_id: UUID

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("thanks", self.match_id, self.member_id, {"text": self.text}, self.helper_id),)


class PlanVisit(Command):
    """From a timer: plan the next visit of a series, the one at `visit_at`.

    `too_close` is what members said of its two people, asked when the timer is due.
    """

    series_id: UUID
    visit_at: datetime
    too_close: bool = False


class FinishSeries(Command):
    """From a timer: the last visit of a series has come."""

    series_id: UUID


COMMANDS: tuple[type[Command], ...] = (
    SkipVisit,
    MoveVisit,
    EndSeries,
    EndHelping,
    NoteNoShow,
    ThankHelper,
)


# Queries and views


class GetSeries(Query):
    """A series with its visits, for those of them who may know."""

    series_id: UUID


class Visit(View):
    """One visit; `match_id` and `helper_id` are empty while it has no helper. UTC."""

    request_id: UUID
    wanted_at: datetime
    minutes: int
    request_status: str
    match_id: UUID | None = None
    match_status: str | None = None
    helper_id: UUID | None = None


class Series(View):
    series_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    recurrence: str
    starts_at: datetime
    last_day: date | None
    helper_last_day: date | None
    status: Literal["running", "ended"]
    visits: tuple[Visit, ...]


QUERIES: dict[type[Query], type[View]] = {GetSeries: Series}
