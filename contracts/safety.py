"""When it goes wrong: minutes that differ, incidents, and pairs that are kept apart. Of exchange."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.common import Credential, Minutes
from contracts.envelope import Command, Event, Query, VaultEntry, View
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

    `pair_id` is made from both ids; `match_id` where it was about one. Who reported it and who
    handles it (ids of keys) read that file.
    """

    ENTITY: ClassVar[str] = "incident"
    FIRST: ClassVar[bool] = True
    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None = None
    reported_by: str = ""
    handler: str = ""


class IncidentHandedOver(Event):
    """Someone else handles it from now on. Why is in the restricted file."""

    ENTITY: ClassVar[str] = "incident"
    incident_id: UUID
    helper_id: UUID
    asker_id: UUID
    former_handler: str
    handler: str


class IncidentClosed(Event):
    """Everything about it is done. `released`: the two may be matched again."""

    ENTITY: ClassVar[str] = "incident"
    incident_id: UUID
    pair_id: UUID
    helper_id: UUID
    asker_id: UUID
    released: bool


EVENTS: tuple[type[Event], ...] = (MinutesDecided, IncidentReported, IncidentHandedOver, IncidentClosed)


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
    """Keep two people apart at once: what was planned between them is called off.

    `handler` is a coordinator without a part in it; left out, who reports it handles it.
    """

    helper_id: UUID
    asker_id: UUID
    match_id: UUID | None = None
    handler: Credential | None = None
    text: Annotated[Text, Field(min_length=1)]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("incident", command_id, self.helper_id, {"text": self.text}, self.asker_id),)


class HandOverIncident(Command):
    """Give an incident to another handler, with why; who had it no longer reads the file.

    Who reported it still does.
    """

    incident_id: UUID
    handler: Credential
    reason: Annotated[Text, Field(min_length=1)]


class PassOnIncident(HandOverIncident):
    """`HandOverIncident`, with whom the reason is about; `nth`: for the how many-th time, from 1."""

    helper_id: UUID
    asker_id: UUID
    nth: int

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        entity, said = f"incident-handed-over-{self.nth}", {"text": self.reason}
        return (VaultEntry(entity, self.incident_id, self.helper_id, said, self.asker_id),)


class CloseIncident(Command):
    """Everything about it is done; by its handler, or who stands in for them.

    `released`: the two may be matched again.
    """

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


COMMANDS: tuple[type[Command], ...] = (DecideMinutes, ReportIncident, HandOverIncident, CloseIncident)


# Queries and views


class GetIncidentFile(Query):
    """The restricted file of an incident: for its handlers alone, or who stands in for them."""

    incident_id: UUID


class IncidentFile(View):
    """What was written when it was `reported`, when it was `handed-over-1` (-2, ...), and `closed`."""

    texts: dict[str, str]


QUERIES: dict[type[Query], type[View]] = {GetIncidentFile: IncidentFile}
