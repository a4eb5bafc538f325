"""Link: the region's link to other regions. Who they are, what is written to them, what they wrote.

Peers are known by their region token; an entity id is made from it, so that every region gives
every other the same id. Between regions travel letters (`contracts.letters`); what carries them is
in `contracts.network`.
"""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Command, Event, Query, View

SERVICE = "link"
FOLLOWS = ("exchange", "ledger")
ASKS = ("exchange", "members", "ledger")
QUESTIONS = ("GetLoanPerson", "GetPeople", "GetPositions")
"""All that it asks them: it is the one service that speaks with the outside."""

PEER_SPACE = UUID("1d1f0c0b-4c55-5f0e-8e55-3b7e0a9b6c21")
NETWORK_ID = uuid5(PEER_SPACE, "")

RefusedBecause = Literal[
    "unknown_peer", "left_peer", "unreadable", "forged", "foreign", "replayed", "stale", "malformed"
]
"""Why a message from outside was refused.

unknown_peer  from a region that the directory does not name     left_peer  that has left
unreadable    altered under way, or sealed for someone else      forged     not signed by who sends it
foreign       from, for or about another than the subject says   replayed   it came before
stale         of too long ago, or of the future                  malformed  signed, and yet not in form
"""


@lru_cache(maxsize=1024)
def peer_id(region: str) -> UUID:
    """The id of a region as a peer: the same everywhere."""
    return uuid5(PEER_SPACE, region)


Count = Annotated[int, Field(ge=0, lt=2**62)]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
"""What others say is bounded: it is kept, and must not be more than can be."""


class OrphanedLetter(BaseModel):
    """A letter that whoever wrote it no longer knows."""

    model_config = ConfigDict(frozen=True)

    letter_id: UUID
    thread_id: UUID
    number: Count
    name: Name


# Events


class DirectoryLearned(Event):
    """The hub's list of regions, as of this serial number, was taken over."""

    ENTITY: ClassVar[str] = "network"
    network_id: UUID
    serial: int


class PeerJoined(Event):
    """Another region takes part, with these public keys (base64url); again, or with new ones."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    municipality: str
    signing_key: str
    sealing_key: str


class PeerLeft(Event):
    """A region left the network: what waits for it cannot be delivered."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str


class PeerReached(Event):
    """A region answers (again). `release`: which program it runs."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    release: str


class PeerMissed(Event):
    """A region does not answer. What is written to it waits."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str


class LetterQueued(Event):
    """A letter waits to be sent. `number` is dense, 1 to n, for each peer."""

    ENTITY: ClassVar[str] = "letter"
    FIRST: ClassVar[bool] = True
    letter_id: UUID
    peer: str
    number: int
    thread_id: UUID
    name: str
    version: int
    data: dict[str, Any]


class LettersDelivered(Event):
    """The peer has committed our letters up to `number`. It may go back when the peer was put back."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    epoch: int
    number: int


class EpochOpened(Event):
    """We were put back to an older copy: the peer holds letters of ours beyond `base` that we do not
    know. Or the peer had left, and what we handed back is passed over. What we write from there on
    belongs to a new epoch."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    epoch: int
    base: int


class PeerForked(Event):
    """The peer was put back to an older copy: its letters beyond `base` are no longer its own. Or it
    passes over what it had handed back while we had left. Its next letter is number `base` + 1."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    epoch: int
    base: int


class LetterReceived(Event):
    """A letter came, once, in the order in which the peer wrote. Its lane is the matter it is about."""

    ENTITY: ClassVar[str] = "thread"
    thread_id: UUID
    letter_id: UUID
    peer: str
    epoch: int
    number: int
    name: str
    version: int
    data: dict[str, Any]


class LetterRepeated(Event):
    """A letter came again under another number, after the peer was put back: nothing more happens."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    epoch: int
    number: int
    letter_id: UUID


class LetterOrphaned(Event):
    """Whoever wrote this letter was put back to an older copy and no longer knows it: for a person.

    `written_by` is the region that forgot: the peer, or our own. Solved when it is written again.
    """

    ENTITY: ClassVar[str] = "orphan"
    orphan_id: UUID
    thread_id: UUID
    peer: str
    written_by: str
    number: int
    name: str


class OrphanSolved(Event):
    """A forgotten letter was written again, the same one: nobody needs to look at it any more."""

    ENTITY: ClassVar[str] = "orphan"
    orphan_id: UUID
    peer: str


class OrphanSettled(Event):
    """People of both regions looked at what a forgotten letter was about: it waits no more."""

    ENTITY: ClassVar[str] = "orphan"
    orphan_id: UUID
    peer: str


class LetterUndeliverable(Event):
    """The peer left before it took this letter. Whoever had it written goes on without an answer."""

    ENTITY: ClassVar[str] = "thread"
    thread_id: UUID
    letter_id: UUID
    peer: str
    number: int
    name: str
    version: int
    data: dict[str, Any]


class MessagesRefused(Event):
    """So many messages that said to come from this peer were refused, since it was last told."""

    ENTITY: ClassVar[str] = "peer"
    peer_id: UUID
    peer: str
    reason: RefusedBecause
    count: int


EVENTS: tuple[type[Event], ...] = (
    DirectoryLearned,
    PeerJoined,
    PeerLeft,
    PeerReached,
    PeerMissed,
    LetterQueued,
    LettersDelivered,
    EpochOpened,
    PeerForked,
    LetterReceived,
    LetterRepeated,
    LetterOrphaned,
    OrphanSolved,
    OrphanSettled,
    LetterUndeliverable,
    MessagesRefused,
)


# Commands: of people


class SettleForgotten(Command):
    """Both regions looked at a matter of which letters were forgotten: none of those waits any more.

    It changes nothing else. What must be put right is done in its own place, before.
    """

    thread_id: UUID


COMMANDS: tuple[type[Command], ...] = (SettleForgotten,)


# Commands of the link's own workers and followers: none comes over the bus


class SettleOrphans(SettleForgotten):
    """`SettleForgotten`, with which letters of that matter wait."""

    orphan_ids: tuple[UUID, ...] = ()


class Neighbour(BaseModel):
    """A region as the directory lists it."""

    model_config = ConfigDict(frozen=True)

    region: str
    municipality: str
    signing_key: str
    sealing_key: str
    left: bool = False


class LearnDirectory(Command):
    """Take over who takes part. An older list than the one known changes nothing."""

    serial: int
    regions: tuple[Neighbour, ...]


class NoteUp(Command):
    """The peer answers."""

    peer: str
    release: str


class NoteAway(Command):
    """The peer does not answer."""

    peer: str


class QueueLetter(Command):
    """Write to a peer, known or not yet. The letter's id is the command's."""

    peer: str
    thread_id: UUID
    name: str
    version: int
    data: dict[str, Any]


class NoteTaken(Command):
    """The peer says how far it has our letters."""

    peer: str
    epoch: int
    number: int


class OpenEpoch(Command):
    """Go on in a new epoch: the peer knows letters of ours that `region`, we ourselves, do not."""

    region: str
    peer: str
    epoch: int
    base: int
    orphans: tuple[OrphanedLetter, ...] = ()


class FollowFork(Command):
    """Go on in the peer's new epoch; `orphans` are letters of it that it no longer knows."""

    peer: str
    epoch: int
    base: int
    orphans: tuple[OrphanedLetter, ...] = ()


class TakeLetter(Command):
    """A letter that came, next in line."""

    peer: str
    epoch: int
    number: int
    letter_id: UUID
    thread_id: UUID
    name: str
    version: int
    data: dict[str, Any]


class HandBack(BaseModel):
    """A letter that comes back to who had it written."""

    model_config = ConfigDict(frozen=True)

    letter_id: UUID
    thread_id: UUID
    number: int
    name: str
    version: int
    data: dict[str, Any]


class GiveUpLetter(Command):
    """The peer has left: this letter will not arrive."""

    letter: HandBack


class NoteRefused(Command):
    """Messages of a peer were refused."""

    peer: str
    reason: RefusedBecause
    count: int


# Queries and views


class GetPeers(Query):
    """Who takes part, who is up, what waits, what was refused."""


class PeerSeen(View):
    """One other region. `waiting`: letters that it has not taken yet.

    `unread_there`: letters of ours that its release cannot read, by name and version; they wait there,
    with all that is about the same matter, until it is upgraded. `unread_here`: the same the other way.
    `orphans_count`: letters that one of the two forgot and nobody looked at yet; `orphans` are the first.
    """

    peer: str
    municipality: str
    status: Literal["unknown", "joined", "left"]
    up: bool
    since: datetime = Field(description="Since when it is up or away (UTC).")
    release: str
    waiting: int
    sent: int
    received: int
    refused: dict[str, int] = Field(default_factory=dict)
    unread_there: dict[str, int] = Field(default_factory=dict)
    unread_here: dict[str, int] = Field(default_factory=dict)
    orphans_count: int = 0
    orphans: tuple[OrphanedLetter, ...] = ()


class Peers(View):
    """The network as this region sees it. `connected`: whether the hub answers us now."""

    connected: bool
    release: str
    peers: tuple[PeerSeen, ...]


class AskContact(Query):
    """How to reach the person of the other region in a matter both agreed to: asked of the peer, now.

    The answer is never stored, here or on its way.
    """

    peer: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    thread_id: UUID


class PeerContact(View):
    """Name and ways of contact, as the other region's members have them."""

    name: str
    phone: str | None = None
    email: str | None = None


QUERIES: dict[type[Query], type[View]] = {GetPeers: Peers, AskContact: PeerContact}
