"""What exchange says of referrals: how each stands, and what its team was told of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from contracts.referrals import (
    Feedback,
    FeedbackGiven,
    FeedbackStopped,
    PersonReferred,
    ReferralMoved,
    ReferralStatus,
    ReferralTermPassed,
)
from services.kernel.entity import Kind, replace


@dataclass(slots=True)
class ReferralSeen:
    """`told_…` is what the team may know; all else is for coordinators.

    `twin_ids`: referrals for the same kind of help that are, or may be, of the same person.
    """

    referral_id: UUID
    team: str
    member_id: UUID
    pc4: str
    category: str
    minutes: int
    wanted_at: datetime | None
    urgency: str
    wish: str
    recurrence: str | None
    last_day: date | None
    consent: str
    feedback: Feedback
    remind_at: datetime
    answer_by: datetime
    twin_ids: tuple[UUID, ...]
    status: ReferralStatus
    referred_at: datetime
    changed_at: datetime
    reason: str | None = None
    visits: int = 0
    reminded: bool = False
    overdue: bool = False
    told_status: str | None = None
    told_reason: str | None = None
    told_outcome: str | None = None
    told_at: datetime | None = None
    version: int = 0


type ReferralEvent = PersonReferred | ReferralMoved | ReferralTermPassed | FeedbackStopped | FeedbackGiven


def _referral(
    seen: ReferralSeen | None, event: ReferralEvent, referral_id: UUID, at: datetime
) -> ReferralSeen:
    if isinstance(event, PersonReferred) and event.referral_id == referral_id:
        said = event.model_dump(exclude={"lookalikes"})
        return ReferralSeen(**said, status="requested", referred_at=at, changed_at=at)
    assert seen is not None
    match event:
        case PersonReferred():
            # A second one for the same person: each is the other's twin.
            return replace(seen, twin_ids=(*seen.twin_ids, event.referral_id))
        case ReferralMoved():
            visits = seen.visits + (event.outcome == "visit-done")
            return replace(seen, status=event.status, reason=event.reason, visits=visits, changed_at=at)
        case ReferralTermPassed():
            return replace(seen, reminded=True, overdue=seen.overdue or event.term == "answer")
        case FeedbackStopped():
            # What was told before is not repeated either.
            return replace(
                seen, feedback="nothing", told_status=None, told_reason=None, told_outcome=None, told_at=None
            )
        case FeedbackGiven() if seen.feedback == "nothing":
            # Told before consent ended, and applied after it: it was parked.
            return replace(seen)
        case FeedbackGiven():
            return replace(
                seen,
                told_status=event.status,
                told_reason=event.reason,
                told_outcome=event.outcome,
                told_at=event.at,
            )
        case _:
            assert_never(event)


REFERRALS = Kind(
    "referrals_seen",
    ReferralSeen,
    {
        PersonReferred: lambda e: (e.referral_id, *e.twin_ids),
        **dict.fromkeys(
            (ReferralMoved, ReferralTermPassed, FeedbackStopped, FeedbackGiven), lambda e: (e.referral_id,)
        ),
    },
    _referral,
)
