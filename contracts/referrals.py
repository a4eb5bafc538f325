"""Referrals: a social team refers a person to help in the neighbourhood. Emitted and decided by exchange.

A referral that is accepted becomes a help request of the same id, and follows what happens to it.
"""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts.common import HowGiven
from contracts.envelope import Event

ReferralStatus = Literal[
    "requested", "accepted", "rejected", "on-hold", "in-progress", "completed", "failed", "cancelled"
]
"""Where a referral is, in the words of FHIR Task.status (HL7 FHIR R4, section 12.1)."""

NEXT: dict[ReferralStatus | None, tuple[ReferralStatus, ...]] = {
    None: ("requested",),
    "requested": ("accepted", "rejected", "on-hold", "failed", "cancelled"),
    "on-hold": ("accepted", "rejected", "failed", "cancelled"),
    # A helper is sought; found; or sought again, when the one who was found cannot come.
    "accepted": ("in-progress", "failed", "cancelled"),
    "in-progress": ("accepted", "completed", "failed", "cancelled"),
    "rejected": (),
    "completed": (),
    "failed": (),
    "cancelled": (),
}
"""The state diagram: from each status (None: not there yet) those that may follow it."""

Feedback = Literal["nothing", "status", "outcome"]
"""What the person agreed that the social team hears: nothing, the status, or also what came of it."""


# Events


class PersonReferred(Event):
    """A social team referred a person. What it wrote, and whom to call there, is in the vault.

    `consent`: how the person said yes to the referral itself. `answer_by` (UTC): when a coordinator
    must have answered. `lookalikes` are members that may be the same person; `twin_ids` are referrals
    under way for the same kind of help to this person: a coordinator looks at it, the team never hears.
    """

    ENTITY: ClassVar[str] = "referral"
    FIRST: ClassVar[bool] = True
    referral_id: UUID
    team: str
    member_id: UUID
    pc4: str
    category: str
    minutes: int
    wanted_at: datetime | None = None
    urgency: str = "normal"
    wish: str = "none"
    recurrence: str | None = None
    last_day: date | None = None
    consent: HowGiven
    feedback: Feedback
    remind_at: datetime
    answer_by: datetime
    lookalikes: tuple[UUID, ...] = ()
    twin_ids: tuple[UUID, ...] = ()


class FeedbackGiven(Event):
    """A social team may hear this about its referral: all of it, and nothing else.

    Within what the person agreed to: nothing, the status, or the status with its outcome. `number`
    is its place in what this referral's team was told, from 1 without gaps. `reason` and `outcome`
    are codes of a list, never someone's words. `at` (UTC): when it became so.
    """

    ENTITY: ClassVar[str] = "referral"
    referral_id: UUID
    team: str
    number: int
    status: ReferralStatus
    reason: str | None = None
    outcome: str | None = None
    at: datetime


EVENTS: tuple[type[Event], ...] = (PersonReferred, FeedbackGiven)
