"""When it goes wrong: minutes that differ, incidents, and pairs that are kept apart. Of exchange."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.common import Minutes
from contracts.envelope import Command, Event, VaultEntry
from contracts.freetext import Text

# Events


class MinutesDecided(Event):
    """A coordinator who had no part in it said how long the help took. Why is in the vault."""

    ENTITY: ClassVar[str] = "match"
    match_id: UUID
    helper_id: UUID
    asker_id: UUID
    minutes: int
    by: str


class IncidentReported(Event):
    """Something happened between two people that should not have. What is in a restricted file.

    `pair_id` is made from both ids; `match_id` where it was about one.
    """

    ENTITY: ClassVar[str] = "incident"
    FIRST: ClassVar[bool] = True
    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None = None


class IncidentClosed(Event):
    """Everything about it is done. `released`: the two may be matched again."""

    ENTITY: ClassVar[str] = "incident"
    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    released: bool


EVENTS: tuple[type[Event], ...] = (MinutesDecided, IncidentReported, IncidentClosed)


# Commands


class DecideMinutes(Command):
    """Say how long the help took, where two people do not agree; by a coordinator without a part in it."""

    match_id: UUID
    minutes: Minutes
    note: Annotated[Text, Field(min_length=1)]


class SettleMinutes(DecideMinutes):
    """`DecideMinutes`, with whom the note is about."""

    helper_id: UUID
    asker_id: UUID

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("decision", self.match_id, self.helper_id, {"text": self.note}, self.asker_id),)


class ReportIncident(Command):
    """Keep two people apart at once: what was planned between them is called off."""

    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None = None
    text: Annotated[Text, Field(min_length=1)]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("incident", command_id, self.helper_id, {"text": self.text}, self.asker_id),)


class CloseIncident(Command):
    incident_id: UUID
    released: bool
    note: Annotated[Text, Field(min_length=1)]


class EndIncident(CloseIncident):
    """`CloseIncident`, with whom the note is about."""

    helper_id: UUID
    asker_id: UUID

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        note = {"text": self.note}
        return (VaultEntry("incident-end", self.incident_id, self.helper_id, note, self.asker_id),)


COMMANDS: tuple[type[Command], ...] = (DecideMinutes, ReportIncident, CloseIncident)
