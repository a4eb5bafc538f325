"""Letters between regions that one of the two forgot: told by the link, for people of both."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.link import LetterOrphaned, OrphanSettled, OrphanSolved
from services.kernel.entity import Kind


@dataclass(slots=True)
class ForgottenSeen:
    """`written_by`: the region that forgot it. `settled`: it was written again, or looked at."""

    orphan_id: UUID
    peer: str
    thread_id: UUID
    written_by: str
    letter: str
    forgotten_at: datetime
    settled: bool = False
    version: int = 0


type ForgottenEvent = LetterOrphaned | OrphanSolved | OrphanSettled


def _evolve(found: ForgottenSeen | None, event: ForgottenEvent, of: UUID, at: datetime) -> ForgottenSeen:
    if isinstance(event, LetterOrphaned):
        return ForgottenSeen(of, event.peer, event.thread_id, event.written_by, event.name, at)
    # Who follows the link since a later release did not hear that it was forgotten.
    return replace(found or ForgottenSeen(of, event.peer, of, event.peer, "", at), settled=True)


FORGOTTEN = Kind(
    "forgotten_letters",
    ForgottenSeen,
    dict.fromkeys((LetterOrphaned, OrphanSolved, OrphanSettled), lambda e: (e.orphan_id,)),
    _evolve,
)
