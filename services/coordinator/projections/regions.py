"""What is done with other regions: help that is lent (exchange), hours that are cleared (ledger)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts import crossings
from contracts.clearing import (
    CapAgreed,
    CapDeclined,
    CapProposed,
    ClearingEnded,
    ClearingOpened,
    PositionCompared,
    PositionReckoned,
    ReckoningAnswered,
)
from contracts.crossings import (
    SettlementProposed,
    TransferAccepted,
    TransferAnswered,
    TransferAsked,
    TransferDecided,
    TransferDiffered,
    TransferOffered,
    TransferPosted,
    TransferReceived,
    TransferRejected,
    TransferReleased,
    TransferStranded,
    TransferTakenBack,
    TransferVoided,
)
from contracts.envelope import Event
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
from services.kernel.entity import Kind


@dataclass(slots=True)
class LoanSeen:
    """`member_id` is the own person: the asker, or the helper once one is proposed; `pc4` the asker's.

    `thread_id` is what the other region calls it by. `ended_by`: us or them. `answer_by`: when it ends,
    once half of its term has passed. `resolved`: it ended although minutes had been reported, and that was
    talked about.
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
    changed_at: datetime
    request_id: UUID | None = None
    member_id: UUID | None = None
    helper_pc4: str | None = None
    we_agree: bool = False
    they_agree: bool = False
    our_minutes: int | None = None
    their_minutes: int | None = None
    differs: bool = False
    agreed_minutes: int | None = None
    reason: str | None = None
    ended_by: str | None = None
    answer_by: datetime | None = None
    resolved: bool = False
    version: int = 0


OWN_PLACE = "CASE side WHEN 'asks' THEN pc4 ELSE helper_pc4 END"
"""Where the own person of a loan is, in SQL: NULL as long as no helper is proposed."""

_LOAN_AFTER: dict[type[Event], LoanStatus] = {
    HelperLent: "offered",
    HelperOffered: "offered",
    HelperTaken: "taken",
    HelperConfirmed: "wanted",
    HelperWanted: "wanted",
    LoanConfirmed: "confirmed",
    LoanMinutesAgreed: "agreed",
    LoanUnbooked: "unbooked",
    LoanCompleted: "completed",
    LoanEnded: "ended",
}


def _loan(found: LoanSeen | None, event: Any, loan_id: UUID, at: datetime) -> LoanSeen:
    if isinstance(event, HelpSought):
        said = event.model_dump(exclude={"asker_id", "by", "floor_minutes"})
        return LoanSeen(**said, member_id=event.asker_id, side="asks", status="sought", changed_at=at)
    if isinstance(event, HelpAsked):
        return LoanSeen(**event.model_dump(), side="helps", status="asked", changed_at=at)
    assert found is not None
    if isinstance(event, LoanReminded):
        # It waits since its last step.
        return replace(found, answer_by=event.until)
    if type(event) in _LOAN_AFTER:
        found = replace(found, status=_LOAN_AFTER[type(event)], answer_by=None)
    return replace(found, changed_at=at, **_changes(event))


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case HelperLent():
            return {"member_id": event.helper_id, "helper_pc4": event.pc4}
        case HelperOffered():
            return {"helper_pc4": event.pc4}
        case PersonAgreed():
            return {"we_agree" if event.by == "us" else "they_agree": True}
        case LoanMinutesReported():
            return {"our_minutes" if event.by == "us" else "their_minutes": event.minutes}
        case LoanMinutesDiffered():
            return {"differs": True}
        case LoanMinutesAgreed() | LoanCompleted():
            return {"agreed_minutes": event.minutes, "differs": False}
        case LoanUnbooked():
            return {"reason": event.reason}
        case LoanForgotten():
            return {"reason": "forgotten"}
        case LoanEnded():
            return {"reason": event.reason, "ended_by": event.by, "differs": False}
        case LoanResolved():
            return {"resolved": True}
    return {}


LOANS = Kind(
    "loans_seen",
    LoanSeen,
    dict.fromkeys(
        (
            HelpSought,
            HelpAsked,
            PersonAgreed,
            LoanMinutesReported,
            LoanMinutesDiffered,
            LoanReminded,
            LoanForgotten,
            LoanResolved,
            *_LOAN_AFTER,
        ),
        lambda e: (e.loan_id,),
    ),
    _loan,
)


@dataclass(slots=True)
class ClearingSeen:
    """What this region and a peer agreed on. `differs` by our count, `differs_there` by theirs."""

    clearing_id: UUID
    peer: str
    cap_minutes: int = 0
    proposal_id: UUID | None = None
    proposed_minutes: int | None = None
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    differs: bool = False
    differs_there: bool = False
    differs_since: datetime | None = None
    reckoned_at: datetime | None = None
    version: int = 0


def _clearing(found: ClearingSeen | None, event: Any, clearing_id: UUID, at: datetime) -> ClearingSeen:
    if isinstance(event, ClearingOpened):
        return ClearingSeen(clearing_id, event.peer)
    assert found is not None
    match event:
        case CapProposed():
            return replace(
                found,
                proposal_id=event.proposal_id,
                proposed_minutes=event.minutes,
                proposed_by=event.by,
                proposed_at=at,
            )
        case CapAgreed() | CapDeclined():
            cap = event.minutes if isinstance(event, CapAgreed) else found.cap_minutes
            found = replace(found, cap_minutes=cap)
            if event.proposal_id != found.proposal_id:
                return found
            return _without_proposal(found)
        case ClearingEnded():
            return _without_proposal(found)
        case PositionReckoned():
            return replace(found, reckoned_at=at)
        case PositionCompared():
            return _differing(replace(found, differs=not event.agrees), at)
        case ReckoningAnswered():
            return _differing(replace(found, differs_there=not event.agrees), at)
    return replace(found)


def _without_proposal(found: ClearingSeen) -> ClearingSeen:
    return replace(found, proposal_id=None, proposed_minutes=None, proposed_by=None, proposed_at=None)


def _differing(found: ClearingSeen, at: datetime) -> ClearingSeen:
    since = (found.differs_since or at) if found.differs or found.differs_there else None
    return replace(found, differs_since=since)


CLEARINGS = Kind(
    "clearings_seen",
    ClearingSeen,
    dict.fromkeys(
        (
            ClearingOpened,
            ClearingEnded,
            CapProposed,
            CapAgreed,
            CapDeclined,
            PositionReckoned,
            PositionCompared,
            ReckoningAnswered,
        ),
        lambda e: (e.clearing_id,),
    ),
    _clearing,
)


@dataclass(slots=True)
class CrossingSeen:
    """A transfer between this region and another. `ours`: it began here; `payer_id` is then our member.

    `stranded`: why a person must find out how it stands there, since `stranded_at`.
    """

    crossing_id: UUID
    peer: str
    ours: bool
    minutes: int
    kind: str | None
    status: str
    changed_at: datetime
    payer_id: UUID | None = None
    payee_id: UUID | None = None
    about: UUID | None = None
    reason: str | None = None
    stranded: str | None = None
    stranded_at: datetime | None = None
    version: int = 0


_CROSSING_AFTER: dict[type[Event], str] = {
    TransferOffered: "offered",
    SettlementProposed: "asked",
    TransferAccepted: "accepted",
    TransferRejected: "rejected",
    TransferPosted: "posted",
    TransferReceived: "posted",
    TransferDiffered: "differs",
    TransferTakenBack: "taken_back",
    TransferReleased: "released",
    TransferVoided: "void",
}


def _crossing(found: CrossingSeen | None, event: Any, crossing_id: UUID, at: datetime) -> CrossingSeen:
    match event:
        case TransferAsked() | TransferAnswered():
            assert found is not None
            # Of what left with the peer the end is asked, or told, again.
            goes_on = found.stranded == ("peer_left" if isinstance(event, TransferAsked) else "undelivered")
            return replace(found, stranded=None, stranded_at=None) if goes_on else replace(found)
        case TransferDecided():
            assert found is not None
            return replace(found, stranded=None, stranded_at=None)
        case TransferStranded():
            assert found is not None
            return replace(found, stranded=event.reason, stranded_at=at)
    status = _CROSSING_AFTER[type(event)]
    if found is None:
        ours = isinstance(event, TransferOffered | TransferReleased)
        kind = "settlement" if isinstance(event, SettlementProposed) else getattr(event, "kind", None)
        found = CrossingSeen(crossing_id, event.peer, ours, event.minutes, kind, status, at)
    said = {
        name: value
        for name in ("payer_id", "payee_id", "about", "reason")
        if (value := getattr(event, name, None)) is not None
    }
    if isinstance(event, TransferDiffered):
        said |= {"minutes": event.minutes, "stranded": "differs", "stranded_at": at}
    else:
        said |= {"stranded": None, "stranded_at": None}
    return replace(found, status=status, changed_at=at, **said)


CROSSINGS = Kind(
    "crossings_seen",
    CrossingSeen,
    dict.fromkeys(crossings.EVENTS, lambda e: (e.crossing_id,)),
    _crossing,
)
