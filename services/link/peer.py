"""A peer: another region, how far it has our letters, and how far we have its."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.link import (
    EpochOpened,
    LetterQueued,
    LetterReceived,
    LetterRepeated,
    LettersDelivered,
    MessagesRefused,
    NoteAway,
    NoteRefused,
    NoteTaken,
    NoteUp,
    PeerForked,
    PeerJoined,
    PeerLeft,
    PeerMissed,
    PeerReached,
    peer_id,
)
from services.kernel.entity import Kind, State
from services.kernel.service import Context


@dataclass(slots=True)
class Peer:
    """Our letters to it: numbers 1 to `queued`, of which it has those to `taken`; beyond `base` they
    belong to `epoch`. Its letters to us: we have those to `heard`, of its epoch `heard_epoch`."""

    peer_id: UUID
    peer: str
    since: datetime
    municipality: str = ""
    signing_key: str = ""
    sealing_key: str = ""
    status: Literal["unknown", "joined", "left"] = "unknown"
    up: bool = False
    release: str = ""
    queued: int = 0
    taken: int = 0
    epoch: int = 1
    base: int = 0
    heard_epoch: int = 1
    heard: int = 0
    version: int = 0


type PeerEvent = (
    PeerJoined
    | PeerLeft
    | PeerReached
    | PeerMissed
    | LetterQueued
    | LettersDelivered
    | EpochOpened
    | PeerForked
    | LetterReceived
    | LetterRepeated
    | MessagesRefused
)


def _evolve(peer: Peer | None, event: PeerEvent, of: UUID, at: datetime) -> Peer:
    # Something may be written to a region before it joins, and refused from one that never does.
    peer = peer or Peer(of, event.peer, at)
    match event:
        case PeerJoined():
            return replace(
                peer,
                status="joined",
                municipality=event.municipality,
                signing_key=event.signing_key,
                sealing_key=event.sealing_key,
            )
        case PeerLeft():
            return replace(peer, status="left", up=False, since=at)
        case PeerReached():
            return replace(peer, up=True, since=peer.since if peer.up else at, release=event.release)
        case PeerMissed():
            return replace(peer, up=False, since=at)
        case LetterQueued():
            return replace(peer, queued=event.number)
        case LettersDelivered():
            return replace(peer, taken=event.number)
        case EpochOpened():
            return replace(peer, epoch=event.epoch, base=event.base, taken=min(peer.taken, event.base))
        case PeerForked():
            return replace(peer, heard_epoch=event.epoch, heard=event.base)
        case LetterReceived() | LetterRepeated():
            return replace(peer, heard=event.number)
        case MessagesRefused():
            return replace(peer)
        case _:
            assert_never(event)


PEER = Kind(
    "peers",
    Peer,
    {
        PeerJoined: lambda e: (e.peer_id,),
        PeerLeft: lambda e: (e.peer_id,),
        PeerReached: lambda e: (e.peer_id,),
        PeerMissed: lambda e: (e.peer_id,),
        LetterQueued: lambda e: (peer_id(e.peer),),
        LettersDelivered: lambda e: (e.peer_id,),
        EpochOpened: lambda e: (e.peer_id,),
        PeerForked: lambda e: (e.peer_id,),
        LetterReceived: lambda e: (peer_id(e.peer),),
        LetterRepeated: lambda e: (e.peer_id,),
        MessagesRefused: lambda e: (e.peer_id,),
    },
    _evolve,
)


@dataclass(slots=True)
class Refusal:
    """How many messages of one peer were refused, for one reason."""

    refusal_id: UUID
    peer_id: UUID
    reason: str
    count: int
    version: int = 0


def _counted(refusal: Refusal | None, event: MessagesRefused, of: UUID, at: datetime) -> Refusal:
    before = refusal.count if refusal is not None else 0
    return Refusal(of, event.peer_id, event.reason, before + event.count)


REFUSAL = Kind("refusals", Refusal, {MessagesRefused: lambda e: (uuid5(e.peer_id, e.reason),)}, _counted)


def note_up(command: NoteUp, context: Context, state: State) -> list[Event]:
    peer = state.get(PEER, peer_id(command.peer))
    if peer is None or peer.status != "joined" or (peer.up and peer.release == command.release):
        return []
    return [PeerReached(peer_id=peer.peer_id, peer=peer.peer, release=command.release)]


def note_away(command: NoteAway, context: Context, state: State) -> list[Event]:
    peer = state.get(PEER, peer_id(command.peer))
    if peer is None or not peer.up:
        return []
    return [PeerMissed(peer_id=peer.peer_id, peer=peer.peer)]


def note_taken(command: NoteTaken, context: Context, state: State) -> list[Event]:
    """How far the peer is. What it says of another epoch than ours says nothing about our letters."""
    peer = state.get(PEER, peer_id(command.peer))
    if peer is None or command.epoch != peer.epoch or command.number == peer.taken:
        return []
    assert command.number <= peer.queued, "the peer has what we never wrote: an epoch should be opened"
    return [
        LettersDelivered(peer_id=peer.peer_id, peer=peer.peer, epoch=command.epoch, number=command.number)
    ]


def note_refused(command: NoteRefused, context: Context, state: State) -> list[Event]:
    return [
        MessagesRefused(
            peer_id=peer_id(command.peer), peer=command.peer, reason=command.reason, count=command.count
        )
    ]
