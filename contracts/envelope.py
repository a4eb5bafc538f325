"""The shapes that every message shares: events, commands, queries and their answers.

Events are public contracts. They carry pseudonymous ids, codes and numbers, never
a name, an address or free text: those travel in commands and live in vault tables.
Strict on write (`extra="forbid"` on commands), tolerant on read (events ignore
fields they do not know, so a region one version behind can read the next).
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MAX_EVENT_BYTES = 64 * 1024
"""Largest event on the bus, in bytes (NL GOV profile for CloudEvents)."""


class UnknownEvent(Exception):
    """This release does not know the name or version of an event or letter. Its lane waits; upgrade, then
    retry."""


class VaultEntry(NamedTuple):
    """One row for a service's vault: what can identify or describe a person.

    `person_id` is whose data it is: erasing that person erases the row. So does erasing
    `other_id`, where a text is about two people.
    """

    entity: str
    entity_id: UUID
    person_id: UUID
    data: dict[str, Any]
    other_id: UUID | None = None


class Event(BaseModel):
    """Something that happened. Named in the past tense; immutable once written.

    `VERSION` goes up with a rename or restructure, together with an upcaster
    (`contracts.upcasting`) and a new sample. `ENTITY` names the kind of stream the
    event belongs to, and the field `<entity>_id` says which one. `FIRST` marks the
    event that begins its stream.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    VERSION: ClassVar[int] = 1
    ENTITY: ClassVar[str]
    ENTITY_ID: ClassVar[str]
    FIRST: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if "ENTITY" in cls.__dict__:
            cls.ENTITY_ID = f"{cls.ENTITY}_id"

    @property
    def entity_id(self) -> UUID:
        """The stream this event belongs to."""
        found: UUID = getattr(self, self.ENTITY_ID)
        return found


class Command(BaseModel):
    """A wish that something happens. Imperative; may be refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        """The personal data and free text this command brings, kept apart from events."""
        return ()


class Query(BaseModel):
    """A question to one service. Changes nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class View(BaseModel):
    """An answer to a query."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Role(StrEnum):
    """On whose authority a command or query comes."""

    MEMBER = "member"
    COORDINATOR = "coordinator"
    REFERRER = "referrer"
    OPERATOR = "operator"
    SERVICE = "service"


class Actor(BaseModel):
    """Who asks. `member_id` is set where the credential belongs to a member, `team` where to a social team.

    `name` is the credential's id or the service's name, never a person's name. `areas` are the
    postcode areas a coordinator works in (empty: the whole region). `stands_in_for`: coordinators
    who are on leave today, and whose work this one does.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: str = Field(max_length=64)
    member_id: UUID | None = None
    team: str | None = None
    areas: tuple[str, ...] = ()
    stands_in_for: tuple[str, ...] = ()

    @property
    def acts_as(self) -> tuple[str, ...]:
        """In whose name they work today: their own, and those they stand in for."""
        return (self.name, *self.stands_in_for)

    def may_in(self, pc4: str) -> bool:
        """Whether this actor's rights hold in a postcode area: coordinators may be bound to some."""
        return not self.areas or pc4 in self.areas

    def __str__(self) -> str:
        return f"{self.role}:{self.name}"


class Request[Body: BaseModel](BaseModel):
    """What goes over NATS request/reply: a command or query with its circumstances.

    `id` is the command id: the same id always gets the same answer. `content_hash`
    is a signed 64-bit hash of what the client sent, so that an idempotency key that
    comes back with another body is refused. `deadline` is UTC; after it nobody waits.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    actor: Actor
    body: Body
    correlation_id: UUID | None = None
    causation_id: str | None = None
    content_hash: int | None = None
    deadline: datetime | None = None
    traceparent: Annotated[str, Field(max_length=64)] | None = None


class Refusal(BaseModel):
    """A final no, in words a person can act on. `code` is stable and machine-readable."""

    model_config = ConfigDict(frozen=True)

    code: str
    nl: str
    en: str
    facts: dict[str, int | str] = Field(default_factory=dict)


class Answer(BaseModel):
    """The reply to a command.

    `accepted`: durable, at `position` of `service`'s log (0 when nothing had to change).
    `refused`: final, see `refusal`. `unavailable`: nothing is known to have happened;
    ask again with the same id after `retry_after_ms` milliseconds.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Literal["accepted", "refused", "unavailable"]
    id: UUID | None = None
    position: int = 0
    refusal: Refusal | None = None
    retry_after_ms: int = 0


CLOUD_EVENT = "application/cloudevents+json"
"""The media type of one event in structured mode."""


NOBODY = "0" * 20
"""The OIN of no organisation."""


@cache
def source_of(organisation: str, system: str = "wederdienst") -> str:
    """Where an event comes from, as the NL GOV profile writes it: the organisation by its OIN, and a system.

    >>> source_of("00000001234567890000")
    'urn:nld:oin:00000001234567890000:systeem:wederdienst'
    """
    return f"urn:nld:oin:{organisation}:systeem:{system}"


class CloudEvent(BaseModel):
    """One event as it travels: CloudEvents 1.0, structured mode, NL GOV profile.

    `epoch` and `position` are its place in the source's log; `entityversion` its place
    in its stream. `id` is `<command id>.<n>`: known to the writer before the write.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: datetime
    subject: str
    dataschema: str
    datacontenttype: Literal["application/json"] = "application/json"
    region: str
    epoch: int
    position: int
    entityversion: int
    correlationid: str
    causationid: str | None = None
    actor: str
    traceparent: str | None = None
    data: dict[str, Any]
