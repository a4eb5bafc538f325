"""Lending help: regions that help each other. Emitted and decided by exchange.

A loan is about one request for help and one other region; both regions know it, each with its own person.

    asks                                          helps
    HelpSought ────────────────────────────────▶ HelpAsked
    HelperOffered ◀───────────────────────────── HelperLent (their helper's time is reserved there)
    HelperTaken (the asker's hours are held)
    HelperConfirmed ───────────────────────────▶ HelperWanted
    PersonAgreed ◀─────────────────────────────▶ PersonAgreed
    LoanConfirmed                                 LoanConfirmed: each may ask how to reach the other's person
    LoanMinutesReported ◀──────────────────────▶ LoanMinutesReported
    LoanMinutesAgreed ─▶ ledger ─▶ LoanCompleted ▶ LoanCompleted
    LoanEnded ◀────────────────────────────────▶ LoanEnded, by either, until minutes were reported

Nothing waits for ever: a step that nobody takes is brought to the coordinator's mind (LoanReminded), and
then it ends (`no_answer`); what the region that asked knows no more, since it was put back to an older copy
(LoanForgotten), a person ends. Who called it off while the other's minutes were on their way reads them
nevertheless: a coordinator talks about it and says so (LoanResolved).

What another region hears of it has no personal data: a category, minutes, a postcode area, times, wishes,
and ids that mean nothing there.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import Field

from contracts.clearing import Side
from contracts.common import Minutes, Peer
from contracts.envelope import Command, Event, Query, View
from contracts.letters import (
    ForPeer,
    HelpAppeal,
    HelperChoice,
    HelperProposal,
    Letter,
    LoanEnd,
    LoanSettlement,
    MinutesReport,
    PersonAgreement,
)

LOAN_SPACE = UUID("0c7d5b9a-7f0e-5b51-9d6a-2f4e8a1b6c35")

LoanStatus = Literal[
    "sought", "asked", "offered", "taken", "wanted", "confirmed", "agreed", "unbooked", "completed", "ended"
]
"""`sought` by us, `asked` by them; `offered`: a helper was named; `taken`: the hours are being held;
`wanted`: both coordinators want it, and the two people are asked."""

EndReason = Literal[
    "declined",
    "withdrawn",
    "found_elsewhere",
    "below_floor",
    "clearing_cap",
    "no_account",
    "cancelled",
    "helper_withdrew",
    "paused",
    "vog_lapsed",
    "consent_withdrawn",
    "left",
    "peer_left",
    "no_answer",
]
"""Why a loan does not go on. Events carry it as text: a new reason is no new version."""


def lent_id(peer: str, loan_id: UUID) -> UUID:
    """The id here of a loan that a peer began: no peer can touch what is not its own."""
    return uuid5(LOAN_SPACE, f"{peer}/{loan_id}")


# Events


class AboutLoan(ForPeer):
    """`thread_id` is the loan's id in letters: the one that the region which asks gave it."""

    ENTITY: ClassVar[str] = "loan"
    loan_id: UUID
    thread_id: UUID


class HelpSought(AboutLoan):
    """A coordinator shows a request to another region. `by` is their credential."""

    FIRST: ClassVar[bool] = True
    request_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    pc4: str
    wanted_at: datetime | None = None
    urgency: str = "normal"
    wish: str = "none"
    counted: bool = True
    floor_minutes: int = -600
    by: str = ""

    def letter(self) -> Letter | None:
        return HelpAppeal(
            loan_id=self.thread_id,
            category=self.category,
            minutes=self.minutes,
            pc4=self.pc4,
            wanted_at=self.wanted_at,
            urgency=self.urgency,
            wish=self.wish,
            counted=self.counted,
        )


class HelpAsked(AboutLoan):
    """Another region asks whether we can lend a helper."""

    category: str
    minutes: int
    pc4: str
    wanted_at: datetime | None = None
    urgency: str = "normal"
    wish: str = "none"
    counted: bool = True


class HelperLent(AboutLoan):
    """A coordinator proposes one of ours; what it takes of their week is reserved."""

    offer_id: UUID
    helper_id: UUID
    pc4: str
    category: str
    minutes: int
    wanted_at: datetime | None = None
    by: str = ""

    def letter(self) -> Letter | None:
        return HelperProposal(loan_id=self.thread_id, helper_id=self.helper_id, pc4=self.pc4)


class HelperOffered(AboutLoan):
    """Another region proposes one of theirs."""

    helper_id: UUID
    pc4: str


class HelperTaken(AboutLoan):
    """Our coordinator wants them; the ledger is asked to hold the asker's hours, where hours are counted."""

    request_id: UUID
    asker_id: UUID
    minutes: int
    floor_minutes: int
    counted: bool


class HelperConfirmed(AboutLoan):
    """The hours are held (or none are counted): the other region hears yes, and the two people are asked."""

    request_id: UUID
    asker_id: UUID

    def letter(self) -> Letter | None:
        return HelperChoice(loan_id=self.thread_id)


class HelperWanted(AboutLoan):
    """The other region wants our helper: they are asked."""

    helper_id: UUID


class PersonAgreed(AboutLoan):
    """`by` us: our person (`member_id`) agrees, and that the other region hears how to reach them."""

    by: Side
    member_id: UUID | None = None

    def letter(self) -> Letter | None:
        return PersonAgreement(loan_id=self.thread_id) if self.by == "us" else None


class LoanConfirmed(AboutLoan):
    """Both people agreed: it goes on, and each side may ask the other how to reach its person."""

    member_id: UUID
    side: Literal["asks", "helps"]
    category: str
    minutes: int
    wanted_at: datetime | None = None


class LoanMinutesReported(AboutLoan):
    """How long it took, by our person (`us`) or theirs."""

    by: Side
    member_id: UUID | None = None
    minutes: int

    def letter(self) -> Letter | None:
        return MinutesReport(loan_id=self.thread_id, minutes=self.minutes) if self.by == "us" else None


class LoanMinutesDiffered(AboutLoan):
    """Both said how long it took, and not the same: the coordinators talk, and whoever was wrong says it
    anew. Nothing is booked meanwhile."""

    our_minutes: int
    their_minutes: int


class LoanMinutesAgreed(AboutLoan):
    """At the asker's: both said the same, or nearly (the lower counts). The ledger may transfer them."""

    asker_id: UUID
    helper_id: UUID
    minutes: int
    counted: bool
    attempt: int


class LoanUnbooked(AboutLoan):
    """At the asker's: the hours could not be transferred; a coordinator must look at it, and try again."""

    minutes: int
    reason: str


class LoanCompleted(AboutLoan):
    """It is done, and booked where hours are counted. `helper_id` where the helper is ours."""

    side: Literal["asks", "helps"]
    member_id: UUID
    request_id: UUID | None = None
    helper_id: UUID | None = None
    minutes: int
    reserved_minutes: int
    category: str
    wanted_at: datetime | None = None
    counted: bool = True

    def letter(self) -> Letter | None:
        return LoanSettlement(loan_id=self.thread_id, minutes=self.minutes) if self.side == "asks" else None


TOLD = frozenset({"declined", "found_elsewhere", "withdrawn", "cancelled", "helper_withdrew", "no_answer"})
"""Why it ended, as another region hears it. What says more of a person (a certificate that lapsed, too
few hours, a guardian who no longer agrees) stays at home: they may know each other by name."""


class LoanEnded(AboutLoan):
    """It does not go on; what was reserved or held for it is free. `told`: our person knew of it.

    `helper_id` where the helper is ours and their time was reserved; `request_id` where the asker is,
    and `taken` when the request waited for it. `given`: someone said how long it took, so it may well
    have been: a coordinator talks with people before anything is told (LoanResolved).
    """

    by: Side
    reason: str
    told: bool
    member_id: UUID | None = None
    request_id: UUID | None = None
    taken: bool = False
    helper_id: UUID | None = None
    minutes: int
    category: str
    wanted_at: datetime | None = None
    given: bool = False

    def letter(self) -> Letter | None:
        if self.by == "them":
            return None
        return LoanEnd(loan_id=self.thread_id, reason=self.reason if self.reason in TOLD else "cancelled")


class LoanReminded(AboutLoan):
    """Half of the time for the next step has passed: at `until` it ends. For the own coordinator."""

    request_id: UUID | None = None
    member_id: UUID | None = None
    until: datetime


class LoanForgotten(AboutLoan):
    """The region that asked was put back to an older copy, and does not know any more that it did: nothing is
    heard of it by itself. A coordinator calls there, and ends it, also where minutes were reported."""

    member_id: UUID | None = None


class LoanResolved(AboutLoan):
    """A coordinator (`by`, their credential) talked about minutes that were reported of what had ended."""

    request_id: UUID | None = None
    member_id: UUID | None = None
    by: str


class LendingStopped(Event):
    """A peer left the network: whatever goes on with it ends here. It may come again, and leave again."""

    ENTITY: ClassVar[str] = "parting"
    FIRST: ClassVar[bool] = True
    parting_id: UUID
    peer: str


EVENTS: tuple[type[Event], ...] = (
    HelpSought,
    HelpAsked,
    HelperLent,
    HelperOffered,
    HelperTaken,
    HelperConfirmed,
    HelperWanted,
    PersonAgreed,
    LoanConfirmed,
    LoanMinutesReported,
    LoanMinutesDiffered,
    LoanMinutesAgreed,
    LoanUnbooked,
    LoanCompleted,
    LoanEnded,
    LoanReminded,
    LoanForgotten,
    LoanResolved,
    LendingStopped,
)


# Commands


class SeekHelp(Command):
    """Show a request to other regions. The loan with a region has an id made from the command's and it."""

    request_id: UUID
    peers: Annotated[tuple[Peer, ...], Field(min_length=1, max_length=10)]


class LendHelper(Command):
    """Propose the helper behind `offer_id` for what another region asks."""

    loan_id: UUID
    offer_id: UUID


class TakeHelper(Command):
    """Choose the helper that another region proposes."""

    loan_id: UUID


class AgreeToLoan(Command):
    """The own person agrees, and that the other region hears how to reach them."""

    loan_id: UUID
    member_id: UUID


class ReportLoanMinutes(Command):
    """Say how long the help took."""

    loan_id: UUID
    member_id: UUID
    minutes: Minutes


class EndLoan(Command):
    """Call it off, at any moment before someone said how long it took. `member_id`: whose wish it is."""

    loan_id: UUID
    member_id: UUID | None = None


class RetryLoan(Command):
    """Transfer the hours again, where they could not be transferred."""

    loan_id: UUID


class ResolveLoan(Command):
    """Say that the minutes which were reported of what had ended were talked about: nothing waits any more.

    Hours that go nevertheless are given by hand (GiveAcross).
    """

    loan_id: UUID


class RemindOfLoan(Command):
    """From a timer: was the step after `status` taken? `until`: when it ends without."""

    loan_id: UUID
    status: LoanStatus
    until: datetime


class LapseLoan(Command):
    """From a timer: the step after `status` was not taken in time; without one, nothing was agreed before
    the moment of the help."""

    loan_id: UUID
    status: LoanStatus | None = None


class TakeLoanLetter(Command):
    """From link: what a peer wrote about help."""

    peer: str
    letter: (
        HelpAppeal
        | HelperProposal
        | HelperChoice
        | PersonAgreement
        | MinutesReport
        | LoanSettlement
        | LoanEnd
    )


class SettleLoanHold(Command):
    """From ledger: the hold for a loan was placed or refused."""

    loan_id: UUID
    placed: bool
    reason: str = "below_floor"


class SettleLoan(Command):
    """From ledger: the hours were transferred, or not (`reason`)."""

    loan_id: UUID
    booked: bool
    reason: str = ""


class NoteForgotten(Command):
    """From link: the peer wrote in this thread that it asks for help, and does not know it any more."""

    peer: str
    thread_id: UUID


class GiveUpLoan(Command):
    """From link: the peer left the network, and hears no more of this thread."""

    peer: str
    thread_id: UUID


class GiveUpPeer(Command):
    """From link: the peer left the network."""

    peer: str


class EndLoansWith(Command):
    """From a timer: what goes on with a peer that left ends. `loan_ids` is filled in by the service."""

    peer: str
    loan_ids: tuple[UUID, ...] = ()


COMMANDS: tuple[type[Command], ...] = (
    SeekHelp,
    LendHelper,
    TakeHelper,
    AgreeToLoan,
    ReportLoanMinutes,
    EndLoan,
    RetryLoan,
    ResolveLoan,
)


# Queries and views


class GetLoanPerson(Query):
    """From link: whose contact details `peer` may hear now, in the matter of this thread."""

    peer: Peer
    thread_id: UUID


class LoanPerson(View):
    member_id: UUID


QUERIES: dict[type[Query], type[View]] = {GetLoanPerson: LoanPerson}
