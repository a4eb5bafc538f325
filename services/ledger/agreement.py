"""How far a position may go: one region proposes a cap, and it holds when the other agrees."""

from typing import Any
from uuid import UUID

from contracts.clearing import AnswerCap, CapAgreed, CapDeclined, CapProposed, ProposeCap, Side
from contracts.envelope import Event
from contracts.letters import CapAnswer, CapProposal
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context
from services.ledger.clearing import Clearing, check_there, with_peer


def propose(command: ProposeCap, context: Context, state: State) -> list[Event]:
    check_whole_region(context)
    found, first = with_peer(state, command.peer)
    check_there(found)
    if found.proposal_id is not None:
        raise Rejected(
            "proposal_waits",
            "Er ligt al een voorstel voor de grens met deze regio. Wacht op antwoord, of geef het.",
            "There is a proposal for the limit with this region already. Wait for the answer, or give it.",
        )
    _check_fits(found, command.minutes)
    return [*first, CapProposed(**_said(found, context.command_id, command.minutes, "us"))]


def no_proposal() -> Rejected:
    return Rejected(
        "no_proposal",
        "Dit voorstel ligt er niet (meer). Kijk op de pagina van de regio's hoe het nu is.",
        "This proposal is not there (any more). See the regions' page for how it is now.",
    )


def answer(command: AnswerCap, context: Context, state: State) -> list[Event]:
    check_whole_region(context)
    found, _ = with_peer(state, command.peer)
    minutes = found.proposed_minutes
    if found.proposal_id != command.proposal_id or minutes is None or found.proposed_by != "them":
        raise no_proposal()
    if not command.agree:
        return [CapDeclined(**_said(found, command.proposal_id, minutes, "us"), reason="no")]
    _check_fits(found, minutes)
    return [CapAgreed(**_said(found, command.proposal_id, minutes, "us"))]


def take_proposal(letter: CapProposal, peer: str, state: State) -> list[Event]:
    """It waits for someone here. Two proposals that cross each other both fall: nobody waits for ever."""
    found, first = with_peer(state, peer)
    if found.proposal_id == letter.proposal_id:
        return []
    if found.proposal_id is not None:
        return [CapDeclined(**_said(found, letter.proposal_id, letter.minutes, "us"), reason="crossed")]
    return [*first, CapProposed(**_said(found, letter.proposal_id, letter.minutes, "them"))]


def take_answer(letter: CapAnswer, peer: str, state: State) -> list[Event]:
    found, _ = with_peer(state, peer)
    minutes = found.proposed_minutes
    if found.proposal_id != letter.proposal_id or minutes is None or found.proposed_by != "us":
        return []
    if letter.agreed:
        return [CapAgreed(**_said(found, letter.proposal_id, minutes, "them"))]
    return [CapDeclined(**_said(found, letter.proposal_id, minutes, "them"), reason=letter.reason or "no")]


def _check_fits(found: Clearing, cap_minutes: int) -> None:
    if not found.fits_in(cap_minutes):
        raise Rejected(
            "position_beyond",
            f"De stand met deze regio is nu {found.position_minutes} minuten, met wat nog onderweg is. "
            "Kies een hogere grens, of vereffen eerst.",
            f"The position with this region is {found.position_minutes} minutes now, and more is on its way. "
            "Choose a higher limit, or settle first.",
            position_minutes=found.position_minutes,
        )


def _said(found: Clearing, proposal_id: UUID, minutes: int, by: Side) -> dict[str, Any]:
    """What every event about a proposal says."""
    about = {"clearing_id": found.clearing_id, "peer": found.peer}
    return {**about, "proposal_id": proposal_id, "minutes": minutes, "by": by}
