"""Reckoning: once a day each region tells each peer what it posted to it, and the peer compares.

Letters may still be on their way, so counts that differ are a difference only when they still do at the
next reckoning; the same count with another sum is one at once. It is shown in both regions. Nothing is
repaired by itself: whichever side is right, people must know why.
"""

from contracts.clearing import (
    PositionCompared,
    PositionReckoned,
    Reckon,
    ReckoningAnswered,
    clearing_id,
)
from contracts.envelope import Event
from contracts.letters import Reckoning, ReckoningAnswer
from services.kernel.entity import State
from services.kernel.service import Context
from services.ledger.clearing import CLEARING, Clearing, with_peer


def reckon(command: Reckon, context: Context, state: State) -> list[Event]:
    found = state.get(CLEARING, clearing_id(command.peer))
    if found is None or found.ended or (found.reckoned_on is not None and found.reckoned_on >= command.day):
        return []
    return [
        PositionReckoned(
            clearing_id=found.clearing_id,
            peer=found.peer,
            reckoning_id=context.command_id,
            day=command.day,
            count=found.sent_count,
            total_minutes=found.sent_minutes,
        )
    ]


def compare(letter: Reckoning, peer: str, state: State) -> list[Event]:
    found, first = with_peer(state, peer)
    compared = PositionCompared(
        clearing_id=found.clearing_id,
        peer=peer,
        reckoning_id=letter.reckoning_id,
        count=found.got_count,
        total_minutes=found.got_minutes,
        told_count=letter.count,
        told_minutes=letter.total_minutes,
        agrees=_agrees(found, letter),
    )
    return [*first, compared]


def _agrees(found: Clearing, letter: Reckoning) -> bool:
    if letter.count == found.got_count:
        return letter.total_minutes == found.got_minutes
    # A day is enough for a letter: what they had posted then has come, and what we had then they know of.
    return found.got_count >= found.told_count and letter.count >= found.got_then


def note_answer(letter: ReckoningAnswer, peer: str, state: State) -> list[Event]:
    found = state.get(CLEARING, clearing_id(peer))
    if found is None:
        return []
    return [
        ReckoningAnswered(
            clearing_id=found.clearing_id,
            peer=peer,
            reckoning_id=letter.reckoning_id,
            count=letter.count,
            total_minutes=letter.total_minutes,
            agrees=letter.agrees,
        )
    ]
