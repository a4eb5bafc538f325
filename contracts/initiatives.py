"""Initiatives and what they ask in return. Emitted and decided by exchange."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Line, Text
from contracts.policy import Policy, Preset

THE_INITIATIVE = UUID(int=1)
"""What is offered and asked without naming an initiative belongs to this one; it always exists."""


# Events


class InitiativeStarted(Event):
    """A region runs a programme with these rules. Its name is in the vault of exchange."""

    ENTITY: ClassVar[str] = "initiative"
    FIRST: ClassVar[bool] = True
    initiative_id: UUID
    preset: str
    policy: Policy


class PolicyChanged(Event):
    """Other rules hold for what is asked and confirmed from now on."""

    ENTITY: ClassVar[str] = "initiative"
    initiative_id: UUID
    policy: Policy


class InitiativeClosed(Event):
    """Nothing new can be asked or offered in it; what runs is finished."""

    ENTITY: ClassVar[str] = "initiative"
    initiative_id: UUID


class ReciprocityWaived(Event):
    """Until then this person may ask without offering. Why is in the vault."""

    ENTITY: ClassVar[str] = "participant"
    participant_id: UUID
    until: datetime


EVENTS: tuple[type[Event], ...] = (InitiativeStarted, PolicyChanged, InitiativeClosed, ReciprocityWaived)


# Commands


class StartInitiative(Command):
    """Begin a programme from a preset. Its id is the command's id. `policy` replaces the preset's."""

    name: Annotated[Line, Field(min_length=1)]
    preset: Preset
    policy: Policy | None = None

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("initiative", command_id, command_id, {"text": self.name}),)


class ChangePolicy(Command):
    initiative_id: UUID
    policy: Policy


class CloseInitiative(Command):
    initiative_id: UUID


class WaiveReciprocity(Command):
    """Let someone ask without offering, until the end of a day."""

    member_id: UUID
    reason: Annotated[Text, Field(min_length=1)]
    until: date

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("waiver", command_id, self.member_id, {"text": self.reason}),)


COMMANDS: tuple[type[Command], ...] = (StartInitiative, ChangePolicy, CloseInitiative, WaiveReciprocity)


# Queries and views


class GetInitiatives(Query):
    """Every initiative of the region."""


class Initiative(View):
    initiative_id: UUID
    name: str
    preset: str
    status: Literal["running", "closed"]
    policy: Policy


class Initiatives(View):
    initiatives: tuple[Initiative, ...]


QUERIES: dict[type[Query], type[View]] = {GetInitiatives: Initiatives}
