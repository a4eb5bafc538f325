"""What a social team's system sent without waiting for an answer, and we could not take in.

Emitted and decided by the coordinator instance. Where someone waits for the answer they hear what is
wrong; where nobody does, it is kept for a person to look at, so that nothing is lost unseen.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field

from contracts.envelope import MAX_EVENT_BYTES, Command, Event, Query, VaultEntry, View
from contracts.freetext import clean

RECEIVED = "received"
"""The code of what was sent without waiting for an answer, until it is referred or stranded with another."""


# Events


class EventStranded(Event):
    """An event of a team was not taken in: `code` says why. `kept`: what was sent is in the vault.

    What we may not keep (a citizen service number, say) is not.
    """

    ENTITY: ClassVar[str] = "stranded"
    FIRST: ClassVar[bool] = True
    stranded_id: UUID
    team: str
    code: str
    kept: bool


class StrandedSettled(Event):
    """Someone looked at it, or its term is over: what was kept of it is gone."""

    ENTITY: ClassVar[str] = "stranded"
    stranded_id: UUID


EVENTS: tuple[type[Event], ...] = (EventStranded, StrandedSettled)


# Commands


class StrandEvent(Command):
    """Keep what a team sent and we could not take in. `payload` is empty where we may not keep it.

    Whoever sends this looks at that: a payload holds ids too, and digits of those are no BSN.
    """

    code: Annotated[str, Field(max_length=64), AfterValidator(clean)]
    payload: Annotated[str, Field(max_length=MAX_EVENT_BYTES)] = ""

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        if not self.payload:
            return ()
        # About whom it is nobody could read: it is a row of its own, and goes when it is settled.
        return (VaultEntry("stranded", command_id, command_id, {"text": self.payload}),)


class SettleStranded(Command):
    """It is dealt with: the team knows, and sends it again where it is needed."""

    stranded_id: UUID


COMMANDS: tuple[type[Command], ...] = (StrandEvent, SettleStranded)


# Queries and views


class GetStranded(Query):
    """What a team sent and we could not take in. Every look is logged."""

    stranded_id: UUID


class Stranded(View):
    team: str
    code: str
    text: str = ""


QUERIES: dict[type[Query], type[View]] = {GetStranded: Stranded}
