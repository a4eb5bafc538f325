"""Two people, another region with a cap, and hours that go to it and come from it, for tests."""

from uuid import UUID

from contracts.clearing import (
    CapAgreed,
    ClearingOpened,
    clearing_account,
    clearing_id,
)
from contracts.crossings import (
    GiveAcross,
    TakeClearingLetter,
    TransferAccepted,
    TransferOffered,
    TransferPosted,
    TransferReceived,
    TransferRejected,
    TransferReleased,
    TransferStranded,
    received_id,
)
from contracts.envelope import Event
from contracts.ledger import (
    CreditTransferred,
    HoldPlaced,
)
from contracts.letters import (
    Letter,
    TransferOffer,
    TransferPosting,
)
from services.kernel.testing import COMMAND_ID
from services.ledger.account import BOTTOMLESS
from services.ledger.crossing import hold_of, posting_of
from tests.unit.accounts import TWO_ACCOUNTS, opened
from tests.unit.neighbours import ANNA, BRAM, ledger

given = ledger.given

PEER = "delft"
HOURS = clearing_account(PEER)
WITH = {"clearing_id": clearing_id(PEER), "peer": PEER}
PROPOSAL, LOAN, FAR = UUID(int=0x77), UUID(int=0x78), UUID(int=0x79)
"""`FAR` is someone in the other region."""

PEER_KNOWN: tuple[Event, ...] = (ClearingOpened(**WITH), opened(HOURS, BOTTOMLESS, kind="clearing"))


def capped(minutes: int = 120) -> tuple[Event, ...]:
    """Anna and Bram, and a peer with which there is a cap."""
    agreed = CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=minutes, by="them")
    return (*TWO_ACCOUNTS, *PEER_KNOWN, agreed)


def letter(about: Letter, peer: str = PEER) -> TakeClearingLetter:
    return TakeClearingLetter.model_validate({"peer": peer, "letter": about})


GIVE = GiveAcross(from_account_id=ANNA, peer=PEER, to_account_id=FAR, minutes=60)
HELD = HoldPlaced(hold_id=hold_of(COMMAND_ID), account_id=ANNA, minutes=60, peer=PEER)
OFFERED = TransferOffered(
    crossing_id=COMMAND_ID, peer=PEER, payer_id=ANNA, payee_id=FAR, minutes=60, kind="gift"
)
GIVEN = (HELD, OFFERED)
POSTED = (
    CreditTransferred(
        transfer_id=posting_of(COMMAND_ID),
        from_account_id=ANNA,
        to_account_id=HOURS,
        minutes=60,
        hold_minutes=60,
        match_id=hold_of(COMMAND_ID),
        kind="clearing",
        peer=PEER,
    ),
    TransferPosted(crossing_id=COMMAND_ID, peer=PEER, payer_id=ANNA, payee_id=FAR, minutes=60, kind="gift"),
)


def released(reason: str, *, offered: bool = True) -> TransferReleased:
    return TransferReleased(
        crossing_id=COMMAND_ID,
        peer=PEER,
        payer_id=ANNA,
        minutes=60,
        kind="gift",
        reason=reason,
        offered=offered,
    )


THEIRS = UUID(int=0x99)
HERE = received_id(PEER, THEIRS)
OFFER = TransferOffer(transfer_id=THEIRS, payee_id=BRAM, minutes=60, kind="gift")
ACCEPTED = TransferAccepted(
    crossing_id=HERE, peer=PEER, transfer_id=THEIRS, payee_id=BRAM, minutes=60, kind="gift"
)
POSTING = letter(TransferPosting(transfer_id=THEIRS, payee_id=BRAM, minutes=60, kind="gift"))


FORGOTTEN = TransferStranded(crossing_id=HERE, peer=PEER, reason="forgotten")


def received(*, accepted: bool = True, beyond: bool = False) -> TransferReceived:
    return TransferReceived(
        crossing_id=HERE,
        peer=PEER,
        transfer_id=THEIRS,
        payee_id=BRAM,
        minutes=60,
        kind="gift",
        accepted=accepted,
        beyond=beyond,
    )


def entry(to: UUID = BRAM, *, payee_id: UUID | None = None) -> CreditTransferred:
    return CreditTransferred(
        transfer_id=posting_of(HERE),
        from_account_id=HOURS,
        to_account_id=to,
        minutes=60,
        kind="clearing",
        payee_id=payee_id,
        peer=PEER,
    )


def rejected(reason: str, minutes: int = 60, kind: str | None = "gift") -> TransferRejected:
    return TransferRejected.model_validate(
        {
            "crossing_id": HERE,
            "peer": PEER,
            "transfer_id": THEIRS,
            "minutes": minutes,
            "kind": kind,
            "reason": reason,
        }
    )
