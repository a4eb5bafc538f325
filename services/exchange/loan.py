"""A loan: help between this region and another, as this region knows it. Each side has its own person.

Where we ask, its id is that in letters; where a peer asks, one made from theirs and the peer's name.
What happens: borrowing.py (the side that asks), lending.py (the side that helps), loan_life.py (both),
loan_terms.py (when nobody answers).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.loans import (
    HelpAsked,
    HelperConfirmed,
    HelperLent,
    HelperOffered,
    HelperTaken,
    HelperWanted,
    HelpSought,
    LoanCompleted,
    LoanConfirmed,
    LoanEnded,
    LoanForgotten,
    LoanMinutesAgreed,
    LoanMinutesDiffered,
    LoanMinutesReported,
    LoanReminded,
    LoanResolved,
    LoanStatus,
    LoanUnbooked,
    PersonAgreed,
)
from services.exchange.participant import PARTICIPANT
from services.kernel.days import begin
from services.kernel.dutch import local
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context

RUNNING = ("confirmed", "unbooked")
"""Statuses in which people may say how long it took: nothing is booked yet."""

OVER = ("completed", "ended")

FORGOTTEN = "forgotten"
"""The reason of what waits because the region that asked was put back to an older copy."""


@dataclass(slots=True)
class Loan:
    """`member_id` is our person: the asker, or the helper once one is lent; `their_id` is the peer's.

    `told`: our person heard that it will be, so they must hear when it is not. `attempts`: to book it.
    `resolved`: it ended although someone had said how long it took, and that was talked about.
    """

    loan_id: UUID
    peer: str
    thread_id: UUID
    side: Literal["asks", "helps"]
    category: str
    minutes: int
    pc4: str
    wanted_at: datetime | None
    urgency: str
    wish: str
    counted: bool
    status: LoanStatus
    request_id: UUID | None = None
    member_id: UUID | None = None
    their_id: UUID | None = None
    offer_id: UUID | None = None
    floor_minutes: int = 0
    told: bool = False
    we_agree: bool = False
    they_agree: bool = False
    our_minutes: int | None = None
    their_minutes: int | None = None
    agreed_minutes: int | None = None
    attempts: int = 0
    reason: str | None = None
    resolved: bool = False
    version: int = 0

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def helper_id(self) -> UUID | None:
        """The helper, where they are ours."""
        return self.member_id if self.side == "helps" else None

    @property
    def said(self) -> bool:
        """Whether someone said how long it took."""
        return self.our_minutes is not None or self.their_minutes is not None

    @property
    def forgotten(self) -> bool:
        """Whether the region that asked knows nothing of it any more, as far as we have heard."""
        return self.reason == FORGOTTEN and self.their_minutes is None

    @property
    def may_end(self) -> bool:
        """Whether it may still be called off: nobody said yet how long it took, or nobody there can."""
        return self.status not in (*OVER, "agreed", "unbooked") and (not self.said or self.forgotten)

    def has_been(self, at: datetime) -> bool:
        """Whether the help was given, as far as we know: its time has come, or someone said so."""
        if self.status not in ("confirmed", "agreed", "unbooked"):
            return False
        if self.said:
            return self.wanted_at is None or begin(local(self.wanted_at).date()) <= at
        return self.wanted_at is not None and self.wanted_at <= at

    @property
    def about(self) -> dict[str, Any]:
        """What every event of it says."""
        return {"loan_id": self.loan_id, "peer": self.peer, "thread_id": self.thread_id}


type LoanEvent = (
    HelpSought
    | HelpAsked
    | HelperLent
    | HelperOffered
    | HelperTaken
    | HelperConfirmed
    | HelperWanted
    | PersonAgreed
    | LoanConfirmed
    | LoanMinutesReported
    | LoanMinutesDiffered
    | LoanMinutesAgreed
    | LoanUnbooked
    | LoanCompleted
    | LoanEnded
    | LoanReminded
    | LoanForgotten
    | LoanResolved
)


def evolve(found: Loan | None, event: LoanEvent, loan_id: UUID, at: datetime) -> Loan:
    match event:
        case HelpSought():
            said = event.model_dump(exclude={"asker_id", "by"})
            return Loan(**said, member_id=event.asker_id, side="asks", status="sought")
        case HelpAsked():
            return Loan(**event.model_dump(), side="helps", status="asked")
        case _:
            assert found is not None
    match event:
        case HelperLent():
            return replace(found, status="offered", member_id=event.helper_id, offer_id=event.offer_id)
        case HelperOffered():
            return replace(found, status="offered", their_id=event.helper_id)
        case HelperTaken():
            return replace(found, status="taken")
        case HelperConfirmed() | HelperWanted():
            return replace(found, status="wanted")
        case PersonAgreed() if event.by == "us":
            return replace(found, we_agree=True)
        case PersonAgreed():
            return replace(found, they_agree=True)
        case LoanConfirmed():
            return replace(found, status="confirmed", told=True)
        case _:
            return _afterwards(found, event)


def _afterwards(
    found: Loan,
    event: LoanMinutesReported
    | LoanMinutesDiffered
    | LoanMinutesAgreed
    | LoanUnbooked
    | LoanCompleted
    | LoanEnded
    | LoanReminded
    | LoanForgotten
    | LoanResolved,
) -> Loan:
    match event:
        case LoanMinutesReported() if event.by == "us":
            return replace(found, our_minutes=event.minutes)
        case LoanMinutesReported():
            return replace(found, their_minutes=event.minutes)
        case LoanMinutesDiffered() | LoanReminded():
            return replace(found)
        case LoanForgotten():
            return replace(found, reason=FORGOTTEN)
        case LoanResolved():
            return replace(found, resolved=True)
        case LoanMinutesAgreed():
            return replace(found, status="agreed", agreed_minutes=event.minutes, attempts=event.attempt)
        case LoanUnbooked():
            return replace(found, status="unbooked", reason=event.reason)
        case LoanCompleted():
            return replace(found, status="completed", agreed_minutes=event.minutes)
        case LoanEnded():
            return replace(found, status="ended", reason=event.reason)
        case _:
            assert_never(event)


LOAN = Kind(
    "loans",
    Loan,
    {
        event: lambda e: (e.loan_id,)
        for event in (
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
        )
    },
    evolve,
)


def known_loan(state: State, loan_id: UUID, context: Context) -> Loan:
    """The loan, for who may see to it: in the area of the own person. Raises Rejected."""
    found = state.get(LOAN, loan_id)
    if found is None:
        raise unknown_loan()
    person = state.get(PARTICIPANT, found.member_id) if found.member_id is not None else None
    if person is not None and context.actor.role is Role.COORDINATOR:
        check_area(context, person.pc4)
    return found


def unknown_loan() -> Rejected:
    return Rejected(
        "unknown_loan",
        "Deze hulp tussen regio's kennen wij niet. Kijk het na.",
        "We do not know this help between regions. Please check.",
    )


def not_now(found: Loan) -> Rejected:
    """Why this cannot be done with it as it is."""
    return Rejected(
        "not_now",
        "Dat kan nu niet (meer). Kijk op de pagina van deze hulp hoe het er nu voor staat.",
        "That is not possible now (any more). See the page of this help for how it stands.",
        status=found.status,
    )


def end(found: Loan, reason: str, by: Literal["us", "them"] = "us") -> LoanEnded:
    """It does not go on: what it reserved here is free, and the peer hears of it when it is our wish."""
    return LoanEnded(
        **found.about,
        by=by,
        reason=reason,
        told=found.told,
        member_id=found.member_id,
        request_id=found.request_id,
        taken=found.side == "asks" and found.status not in ("sought", "offered"),
        helper_id=found.helper_id,
        minutes=found.minutes,
        category=found.category,
        wanted_at=found.wanted_at,
        given=found.said,
    )


def loans_among(state: State, loan_ids: Iterable[UUID]) -> list[Loan]:
    """Those of them that there are."""
    return [loan for loan_id in loan_ids if (loan := state.get(LOAN, loan_id)) is not None]


def end_all(state: State, loan_ids: Iterable[UUID], reason: str) -> list[Event]:
    """Whoever else was asked for a request need look no further. Help that was given stands."""
    return [end(loan, reason) for loan in loans_among(state, loan_ids) if loan.may_end]
