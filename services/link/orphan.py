"""An orphan: a letter that whoever wrote it no longer knows, because its database was put back.

What could be taken back was: from JetStream by `wederdienst restore`, from peers by sending again.
The rest is listed here, until the same letter is written again or people looked at what it was about.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.link import (
    EpochOpened,
    FollowFork,
    LetterOrphaned,
    OpenEpoch,
    OrphanedLetter,
    OrphanSettled,
    OrphanSolved,
    PeerForked,
    SettleOrphans,
    peer_id,
)
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.link.peer import PEER


@dataclass(slots=True)
class Orphan:
    """`written_by`: the region that forgot it. `solved`: it was written again, or looked at."""

    orphan_id: UUID
    peer: str
    thread_id: UUID
    written_by: str
    number: int
    name: str
    solved: bool = False
    version: int = 0


type OrphanEvent = LetterOrphaned | OrphanSolved | OrphanSettled


def _evolve(orphan: Orphan | None, event: OrphanEvent, of: UUID, at: datetime) -> Orphan:
    if isinstance(event, LetterOrphaned):
        return Orphan(of, event.peer, event.thread_id, event.written_by, event.number, event.name)
    assert orphan is not None
    return replace(orphan, solved=True)


ORPHAN = Kind(
    "orphans",
    Orphan,
    dict.fromkeys((LetterOrphaned, OrphanSolved, OrphanSettled), lambda e: (e.orphan_id,)),
    _evolve,
)


def open_epoch(command: OpenEpoch, context: Context, state: State) -> list[Event]:
    """We forgot: what the peer holds beyond the base is listed, and we write on from there."""
    peer = state.get(PEER, peer_id(command.peer))
    if peer is None or command.epoch <= peer.epoch:
        return []
    opened = EpochOpened(
        peer_id=peer.peer_id, peer=peer.peer, epoch=command.epoch, base=min(command.base, peer.queued)
    )
    return [opened, *(_orphaned(letter, peer.peer, command.region) for letter in command.orphans)]


def follow_fork(command: FollowFork, context: Context, state: State) -> list[Event]:
    """The peer forgot: its letters beyond the base are listed, and its new ones begin there."""
    peer = state.get(PEER, peer_id(command.peer))
    if peer is None or command.epoch <= peer.heard_epoch:
        return []
    forked = PeerForked(peer_id=peer.peer_id, peer=peer.peer, epoch=command.epoch, base=command.base)
    return [forked, *(_orphaned(letter, peer.peer, peer.peer) for letter in command.orphans)]


def settle(command: SettleOrphans, context: Context, state: State) -> list[Event]:
    """People looked at the matter. Raises Rejected when nothing of it waits (any more)."""
    orphans = [state.get(ORPHAN, orphan_id) for orphan_id in command.orphan_ids]
    waiting = [orphan for orphan in orphans if orphan is not None and not orphan.solved]
    if not waiting:
        raise Rejected(
            "nothing_forgotten",
            "Van deze zaak is geen bericht (meer) kwijt. Er is niets veranderd; u hoeft niets te doen.",
            "No letter about this matter is missing (any more). Nothing has changed; nothing is to be done.",
        )
    return [OrphanSettled(orphan_id=orphan.orphan_id, peer=orphan.peer) for orphan in waiting]


def _orphaned(letter: OrphanedLetter, peer: str, written_by: str) -> LetterOrphaned:
    return LetterOrphaned(
        orphan_id=letter.letter_id,
        thread_id=letter.thread_id,
        peer=peer,
        written_by=written_by,
        number=letter.number,
        name=letter.name,
    )
