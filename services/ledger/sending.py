"""Hours that go to another region: held here, offered, and posted when the peer has accepted.

A definite no releases what is held. No answer is not a no: see crossing.py.
"""

from uuid import UUID, uuid5

from contracts.clearing import clearing_account, clearing_id
from contracts.crossings import (
    DIFFERS,
    SETTLED,
    GiveAcross,
    HoldForLoan,
    OfferForLoan,
    ProposeSettlement,
    TransferOffered,
    TransferPosted,
    TransferReleased,
    TransferVoided,
)
from contracts.envelope import Event
from contracts.ledger import HoldPlaced, HoldRefused
from contracts.letters import (
    TransferAcceptance,
    TransferKind,
    TransferQuestion,
    TransferRejection,
)
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, BOTTOMLESS, Account, check_not_regions, check_open, regions_own
from services.ledger.clearing import CLEARING, Clearing, check_there
from services.ledger.crossing import CROSSING, Crossing, hold_of, posting_of
from services.ledger.hold import HOLD, freed
from services.ledger.place import check_place
from services.ledger.seat import account_used, stands_for
from services.ledger.transfer import Links, Postings

# Beginning one


def give(command: GiveAcross, context: Context, state: State) -> list[Event]:
    """To someone in another region. The giver's hours are held until that region has answered."""
    check_place(state, context, command.from_account_id)
    giver = check_open(account_used(state, command.from_account_id))
    check_not_regions(giver)
    found = _agreed_with(state, command.peer)
    _check_unused(state, context.command_id)
    if not giver.can_spare(command.minutes):
        raise Rejected(
            "below_floor",
            f"Dit kan nu niet: er kunnen nog {giver.spare_minutes} minuten af. Geef minder, of later.",
            f"Not possible now: {giver.spare_minutes} minutes can still be given. Give less, or later.",
            left_minutes=giver.spare_minutes,
        )
    _check_room(found, command.minutes)
    return [
        _held(hold_of(context.command_id), giver, command.minutes, command.peer),
        TransferOffered(
            crossing_id=context.command_id,
            peer=command.peer,
            payer_id=command.from_account_id,
            payee_id=command.to_account_id,
            minutes=command.minutes,
            kind="gift",
        ),
    ]


def propose_settlement(command: ProposeSettlement, context: Context, state: State) -> list[Event]:
    """Who is owed proposes: it is its claim that ends. The other side agrees, and both book it."""
    check_whole_region(context)
    found = _agreed_with(state, command.peer)
    _check_unused(state, context.command_id)
    owed = -found.position_minutes - found.outgoing_minutes
    if command.minutes > owed:
        raise Rejected(
            "more_than_owed",
            f"Deze regio staat bij ons nu voor {max(0, owed)} minuten in het krijt. Stel minder voor; "
            "staan wij in het krijt, dan stelt de andere regio het voor.",
            f"This region owes us {max(0, owed)} minutes now. Propose less; "
            "where we owe them, the other region proposes it.",
            owed_minutes=max(0, owed),
        )
    return [
        TransferOffered(
            crossing_id=context.command_id,
            peer=command.peer,
            payer_id=SETTLED,
            payee_id=None,
            minutes=command.minutes,
            kind="settlement",
        )
    ]


def hold_for_loan(command: HoldForLoan, context: Context, state: State) -> list[Event]:
    """Set apart what help of another region may cost, and its room under the cap; or say why not."""
    account = account_used(state, command.account_id)
    reason = _why_not(account, command.peer, command.minutes, command.floor_minutes, state)
    if account is None or reason is not None:
        return [
            HoldRefused(
                hold_id=command.hold_id,
                account_id=account.account_id if account is not None else command.account_id,
                minutes=command.minutes,
                reason=reason or "no_account",
                peer=command.peer,
            )
        ]
    return [_held(command.hold_id, account, command.minutes, command.peer)]


def offer_for_loan(command: OfferForLoan, context: Context, state: State) -> list[Event]:
    """The minutes that both agreed on, out of what was held for the loan: the offer has a hold of its own.

    More than was held only above the floor and within the cap.
    """
    crossing_id = uuid5(command.loan_id, f"transfer/{command.attempt}")
    if state.get(CROSSING, crossing_id) is not None:
        return []
    hold = state.get(HOLD, command.loan_id)
    held = hold.minutes if hold is not None and hold.held else 0
    account = (
        state.get(ACCOUNT, hold.account_id)
        if hold is not None and hold.held
        else account_used(state, command.account_id)
    )
    reason = _why_not(account, command.peer, command.minutes - held, BOTTOMLESS, state)
    if account is None or reason is not None:
        return [
            TransferReleased(
                crossing_id=crossing_id,
                peer=command.peer,
                payer_id=command.account_id,
                minutes=command.minutes,
                kind="help",
                about=command.loan_id,
                reason=reason or "no_account",
                offered=False,
            )
        ]
    return [
        *freed(hold),
        _held(hold_of(crossing_id), account, command.minutes, command.peer),
        TransferOffered(
            crossing_id=crossing_id,
            peer=command.peer,
            payer_id=command.account_id,
            payee_id=command.payee_id,
            minutes=command.minutes,
            kind="help",
            about=command.loan_id,
        ),
    ]


def _why_not(
    account: Account | None, peer: str, more_minutes: int, floor_minutes: int, state: State
) -> str | None:
    """Why so many minutes more cannot be set apart for a peer; None when they can."""
    found = state.get(CLEARING, clearing_id(peer))
    if account is None or account.closed:
        return "no_account"
    if account.available_minutes - more_minutes < max(account.floor_minutes, floor_minutes):
        return "below_floor"
    if found is not None and found.ended:
        return "peer_left"
    return "clearing_cap" if found is None or found.room_out < more_minutes else None


def _held(hold_id: UUID, account: Account, minutes: int, peer: str) -> HoldPlaced:
    return HoldPlaced(hold_id=hold_id, account_id=account.account_id, minutes=minutes, peer=peer)


def _agreed_with(state: State, peer: str) -> Clearing:
    """What is cleared with a peer with which there is a cap. Raises Rejected."""
    found = state.get(CLEARING, clearing_id(peer))
    check_there(found)
    if found is None or not found.cap_minutes:
        raise Rejected(
            "no_cap",
            "Met deze regio is nog geen grens afgesproken. Stel eerst een grens voor; daarna kunnen er uren "
            "heen en weer.",
            "No limit was agreed with this region yet. Propose one first; then hours can go to and fro.",
        )
    return found


def _check_room(found: Clearing, minutes: int) -> None:
    if found.room_out < minutes:
        left = max(0, found.room_out)
        raise Rejected(
            "clearing_cap",
            f"Naar deze regio kunnen nu nog {left} minuten. Geef minder, of vereffen eerst.",
            f"At most {left} minutes can go to this region now. Give less, or have the regions settle first.",
            left_minutes=left,
        )


def _check_unused(state: State, crossing_id: UUID) -> None:
    if state.get(CROSSING, crossing_id) is not None:
        raise Rejected(
            "used_before",
            "Dit nummer is al eens gebruikt voor een overdracht tussen regio's. Begin opnieuw.",
            "This id was used for a transfer between regions before. Please start anew.",
        )


# What the peer says of it


def take_acceptance(letter: TransferAcceptance, peer: str, state: State) -> list[Event]:
    found = _ours(state, letter.transfer_id, peer)
    if found is None:
        return _unknown(state, letter.transfer_id, peer)
    return _accepted(found, state)


def take_rejection(letter: TransferRejection, peer: str, state: State) -> list[Event]:
    found = _ours(state, letter.transfer_id, peer)
    if found is not None and found.status == "offered":
        return released(found, letter.reason, state)
    if found is not None and found.status == "posted" and letter.reason == DIFFERS and not found.decided:
        return [found.strands("differs")]
    return []


def take_question(letter: TransferQuestion, peer: str, state: State) -> list[Event]:
    """The peer accepted, and never heard more of it."""
    found = _ours(state, letter.transfer_id, peer)
    if found is None:
        return _unknown(state, letter.transfer_id, peer)
    if found.status == "posted":
        return [found.answered("posted")]
    return _accepted(found, state)


def _ours(state: State, transfer_id: UUID, peer: str) -> Crossing | None:
    found = state.get(CROSSING, transfer_id)
    return found if found is not None and found.ours and found.peer == peer else None


def _unknown(state: State, transfer_id: UUID, peer: str) -> list[Event]:
    """We were put back, and know it no more: it is nothing, for ever. Another's id is no peer's business."""
    if state.get(CROSSING, transfer_id) is not None:
        return []
    return [TransferVoided(crossing_id=transfer_id, peer=peer, transfer_id=transfer_id, minutes=0, by="us")]


def _accepted(found: Crossing, state: State) -> list[Event]:
    match found.status:
        case "offered":
            return posted(found, state)
        case "posted":
            return []
        case _:
            return [found.answered("void")]


def posted(found: Crossing, state: State) -> list[Event]:
    """It goes on: out of its hold, on the account that the hold is on by now."""
    postings = Postings(posting_of(found.crossing_id))
    clearing = state.get(ACCOUNT, clearing_account(found.peer))
    assert clearing is not None, "an offer is made under a cap only"
    if found.kind == "settlement":
        postings.move(found.minutes, regions_own(state, SETTLED), clearing, "clearing", peer=found.peer)
    else:
        hold = state.get(HOLD, hold_of(found.crossing_id))
        payer = state.get(ACCOUNT, hold.account_id) if hold is not None and hold.held else None
        assert hold is not None
        assert payer is not None, "what is offered stays held until there is an answer"
        links = Links(hold_minutes=hold.minutes, match_id=hold.hold_id, peer=found.peer)
        if found.payer_id is not None:
            links["payer_id"] = stands_for(payer.account_id, found.payer_id)
        postings.move(found.minutes, payer, clearing, "clearing", **links)
    posted = TransferPosted(
        crossing_id=found.crossing_id,
        peer=found.peer,
        payer_id=found.payer_id or SETTLED,
        payee_id=found.payee_id,
        minutes=found.minutes,
        kind=_kind(found),
        about=found.about,
    )
    return [*postings.noted(), posted]


def released(found: Crossing, reason: str, state: State) -> list[Event]:
    """It does not go on: what was held is free."""
    return [
        *freed(state.get(HOLD, hold_of(found.crossing_id))),
        TransferReleased(
            crossing_id=found.crossing_id,
            peer=found.peer,
            payer_id=found.payer_id or SETTLED,
            minutes=found.minutes,
            kind=_kind(found),
            about=found.about,
            reason=reason,
            offered=True,
        ),
    ]


def _kind(found: Crossing) -> TransferKind:
    return found.kind or "gift"
