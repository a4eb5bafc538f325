"""Letters: what regions write to each other.

A letter is about one thing, its thread: a transfer between the regions, help that was sought. Letters
are carried by the link (services/link), each once, those of one thread in their order. They carry
pseudonymous ids, codes, numbers and times, never what a person is called or wrote.

A region reads a version a release before others write it, and ignores fields it does not know. A
letter's name is part of the contract, as an event's is. What it may hold is bounded by the types of the
commands that lead to it: a peer that writes anything else is refused.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.common import Cap, Code, Minutes, Moment, Pc4, Urgency, Wish
from contracts.envelope import Event, UnknownEvent


class Letter(BaseModel):
    """What one region writes to another. `THREAD` names the field that says what it is about."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    VERSION: ClassVar[int] = 1
    THREAD: ClassVar[str]

    @property
    def thread_id(self) -> UUID:
        """What it is about: letters of one thread are read in the order in which they were written."""
        found: UUID = getattr(self, self.THREAD)
        return found


class ForPeer(Event):
    """An event that another region hears of: the link writes its letter to `peer`, that region's token."""

    peer: str

    def letter(self) -> Letter | None:
        """What is written to the peer; None where this is only told here."""
        return None


# Hours

Total = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
"""A count, or minutes of many transfers together: what JSON carries without loss."""

Amount = Annotated[int, Field(strict=True, gt=-(2**53), lt=2**53)]
"""Minutes of a transfer. What cannot be is for the ledger to refuse, and for people to see."""

TransferKind = Literal["help", "gift", "settlement"]
"""For help that was lent, given by someone to someone, or of the regions themselves to settle a position."""


class AboutTransfer(Letter):
    """`transfer_id` is given by the region whose account pays, and counts for ever."""

    THREAD: ClassVar[str] = "transfer_id"
    transfer_id: UUID


class TransferOffer(AboutTransfer):
    """We set `minutes` apart for `payee_id` of yours; do you accept?

    `kind`: help (of the loan `about`), gift, or settlement (of our position on you; no payee).
    """

    payee_id: UUID | None
    minutes: Amount
    kind: TransferKind
    about: UUID | None = None


class TransferAcceptance(AboutTransfer):
    """We accept. This binds us: what you post we post, also where an account closes meanwhile."""


class TransferRejection(AboutTransfer):
    """We do not accept, and never will: release what you hold."""

    reason: Code


class TransferPosting(AboutTransfer):
    """We posted it; so do you now. Complete in itself, for who lost the offer."""

    payee_id: UUID | None
    minutes: Amount
    kind: TransferKind
    about: UUID | None = None


class TransferQuestion(AboutTransfer):
    """What became of this transfer? From who pays (`asks`: payer) or who receives (payee).

    Who never heard of it says so for ever: by a rejection or a voiding.
    """

    asks: Literal["payer", "payee"]


class TransferVoid(AboutTransfer):
    """We know no such transfer of ours: what you accepted is nothing."""


class CapProposal(Letter):
    """Let the position between us be at most `minutes`, either way."""

    THREAD: ClassVar[str] = "proposal_id"
    proposal_id: UUID
    minutes: Cap


class CapAnswer(Letter):
    THREAD: ClassVar[str] = "proposal_id"
    proposal_id: UUID
    minutes: Cap
    agreed: bool
    reason: Code | None = None


class Reckoning(Letter):
    """What we posted to you so far: `count` transfers, together `total_minutes`."""

    THREAD: ClassVar[str] = "reckoning_id"
    reckoning_id: UUID
    count: Total
    total_minutes: Total


class ReckoningAnswer(Letter):
    """What we have of it. Where it should be the same and is not, both sides show it; people repair it."""

    THREAD: ClassVar[str] = "reckoning_id"
    reckoning_id: UUID
    count: Total
    total_minutes: Total
    agrees: bool


# Help


class AboutLoan(Letter):
    """`loan_id` is given by the region that seeks help."""

    THREAD: ClassVar[str] = "loan_id"
    loan_id: UUID


class HelpAppeal(AboutLoan):
    """Someone of ours needs help: can you lend a helper? `minutes` long, at `wanted_at` (UTC) if known.

    `counted`: the helper receives hours for it.
    """

    category: Code
    minutes: Minutes
    pc4: Pc4
    wanted_at: Moment | None = None
    urgency: Urgency = "normal"
    wish: Wish = "none"
    counted: bool = True


class HelperProposal(AboutLoan):
    """This helper of ours could do it; their time is reserved. `helper_id` tells you nothing."""

    helper_id: UUID
    pc4: Pc4


class HelperChoice(AboutLoan):
    """Yes please: ask them. The hours for it are set apart."""


class PersonAgreement(AboutLoan):
    """Our person agrees, and that you may ask how to reach them."""


class MinutesReport(AboutLoan):
    """How long it took, says our person."""

    minutes: Minutes


class LoanSettlement(AboutLoan):
    """We booked it: `minutes` are what both said, or the lower of the two."""

    minutes: Minutes


class LoanEnd(AboutLoan):
    """It does not go on; what you reserved for it is free again."""

    reason: Code


LETTERS: dict[str, type[Letter]] = {
    letter.__name__: letter
    for letter in (
        TransferOffer,
        TransferAcceptance,
        TransferRejection,
        TransferPosting,
        TransferQuestion,
        TransferVoid,
        CapProposal,
        CapAnswer,
        Reckoning,
        ReckoningAnswer,
        HelpAppeal,
        HelperProposal,
        HelperChoice,
        PersonAgreement,
        MinutesReport,
        LoanSettlement,
        LoanEnd,
    )
}

LETTER_UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(letter name, version it reads) to the function that gives the next version's data."""


def read_letter(name: str, version: int, data: dict[str, Any]) -> Letter:
    """The letter `name` as today's class, whatever version it was written in.

    Raises UnknownEvent for a name or version from the future (its thread waits for an upgrade), and
    pydantic's ValidationError for data that is not what the contract says.
    """
    kind = LETTERS.get(name)
    if kind is None or version > kind.VERSION:
        raise UnknownEvent(f"letter {name} v{version}")
    while version < kind.VERSION:
        data = LETTER_UPCASTERS[name, version](data)
        version += 1
    return kind.model_validate(data)
