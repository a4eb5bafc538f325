"""Hours that come from another region: accepted, which binds, or refused; and posted when the peer posts.

Who was accepted and leaves meanwhile is stood in for by SUSPENSE: the minutes are there for a
coordinator to hand out.
"""

from contracts.clearing import clearing_account, clearing_id
from contracts.crossings import (
    SETTLED,
    AnswerSettlement,
    SettlementProposed,
    TransferAccepted,
    TransferDiffered,
    TransferReceived,
    TransferRejected,
    TransferTakenBack,
    TransferVoided,
    received_id,
)
from contracts.envelope import Event
from contracts.ledger import POOL, SUSPENSE
from contracts.letters import TransferOffer, TransferPosting, TransferQuestion, TransferVoid
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, BOTTOMLESS, Account, regions_own
from services.ledger.agreement import no_proposal
from services.ledger.clearing import CLEARING, Clearing, with_peer
from services.ledger.crossing import CROSSING, NOT_RECEIVED, Crossing, posting_of, reversal_of
from services.ledger.reversal import give_back
from services.ledger.seat import account_used, stands_for
from services.ledger.transfer import TRANSFER, Links, Postings, rest_of

MOST_MINUTES = 10_000
"""As much as one transfer within the region."""


def take_offer(letter: TransferOffer, peer: str, state: State) -> list[Event]:
    """Yes binds. It is said at once, but for a settlement: to that a person agrees."""
    crossing_id = received_id(peer, letter.transfer_id)
    if state.get(CROSSING, crossing_id) is not None:
        return []
    found = state.get(CLEARING, clearing_id(peer))
    reason = _why_not(letter, found, state)
    if reason is not None:
        return [_rejected(letter, peer, reason)]
    if letter.kind == "settlement":
        return [
            SettlementProposed(
                crossing_id=crossing_id, peer=peer, transfer_id=letter.transfer_id, minutes=letter.minutes
            )
        ]
    return [TransferAccepted(crossing_id=crossing_id, peer=peer, **letter.model_dump())]


def _why_not(letter: TransferOffer, found: Clearing | None, state: State) -> str | None:
    if not amount_possible(letter):
        return "amount"
    if found is None or not found.cap_minutes:
        return "no_cap"
    if letter.kind == "settlement":
        return "more_than_owed" if letter.minutes > found.position_minutes else None
    if found.room_in < letter.minutes:
        return "clearing_cap"
    payee = account_used(state, letter.payee_id) if letter.payee_id is not None else None
    return "no_account" if payee is None or payee.closed or payee.regions_own else None


def _rejected(letter: TransferOffer, peer: str, reason: str) -> TransferRejected:
    return TransferRejected(
        crossing_id=received_id(peer, letter.transfer_id),
        peer=peer,
        transfer_id=letter.transfer_id,
        minutes=letter.minutes,
        kind=letter.kind,
        reason=reason,
    )


def answer_settlement(command: AnswerSettlement, context: Context, state: State) -> list[Event]:
    """The region that owes says that it is settled, or that it is not."""
    check_whole_region(context)
    crossing = state.get(CROSSING, command.crossing_id)
    if crossing is None or crossing.status != "asked":
        raise no_proposal()
    if not command.agree:
        return [rejected(crossing, "no")]
    found, _ = with_peer(state, crossing.peer)
    if crossing.minutes > found.position_minutes:
        raise Rejected(
            "more_than_owed",
            f"Wij staan bij deze regio nu voor {max(0, found.position_minutes)} minuten in het krijt. "
            "Wijs dit voorstel af, en laat hen een nieuw voorstel doen.",
            f"We owe this region {max(0, found.position_minutes)} minutes now. "
            "Decline this proposal, and have them make a new one.",
            owed_minutes=max(0, found.position_minutes),
        )
    return [
        TransferAccepted(
            crossing_id=crossing.crossing_id,
            peer=crossing.peer,
            transfer_id=crossing.transfer_id,
            payee_id=None,
            minutes=crossing.minutes,
            kind="settlement",
        )
    ]


def rejected(crossing: Crossing, reason: str) -> TransferRejected:
    """No to what they asked, for ever."""
    return TransferRejected(
        crossing_id=crossing.crossing_id,
        peer=crossing.peer,
        transfer_id=crossing.transfer_id,
        minutes=crossing.minutes,
        kind=crossing.kind,
        reason=reason,
    )


def take_posting(letter: TransferPosting, peer: str, state: State) -> list[Event]:
    """They posted it, so must we: never on one side only.

    What we do not know that we accepted (we were put back to an older copy) goes where it should within
    the cap, and beyond it to SUSPENSE. What is not as it was accepted is not booked, and shown on both sides.
    """
    crossing_id = received_id(peer, letter.transfer_id)
    crossing = state.get(CROSSING, crossing_id)
    if crossing is not None and _heard_before(letter, crossing):
        return []
    accepted = crossing is not None and crossing.status == "accepted"
    if amount_possible(letter) and (crossing is None or _as_agreed(letter, crossing)):
        return received(letter, peer, state, accepted=accepted)
    _, first = with_peer(state, peer)
    differed = TransferDiffered(
        crossing_id=crossing_id,
        peer=peer,
        **letter.model_dump(),
        accepted_minutes=crossing.minutes if crossing is not None and accepted else 0,
    )
    return [*first, differed]


def _heard_before(letter: TransferPosting, crossing: Crossing) -> bool:
    return crossing.status == "posted" or (crossing.status == "differs" and crossing.posting == letter)


def amount_possible(letter: TransferOffer | TransferPosting) -> bool:
    """Whether so much can be transferred at once."""
    return letter.minutes >= 1 and (letter.kind == "settlement" or letter.minutes <= MOST_MINUTES)


def _as_agreed(letter: TransferPosting, crossing: Crossing) -> bool:
    """Whether they posted what we know they had offered."""
    if crossing.decided or crossing.status == "differs":
        # A person has said what it comes to, or is about to.
        return False
    if crossing.status == "accepted":
        terms = (crossing.minutes, crossing.payee_id, crossing.kind, crossing.about)
        return terms == (letter.minutes, letter.payee_id, letter.kind, letter.about)
    return crossing.minutes in (0, letter.minutes)


def received(
    letter: TransferPosting, peer: str, state: State, *, accepted: bool, agreed: bool = False
) -> list[Event]:
    """What they posted is posted here. `agreed`: a person here says that it should be."""
    crossing_id = received_id(peer, letter.transfer_id)
    found, first = with_peer(state, peer)
    beyond = not accepted and found.room_in < letter.minutes
    clearing = state.get(ACCOUNT, clearing_account(peer)) or Account(
        clearing_account(peer), 0, 0, BOTTOMLESS, version=1
    )
    payee = _payee(letter, state) if agreed or not beyond else regions_own(state, SUSPENSE)
    links = Links(peer=peer)
    if letter.payee_id is not None:
        links["payee_id"] = stands_for(payee.account_id, letter.payee_id)
    postings = Postings(posting_of(crossing_id))
    fits = payee.fits(letter.minutes)
    postings.move(fits, clearing, payee, "clearing", **links)
    # As for help within the region: what goes beyond a hard ceiling is not lost.
    to_pool: Links = {**links, "payee_id": letter.payee_id}
    postings.move(letter.minutes - fits, clearing, regions_own(state, POOL), "clearing", **to_pool)
    booked = TransferReceived(
        crossing_id=crossing_id, peer=peer, **letter.model_dump(), accepted=accepted, beyond=beyond
    )
    return [*first, *postings.noted(), booked]


def _payee(letter: TransferPosting, state: State) -> Account:
    if letter.kind == "settlement":
        return regions_own(state, SETTLED)
    payee = account_used(state, letter.payee_id) if letter.payee_id is not None else None
    if payee is None or payee.closed or payee.regions_own:
        return regions_own(state, SUSPENSE)
    return payee


def take_question(letter: TransferQuestion, peer: str, state: State) -> list[Event]:
    """They offered, and never heard an answer. What never reached us is refused for ever."""
    crossing_id = received_id(peer, letter.transfer_id)
    crossing = state.get(CROSSING, crossing_id)
    if crossing is None:
        return [
            TransferRejected(
                crossing_id=crossing_id,
                peer=peer,
                transfer_id=letter.transfer_id,
                minutes=0,
                kind=None,
                reason=NOT_RECEIVED,
            )
        ]
    match crossing.status:
        case "accepted" | "posted":
            return [crossing.answered("accepted")]
        case "asked" | "differs":
            # A person here has the word.
            return []
        case _:
            return [crossing.answered("rejected")]


def take_void(letter: TransferVoid, peer: str, state: State) -> list[Event]:
    """What we accepted, or heard otherwise, does not come: who pays knows nothing of it.

    Where they posted it and we did too they were put back to an older copy, and it is on our side alone:
    whether it stays so a person finds out.
    """
    crossing = state.get(CROSSING, received_id(peer, letter.transfer_id))
    if crossing is None:
        return []
    if crossing.status == "posted" and not crossing.stranded:
        return [crossing.strands("forgotten")]
    return [voided(crossing)] if crossing.status in ("accepted", "differs") else []


def voided(crossing: Crossing) -> TransferVoided:
    """Theirs does not come: what we had said yes to is expected no more."""
    return TransferVoided(
        crossing_id=crossing.crossing_id,
        peer=crossing.peer,
        transfer_id=crossing.transfer_id,
        minutes=crossing.minutes if crossing.status == "accepted" else 0,
        by="them",
    )


def booked_before(crossing: Crossing, state: State) -> bool:
    """Whether theirs was ever posted here: once only, also when it was taken back since."""
    return state.get(TRANSFER, posting_of(crossing.crossing_id)) is not None


def taken_back(crossing: Crossing, state: State) -> list[Event]:
    """What we posted and they know nothing of goes back to them, out of where it went: see reversal.py."""
    clearing = state.get(ACCOUNT, clearing_account(crossing.peer))
    assert clearing is not None, "something was posted from it"
    postings = Postings(reversal_of(crossing.crossing_id))
    posting = posting_of(crossing.crossing_id)
    for entry_id in (posting, rest_of(posting)):
        entry = state.get(TRANSFER, entry_id)
        if entry is not None:
            give_back(entry, clearing, state, postings, reverses=entry_id, peer=crossing.peer)
    return [
        *postings.noted(),
        TransferTakenBack(
            crossing_id=crossing.crossing_id,
            peer=crossing.peer,
            transfer_id=crossing.transfer_id,
            minutes=crossing.minutes,
            kind=crossing.kind or "gift",
        ),
    ]
