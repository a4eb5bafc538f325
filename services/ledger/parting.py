"""A region that leaves the network, and one that comes back: what is under way with it gets an end.

What is certain is settled at once: an offer that never went out is released, a settlement that waits for
an answer here is refused. Of the rest nobody here knows how it ends: it strands, is shown to a person, and
nobody is asked in vain. Whoever talked with the other region says how it stands there. Should the region
come back first, it is asked, as before.
"""

from datetime import datetime
from uuid import uuid5

from contracts.clearing import ClearingEnded, ClearingResumed, EndClearing, ResumeClearing, clearing_id
from contracts.crossings import (
    EndTransfer,
    NoteUndelivered,
    SeeToTransfers,
    TransferDecided,
)
from contracts.envelope import Event
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context, Timer
from services.ledger import receiving, sending
from services.ledger.clearing import CLEARING
from services.ledger.crossing import CROSSING, Crossing


def end(command: EndClearing, context: Context, state: State) -> list[Event]:
    """The peer left. With who never exchanged a word about hours nothing ends."""
    found = state.get(CLEARING, clearing_id(command.peer))
    if found is None or found.ended:
        return []
    return [ClearingEnded(clearing_id=found.clearing_id, peer=found.peer)]


def resume(command: ResumeClearing, context: Context, state: State) -> list[Event]:
    """The peer takes part again."""
    found = state.get(CLEARING, clearing_id(command.peer))
    if found is None or not found.ended:
        return []
    return [ClearingResumed(clearing_id=found.clearing_id, peer=found.peer)]


def sees_to(event: ClearingEnded | ClearingResumed, at: datetime) -> list[Timer]:
    """At once: which transfers have no end yet is looked up before its turn (`queries.prepare_open`)."""
    moment = f"{type(event).__name__}/{at.isoformat()}"
    return [Timer(at, SeeToTransfers(peer=event.peer), uuid5(event.clearing_id, moment))]


def see_to(command: SeeToTransfers, context: Context, state: State) -> list[Event]:
    found = state.get(CLEARING, clearing_id(command.peer))
    crossings = [state.get(CROSSING, crossing_id) for crossing_id in command.crossing_ids]
    if found is None:
        return []
    each = _parted if found.ended else _met_again
    return [event for crossing in crossings if crossing is not None for event in each(crossing)]


def _parted(crossing: Crossing) -> list[Event]:
    if crossing.status == "asked":
        return [receiving.rejected(crossing, "peer_left")]
    return [crossing.strands("peer_left")] if crossing.waits else []


def _met_again(crossing: Crossing) -> list[Event]:
    if crossing.stranded == "undelivered":
        return [crossing.answered("posted")]
    asks = crossing.stranded and (crossing.open or crossing.status == "differs")
    return [crossing.asks(crossing.asked + 1)] if asks else []


def undelivered(command: NoteUndelivered, context: Context, state: State) -> list[Event]:
    """The peer left before it took our letter. An offer that never went out is a definite no."""
    found = state.get(CROSSING, command.transfer_id)
    if found is None or not found.ours or found.decided:
        return []
    if command.letter == "TransferOffer":
        return sending.released(found, "peer_left", state) if found.status == "offered" else []
    return [found.strands("undelivered")] if found.status == "posted" else []


def decide(command: EndTransfer, context: Context, state: State) -> list[Event]:
    """A person says how it stands in the other region; here it follows."""
    check_whole_region(context)
    found = state.get(CROSSING, command.crossing_id)
    if found is None or not found.stranded:
        raise Rejected(
            "not_stranded",
            "Deze overdracht wacht niet (meer) op u. Kijk op de pagina van de regio's hoe het nu is.",
            "This transfer does not wait for you (any more). See the regions' page for how it is now.",
        )
    decided = TransferDecided(crossing_id=found.crossing_id, peer=found.peer, booked=command.booked)
    return [decided, *(_booked_there(found, state) if command.booked else _nothing_there(found, state))]


def _booked_there(found: Crossing, state: State) -> list[Event]:
    if found.status == "posted":
        return []
    if found.ours:
        return sending.posted(found, state)
    if receiving.booked_before(found, state):
        raise Rejected(
            "taken_back",
            "Deze uren zijn hier al teruggedraaid: het nummer is gebruikt. Laat de andere regio ze opnieuw "
            "geven, en kies dan dat het daar niet geboekt is.",
            "These hours were taken back here: the number is used. Have the other region give them anew, and "
            "then say that it is not booked there.",
        )
    if not receiving.amount_possible(found.posting):
        raise Rejected(
            "amount",
            f"Een boeking van {found.minutes} minuten kan niet. Laat de andere regio haar terugdraaien, en "
            "kies dan dat het daar niet geboekt is.",
            f"A booking of {found.minutes} minutes is not possible. Have the other region undo it, and then "
            "say that it is not booked there.",
        )
    accepted = found.status == "accepted"
    return receiving.received(found.posting, found.peer, state, accepted=accepted, agreed=True)


def _nothing_there(found: Crossing, state: State) -> list[Event]:
    if found.status == "posted" and not found.ours:
        return receiving.taken_back(found, state)
    if found.status == "posted":
        raise Rejected(
            "posted_here",
            "Deze uren zijn hier al geboekt. Vraag de andere regio om ze ook te boeken; kies daarna dat het "
            "daar geboekt is.",
            "These hours are booked here already. Ask the other region to book them too; then say that they "
            "are booked there.",
        )
    return sending.released(found, "decided", state) if found.ours else [receiving.voided(found)]
