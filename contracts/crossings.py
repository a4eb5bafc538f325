"""Transfers between regions: each posts on both sides or on neither. Emitted and decided by the ledger.

    home                                        peer
    hold ─ TransferOffered ──────────────────▶ TransferAccepted (binds) or TransferRejected
    TransferPosted ◀────────────────────────── accepted
        └──────────────────────────────────▶ TransferReceived
    TransferReleased ◀──────────────────────── rejected, or never heard of

Whoever waits too long for the other asks by transfer id (TransferAsked); until there is an answer
nothing is released. What one side never heard of it refuses for ever when it is asked.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import Field

from contracts.clearing import Side, clearing_account
from contracts.common import Peer
from contracts.envelope import Command, Event
from contracts.letters import (
    CapAnswer,
    CapProposal,
    ForPeer,
    Letter,
    Reckoning,
    ReckoningAnswer,
    TransferAcceptance,
    TransferKind,
    TransferOffer,
    TransferPosting,
    TransferQuestion,
    TransferRejection,
    TransferVoid,
)

SETTLED = UUID(int=6)
"""The other side of positions that two regions settled between themselves, outside of the hours."""

CrossingStatus = Literal["offered", "asked", "accepted", "rejected", "posted", "released", "void"]
"""`offered`: by us. `asked`: theirs waits for a person here. `accepted`: theirs, and it binds us."""


def received_id(peer: str, transfer_id: UUID) -> UUID:
    """The id here of a transfer that a peer began: no peer can touch what is not its own."""
    return uuid5(clearing_account(peer), str(transfer_id))


# Events


class TransferOffered(ForPeer):
    """Ours, to the peer: the minutes are held on the payer's account and count for the cap.

    `payer_id` is our member (or SETTLED), `payee_id` the peer's. `about`: the loan it is for.
    """

    ENTITY: ClassVar[str] = "crossing"
    FIRST: ClassVar[bool] = True
    crossing_id: UUID
    payer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None

    def letter(self) -> Letter | None:
        return TransferOffer(
            transfer_id=self.crossing_id,
            payee_id=self.payee_id,
            minutes=self.minutes,
            kind=self.kind,
            about=self.about,
        )


class SettlementProposed(Event):
    """Theirs: the peer, which is owed, proposes that its position on us be settled. Someone here answers."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    peer: str
    transfer_id: UUID
    minutes: int


class TransferAccepted(ForPeer):
    """Theirs, and we accept: what they post we post."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    transfer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None

    def letter(self) -> Letter | None:
        return TransferAcceptance(transfer_id=self.transfer_id)


class TransferRejected(ForPeer):
    """Theirs, and we never accept it."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    transfer_id: UUID
    minutes: int
    kind: TransferKind | None
    reason: str

    def letter(self) -> Letter | None:
        return TransferRejection(transfer_id=self.transfer_id, reason=self.reason)


class TransferPosted(ForPeer):
    """Ours: the peer accepted, and it is posted here."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    payer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None

    def letter(self) -> Letter | None:
        return TransferPosting(
            transfer_id=self.crossing_id,
            payee_id=self.payee_id,
            minutes=self.minutes,
            kind=self.kind,
            about=self.about,
        )


class TransferReceived(Event):
    """Theirs: they posted it, and so did we. `accepted`: we had said we would."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    peer: str
    transfer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None
    accepted: bool


class TransferReleased(Event):
    """Ours: it does not go on, and what was held is free. `offered`: the peer had been asked."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    peer: str
    payer_id: UUID
    minutes: int
    kind: TransferKind
    about: UUID | None = None
    reason: str
    offered: bool


class TransferAsked(ForPeer):
    """It is long since we offered (`asks`: payer) or accepted (payee): we ask what became of it."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    transfer_id: UUID
    asks: Literal["payer", "payee"]
    times: int

    def letter(self) -> Letter | None:
        return TransferQuestion(transfer_id=self.transfer_id, asks=self.asks)


class TransferAnswered(ForPeer):
    """The peer asked, or said something that we had answered before: it hears the same again."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    transfer_id: UUID
    answer: Literal["accepted", "rejected", "posted", "void"]
    payee_id: UUID | None = None
    minutes: int
    kind: TransferKind | None = None
    about: UUID | None = None
    reason: str = ""

    def letter(self) -> Letter | None:
        match self.answer:
            case "accepted":
                return TransferAcceptance(transfer_id=self.transfer_id)
            case "rejected":
                return TransferRejection(transfer_id=self.transfer_id, reason=self.reason)
            case "posted":
                return TransferPosting(
                    transfer_id=self.transfer_id,
                    payee_id=self.payee_id,
                    minutes=self.minutes,
                    kind=self.kind or "gift",
                    about=self.about,
                )
            case "void":
                return TransferVoid(transfer_id=self.transfer_id)


class TransferVoided(ForPeer):
    """`by` us: the peer asks for a transfer of ours that we do not know, and never will. By them: theirs
    that we had accepted (`minutes`) does not come."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID
    transfer_id: UUID
    minutes: int
    by: Side

    def letter(self) -> Letter | None:
        return TransferVoid(transfer_id=self.transfer_id) if self.by == "us" else None


EVENTS: tuple[type[Event], ...] = (
    TransferOffered,
    SettlementProposed,
    TransferAccepted,
    TransferRejected,
    TransferPosted,
    TransferReceived,
    TransferReleased,
    TransferAsked,
    TransferAnswered,
    TransferVoided,
)


# Commands


class GiveAcross(Command):
    """Give minutes to someone in another region. The transfer's id is the command's."""

    from_account_id: UUID
    peer: Peer
    to_account_id: UUID
    minutes: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class ProposeSettlement(Command):
    """By the region that is owed: settle `minutes` of the position, as agreed with the other region."""

    peer: Peer
    minutes: Annotated[int, Field(strict=True, ge=1, le=600_000)]


class AnswerSettlement(Command):
    """Agree that the position is settled, or not. `crossing_id` is that of SettlementProposed."""

    crossing_id: UUID
    agree: bool


class HoldForLoan(Command):
    """From exchange: a helper of another region was chosen; set apart what it may cost."""

    hold_id: UUID
    account_id: UUID
    peer: str
    minutes: int
    floor_minutes: int


class OfferForLoan(Command):
    """From exchange: both agree on the minutes; what was held for the loan is transferred."""

    loan_id: UUID
    attempt: int
    account_id: UUID
    peer: str
    payee_id: UUID
    minutes: int


class TakeClearingLetter(Command):
    """From link: what a peer wrote about hours."""

    peer: str
    letter: (
        TransferOffer
        | TransferAcceptance
        | TransferRejection
        | TransferPosting
        | TransferQuestion
        | TransferVoid
        | CapProposal
        | CapAnswer
        | Reckoning
        | ReckoningAnswer
    )


class GiveUpTransfer(Command):
    """From link: the peer left the network before it took this offer; it never will."""

    crossing_id: UUID


class AskAboutTransfer(Command):
    """From a timer: no answer came for a long time."""

    crossing_id: UUID
    times: int


COMMANDS: tuple[type[Command], ...] = (GiveAcross, ProposeSettlement, AnswerSettlement)
