"""Which command is decided where, and what events of exchange and ledger ask of the link."""

from contracts import exchange, ledger
from contracts.envelope import Command, Event
from contracts.letters import ForPeer
from contracts.link import (
    FollowFork,
    GiveUpLetter,
    LearnDirectory,
    NoteAway,
    NoteRefused,
    NoteTaken,
    NoteUp,
    OpenEpoch,
    QueueLetter,
    SettleForgotten,
    SettleOrphans,
    TakeLetter,
)
from services.kernel.service import Decide, Follow, Prepare
from services.link import directory, letter, orphan, peer
from services.link.queries import prepare_settling

DECIDES: dict[type[Command], Decide] = {
    LearnDirectory: directory.learn,
    NoteUp: peer.note_up,
    NoteAway: peer.note_away,
    NoteTaken: peer.note_taken,
    NoteRefused: peer.note_refused,
    QueueLetter: letter.queue,
    TakeLetter: letter.take,
    GiveUpLetter: letter.give_up,
    OpenEpoch: orphan.open_epoch,
    FollowFork: orphan.follow_fork,
    SettleOrphans: orphan.settle,
}

PREPARES: dict[type[Command], Prepare] = {SettleForgotten: prepare_settling}


def on_written(event: ForPeer) -> list[Command]:
    """An event that is for a peer is written to it; one that is for nobody elsewhere is not."""
    written = event.letter()
    if written is None:
        return []
    return [
        QueueLetter(
            peer=event.peer,
            thread_id=written.thread_id,
            name=type(written).__name__,
            version=written.VERSION,
            data=written.model_dump(mode="json"),
        )
    ]


def follows() -> dict[type[Event], Follow]:
    """Every event of exchange and ledger that may be for a peer."""
    written = (event for event in (*exchange.EVENTS, *ledger.EVENTS) if issubclass(event, ForPeer))
    return dict.fromkeys(written, on_written)
