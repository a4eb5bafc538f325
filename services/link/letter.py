"""A letter: queued for a peer, taken from a peer, or given up because the peer has left."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.link import (
    GiveUpLetter,
    LetterOrphaned,
    LetterQueued,
    LetterReceived,
    LetterRepeated,
    LetterUndeliverable,
    OrphanSolved,
    QueueLetter,
    TakeLetter,
    peer_id,
)
from services.kernel.entity import Kind, State
from services.kernel.service import Context
from services.link.orphan import ORPHAN
from services.link.peer import PEER


@dataclass(slots=True)
class Letter:
    """One that we wrote; `number` is its place among those to this peer, `form` the version of its form."""

    letter_id: UUID
    peer_id: UUID
    number: int
    name: str
    form: int
    given_up: bool = False
    version: int = 0


def _written(
    letter: Letter | None, event: LetterQueued | LetterUndeliverable, of: UUID, at: datetime
) -> Letter:
    if isinstance(event, LetterQueued):
        return Letter(of, peer_id(event.peer), event.number, event.name, event.version)
    assert letter is not None
    return replace(letter, given_up=True)


LETTER = Kind(
    "letters",
    Letter,
    {LetterQueued: lambda e: (e.letter_id,), LetterUndeliverable: lambda e: (e.letter_id,)},
    _written,
)


@dataclass(slots=True)
class Received:
    """One that a peer wrote. `orphaned`: the peer was put back, and does not know it any more."""

    letter_id: UUID
    peer_id: UUID
    number: int
    thread_id: UUID
    name: str
    form: int
    orphaned: bool = False
    version: int = 0


type ReceivedEvent = LetterReceived | LetterRepeated | LetterOrphaned


def _received(letter: Received | None, event: ReceivedEvent, of: UUID, at: datetime) -> Received:
    if isinstance(event, LetterReceived):
        about = (event.thread_id, event.name, event.version)
        return Received(of, peer_id(event.peer), event.number, *about)
    assert letter is not None
    if isinstance(event, LetterRepeated):
        return replace(letter, number=event.number, orphaned=False)
    return replace(letter, orphaned=True)


RECEIVED = Kind(
    "received",
    Received,
    {
        LetterReceived: lambda e: (e.letter_id,),
        LetterRepeated: lambda e: (e.letter_id,),
        # Of our own that were forgotten here the peer has the copy.
        LetterOrphaned: lambda e: (e.orphan_id,) if e.written_by == e.peer else (),
    },
    _received,
)


@dataclass(slots=True)
class Thread:
    """A matter that letters are about: their order in it is that of its stream."""

    thread_id: UUID
    version: int = 0


THREAD = Kind(
    "threads",
    Thread,
    {LetterReceived: lambda e: (e.thread_id,), LetterUndeliverable: lambda e: (e.thread_id,)},
    lambda _, event, thread_id, at: Thread(thread_id),
)


def queue(command: QueueLetter, context: Context, state: State) -> list[Event]:
    """Number it. To a region that has not joined, or is away, it waits."""
    peer = state.get(PEER, peer_id(command.peer))
    written = LetterQueued(
        letter_id=context.command_id,
        peer=command.peer,
        number=peer.queued + 1 if peer is not None else 1,
        thread_id=command.thread_id,
        name=command.name,
        version=command.version,
        data=command.data,
    )
    # Only after we were put back may the peer know it already.
    return [written, *_found(state, context.command_id)] if peer is not None and peer.epoch > 1 else [written]


def take(command: TakeLetter, context: Context, state: State) -> list[Event]:
    """The next letter of a peer; one that came before, under another number, only moves the mark."""
    peer = state.get(PEER, peer_id(command.peer))
    # Looked at before anything can fail, so that all letters of a batch are loaded at once.
    before = state.get(RECEIVED, command.letter_id)
    state.get(THREAD, command.thread_id)
    assert peer is not None
    assert (peer.heard_epoch, peer.heard + 1) == (command.epoch, command.number), "letters come in order"
    if before is not None:
        repeated = LetterRepeated(
            peer_id=peer.peer_id,
            peer=peer.peer,
            epoch=command.epoch,
            number=command.number,
            letter_id=command.letter_id,
        )
        return [repeated, *_found(state, command.letter_id)]
    return [LetterReceived(**command.model_dump())]


def _found(state: State, letter_id: UUID) -> list[Event]:
    orphan = state.get(ORPHAN, letter_id)
    if orphan is None or orphan.solved:
        return []
    return [OrphanSolved(orphan_id=letter_id, peer=orphan.peer)]


def give_up(command: GiveUpLetter, context: Context, state: State) -> list[Event]:
    """The peer has left before it took this letter. What it says is handed back to who had it written."""
    letter = state.get(LETTER, command.letter.letter_id)
    assert letter is not None
    peer = state.get(PEER, letter.peer_id)
    assert peer is not None
    if letter.given_up or peer.status != "left" or letter.number <= peer.taken:
        return []
    return [LetterUndeliverable(**command.letter.model_dump(), peer=peer.peer)]
