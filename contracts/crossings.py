"""Transfers between regions: each posts on both sides or on neither. Emitted and decided by the ledger.

    home                                        peer
    hold ─ TransferOffered ──────────────────▶ TransferAccepted (binds) or TransferRejected
    TransferPosted ◀────────────────────────── accepted
        └──────────────────────────────────▶ TransferReceived
    TransferReleased ◀──────────────────────── rejected, or never heard of

Whoever waits too long for the other asks by transfer id (TransferAsked); until there is an answer
nothing is released. What one side never heard of it refuses for ever when it is asked. Where no answer
comes by itself any more, because the peer left, posted something else, or forgot what it had posted, a person
finds out (TransferStranded, TransferDecided).
"""

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import Field

from contracts.clearing import Side, clearing_account
from contracts.common import Peer
from contracts.envelope import Command, Event, VaultEntry
from contracts.freetext import Text
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

CrossingStatus = Literal[
    "offered", "asked", "accepted", "rejected", "posted", "differs", "released", "void", "taken_back"
]
"""`offered`: by us. `asked`: theirs waits for a person here. `accepted`: theirs, and it binds us.
`differs`: they posted something else. `taken_back`: theirs was posted, and undone since they forgot it."""

StrandedBecause = Literal["peer_left", "undelivered", "differs", "forgotten"]
"""Why a transfer waits for a person.

peer_left    the peer left before it answered     undelivered   it left before it heard that we posted
differs      what was posted is not what was accepted: the side that receives did not book it
forgotten    posted here, and who pays knows nothing of it: it was put back to an older copy
"""

DIFFERS = "differs"
"""The reason in a rejection of what was posted already."""


def received_id(peer: str, transfer_id: UUID) -> UUID:
    """The id here of a transfer that a peer began: no peer can touch what is not its own."""
    return uuid5(clearing_account(peer), str(transfer_id))


# Events


class OfCrossing(ForPeer):
    """About one transfer between this region and a peer. `transfer_id` is what who pays calls it."""

    ENTITY: ClassVar[str] = "crossing"
    crossing_id: UUID


class OurTransfer(OfCrossing):
    """Ours, with all its terms. `payer_id` is our member (or SETTLED), `payee_id` the peer's.

    `about`: the loan it is for.
    """

    payer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None


class TheirTransfer(OfCrossing):
    """Theirs, with all its terms: `payee_id` is our member."""

    transfer_id: UUID
    payee_id: UUID | None
    minutes: int
    kind: TransferKind
    about: UUID | None = None


class TransferOffered(OurTransfer):
    """Ours, to the peer: the minutes are held on the payer's account and count for the cap."""

    FIRST: ClassVar[bool] = True

    def letter(self) -> Letter | None:
        return TransferOffer(transfer_id=self.crossing_id, **_terms(self))


class SettlementProposed(OfCrossing):
    """Theirs: the peer, which is owed, proposes that its position on us be settled. Someone here answers."""

    transfer_id: UUID
    minutes: int


class TransferAccepted(TheirTransfer):
    """Theirs, and we accept: what they post we post."""

    def letter(self) -> Letter | None:
        return TransferAcceptance(transfer_id=self.transfer_id)


class TransferRejected(OfCrossing):
    """Theirs, and we never accept it."""

    transfer_id: UUID
    minutes: int
    kind: TransferKind | None
    reason: str

    def letter(self) -> Letter | None:
        return TransferRejection(transfer_id=self.transfer_id, reason=self.reason)


class TransferPosted(OurTransfer):
    """Ours: the peer accepted, and it is posted here."""

    def letter(self) -> Letter | None:
        return TransferPosting(transfer_id=self.crossing_id, **_terms(self))


class TransferReceived(TheirTransfer):
    """Theirs: they posted it, and so did we. `accepted`: we had said we would.

    `beyond`: we had not, and it passes the cap: it is on SUSPENSE, unless a person said otherwise.
    """

    accepted: bool
    beyond: bool = False


class TransferDiffered(TheirTransfer):
    """Theirs: they posted what we had not accepted so. It is not booked here, and the peer hears that.

    The terms are those of their posting. `accepted_minutes` we had said yes to, and wait for no more.
    """

    accepted_minutes: int

    def letter(self) -> Letter | None:
        return TransferRejection(transfer_id=self.transfer_id, reason=DIFFERS)


class TransferReleased(OfCrossing):
    """Ours: it does not go on, and what was held is free. `offered`: the peer had been asked."""

    payer_id: UUID
    minutes: int
    kind: TransferKind
    about: UUID | None = None
    reason: str
    offered: bool


class TransferTakenBack(OfCrossing):
    """Theirs: it was posted here, nothing of it is there, and by a linked reversal neither is it here."""

    transfer_id: UUID
    minutes: int
    kind: TransferKind


class TransferAsked(OfCrossing):
    """It is long since we offered (`asks`: payer) or accepted (payee): we ask what became of it."""

    transfer_id: UUID
    asks: Literal["payer", "payee"]
    times: int

    def letter(self) -> Letter | None:
        return TransferQuestion(transfer_id=self.transfer_id, asks=self.asks)


class TransferAnswered(OfCrossing):
    """The peer asked, or said something that we had answered before: it hears the same again."""

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
                return TransferPosting(transfer_id=self.transfer_id, **_terms(self))
            case "void":
                return TransferVoid(transfer_id=self.transfer_id)


class TransferVoided(OfCrossing):
    """`by` us: the peer asks for a transfer of ours that we do not know, and never will. By them: theirs
    that we had accepted (`minutes`) does not come."""

    transfer_id: UUID
    minutes: int
    by: Side

    def letter(self) -> Letter | None:
        return TransferVoid(transfer_id=self.transfer_id) if self.by == "us" else None


class TransferStranded(OfCrossing):
    """Nothing more is heard of it by itself: someone calls the other region, and says how it stands there.

    Version 2: `forgotten` is a reason too.
    """

    VERSION: ClassVar[int] = 2
    reason: StrandedBecause


class TransferDecided(OfCrossing):
    """Someone called the other region. `booked`: there it is booked, or will be. Here it follows."""

    booked: bool


def _terms(event: OurTransfer | TransferAnswered) -> dict[str, Any]:
    """What a letter says of a transfer, beside its id."""
    return {
        "payee_id": event.payee_id,
        "minutes": event.minutes,
        "kind": event.kind or "gift",
        "about": event.about,
    }


EVENTS: tuple[type[Event], ...] = (
    TransferOffered,
    SettlementProposed,
    TransferAccepted,
    TransferRejected,
    TransferPosted,
    TransferReceived,
    TransferDiffered,
    TransferTakenBack,
    TransferReleased,
    TransferAsked,
    TransferAnswered,
    TransferVoided,
    TransferStranded,
    TransferDecided,
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


class DecideTransfer(Command):
    """Say how a stranded transfer stands in the other region, after talking with it; here it follows.

    `booked`: there it is booked, or will be. Else nothing of it is or will be, and what they sent
    and was booked here is taken back.
    """

    crossing_id: UUID
    booked: bool
    note: Annotated[Text, Field(min_length=1)]


class EndTransfer(DecideTransfer):
    """`DecideTransfer`, with whom of ours the note is about."""

    member_id: UUID

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("crossing", command_id, self.member_id, {"text": self.note}),)


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


class NoteUndelivered(Command):
    """From link: the peer left the network before it took this letter; it never will."""

    transfer_id: UUID
    letter: Literal["TransferOffer", "TransferPosting"]


class AskAboutTransfer(Command):
    """From a timer: no answer came for a long time."""

    crossing_id: UUID
    times: int


class SeeToTransfers(Command):
    """From a timer: the peer left or came back; these transfers with it have no end yet."""

    peer: str
    crossing_ids: tuple[UUID, ...] = ()


COMMANDS: tuple[type[Command], ...] = (GiveAcross, ProposeSettlement, AnswerSettlement, DecideTransfer)
