"""What regions say to each other over the hub, apart from letters: greetings, marks, reports.

Each message travels sealed: signed by the region that says it, encrypted for the region that hears
it, with an id, a time and whom it is between inside the signature (`services/link/seal.py`). A field
may be added with a default; a release reads what the one before and the next one say.

    Greeting -> Mark             how far have you my letters?
    Letters -> Mark              here are the next; answered after the commit
    GetTaken -> Taken            which of my letters do you have? (after a restore)
    GetContact -> Contact        how to reach someone, in a matter both people agreed to
    Join, GetDirectory, Leave -> Directory      to the hub
    GetReport -> Report          from the hub: totals only
"""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contracts.link import Count, Name, Neighbour, OrphanedLetter

HUB = "hub"
"""The hub's own name among the regions; no region may have it."""

MAX_LETTERS = 500
"""Most letters in one message."""


Epoch = Annotated[int, Field(ge=0, lt=2**31)]
Release = Annotated[str, Field(pattern=r"^[0-9A-Za-z.+-]{0,40}$")]
KeyText = Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,2000}$")]


class Message(BaseModel):
    """Anything said between regions."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Stated(Message):
    """What is signed: who says what to whom, when; `re` is the id of the message that is answered."""

    id: UUID
    sender: str
    to: str
    kind: str
    at: datetime
    re: UUID | None = None
    body: dict[str, Any]


class Greeting(Message):
    """How far have you my letters? And which release do you run?"""

    release: Release


class Mark(Message):
    """How far the letters of who asks are here: their epoch, number, and the id of the last.

    `release` is the program that runs here, `reads` the letters that it can read, up to which version.
    """

    epoch: Epoch
    number: Count
    letter_id: UUID | None = None
    release: Release = ""
    reads: dict[str, int] | None = None


class WrittenLetter(Message):
    """One letter on its way."""

    letter_id: UUID
    number: Count
    thread_id: UUID
    name: Name
    version: Annotated[int, Field(ge=1, lt=2**31)]
    data: dict[str, Any]
    correlation_id: UUID | None = None


class Letters(Message):
    """The next letters, in order and without a gap. Beyond `base` numbers belong to `epoch`."""

    epoch: Epoch
    base: Count
    letters: tuple[WrittenLetter, ...] = Field(max_length=MAX_LETTERS)


class GetTaken(Message):
    """Which letters of mine do you have, from this number down?"""

    at_most: Count


class Taken(Message):
    """Highest number first; empty at the beginning."""

    letters: tuple[OrphanedLetter, ...] = Field(max_length=MAX_LETTERS)

    @field_validator("letters")
    @classmethod
    def _fall(cls, letters: tuple[OrphanedLetter, ...]) -> tuple[OrphanedLetter, ...]:
        if any(after.number >= before.number for before, after in pairwise(letters)):
            raise ValueError("each number is lower than the one before")
        return letters


class GetContact(Message):
    """How do we reach the person on your side in this matter?"""

    thread_id: UUID


class Contact(Message):
    """The answer, or why not (a code). Never stored."""

    name: str = ""
    phone: str | None = None
    email: str | None = None
    refused: str | None = None


class Join(Message):
    """Take me in, with these public keys: for signing, sealing, and for the connection to the hub."""

    municipality: Name
    signing_key: KeyText
    sealing_key: KeyText
    user_key: KeyText


class Joining(Message):
    """What a guest says, who is on no list yet: its keys, the sealed Join that they open, and the signature
    of that by the invitation's seed (Ed25519, hexadecimal)."""

    join: Join
    sealed: str
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class GetDirectory(Message):
    """Who takes part?"""


class Leave(Message):
    """Take me off the list."""


class Directory(Message):
    """Who takes part, or did. `serial` goes up with every change."""

    serial: int
    regions: tuple[Neighbour, ...]


class GetReport(Message):
    """Totals for the operator of the hub."""


class Report(Message):
    """Counts and versions of one region; nothing about a person, and no single transfer."""

    release: str
    peers_up: int
    peers_away: int
    waiting: int
    refused: int
    positions_minutes: dict[str, int] = Field(default_factory=dict)
