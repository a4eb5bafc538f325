"""What peers write about hours, and who here reads it."""

from typing import assert_never, get_args

from contracts.crossings import TakeClearingLetter
from contracts.envelope import Event
from contracts.letters import (
    CapAnswer,
    CapProposal,
    Reckoning,
    ReckoningAnswer,
    TransferAcceptance,
    TransferOffer,
    TransferPosting,
    TransferQuestion,
    TransferRejection,
    TransferVoid,
)
from services.kernel.entity import State
from services.kernel.service import Context
from services.ledger import agreement, receiving, reckoning, sending

READS = get_args(TakeClearingLetter.model_fields["letter"].annotation)
"""The letters that are for the ledger."""


def take(command: TakeClearingLetter, context: Context, state: State) -> list[Event]:
    """A letter is never refused: every no is an event, with a letter of its own."""
    peer, letter = command.peer, command.letter
    match letter:
        case TransferOffer():
            return receiving.take_offer(letter, peer, state)
        case TransferAcceptance():
            return sending.take_acceptance(letter, peer, state)
        case TransferRejection():
            return sending.take_rejection(letter, peer, state)
        case TransferPosting():
            return receiving.take_posting(letter, peer, state)
        case TransferQuestion() if letter.asks == "payer":
            return receiving.take_question(letter, peer, state)
        case TransferQuestion():
            return sending.take_question(letter, peer, state)
        case TransferVoid():
            return receiving.take_void(letter, peer, state)
        case CapProposal():
            return agreement.take_proposal(letter, peer, state)
        case CapAnswer():
            return agreement.take_answer(letter, peer, state)
        case Reckoning():
            return reckoning.compare(letter, peer, state)
        case ReckoningAnswer():
            return reckoning.note_answer(letter, peer, state)
        case _:
            assert_never(letter)
