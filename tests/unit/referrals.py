"""A referral of Anna by the social team of the west, and who deals with it. Shared by tests."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.envelope import Actor, Role
from contracts.referrals import Feedback, FeedbackGiven, PersonReferred, ReferralMoved, TakeReferral
from services.kernel.testing import NOW
from tests.unit.neighbours import ANNA, TOMORROW

REFERRAL = UUID(int=0x4F)
TEAM = Actor(role=Role.REFERRER, name="west-1", team="team-west")
OTHER_TEAM = Actor(role=Role.REFERRER, name="oost-1", team="team-oost")
REMIND_AT = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
ANSWER_BY = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)


def refers(**otherwise: object) -> TakeReferral:
    """What the team sends, with what is looked up for it."""
    wanted = {
        "member_id": ANNA,
        "category": "gardening",
        "minutes": 90,
        "wanted_at": TOMORROW,
        "text": "De heg is te hoog.",
        "consent": "in_person",
        "feedback": "outcome",
        "contact": "Samira, sociaal team West",
        "reference": "zaak W-17",
        "pc4": "3512",
        "remind_at": REMIND_AT,
        "answer_by": ANSWER_BY,
    }
    return TakeReferral.model_validate({**wanted, **otherwise})


def referred(referral_id: UUID = REFERRAL, *, team: str = "team-west", **otherwise: object) -> PersonReferred:
    said = refers().model_dump(exclude={"text", "contact", "reference"})
    return PersonReferred.model_validate({"referral_id": referral_id, "team": team, **said, **otherwise})


def moved(status: str, referral_id: UUID = REFERRAL, **more: object) -> ReferralMoved:
    about = {"referral_id": referral_id, "team": "team-west", "member_id": ANNA, "status": status}
    return ReferralMoved.model_validate({**about, **more})


def told(number: int, status: str, **more: object) -> FeedbackGiven:
    about = {"referral_id": REFERRAL, "team": "team-west", "number": number, "status": status, "at": NOW}
    return FeedbackGiven.model_validate({**about, **more})


def who_hears(feedback: Feedback) -> PersonReferred:
    return referred(feedback=feedback)
