"""Referrals: a social team refers a person to help in the neighbourhood. Emitted and decided by exchange.

A referral that is accepted becomes a help request of the same id, and follows what happens to it. What
a team sends us is in `contracts/referring.py`.
"""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import Field

from contracts.categories import CategoryCode
from contracts.common import HowGiven, Minutes, Moment, Pc4
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Line, Text
from contracts.initiatives import THE_INITIATIVE
from contracts.visits import Recurrence

ReferralStatus = Literal[
    "requested", "accepted", "rejected", "on-hold", "in-progress", "completed", "failed", "cancelled"
]
"""Where a referral is, in the words of FHIR Task.status (HL7 FHIR R4, section 12.1)."""

NEXT: dict[ReferralStatus | None, tuple[ReferralStatus, ...]] = {
    None: ("requested",),
    "requested": ("accepted", "rejected", "on-hold", "failed", "cancelled"),
    "on-hold": ("accepted", "rejected", "failed", "cancelled"),
    # A helper is sought.
    "accepted": ("in-progress", "on-hold", "failed", "cancelled"),
    # Someone helps. Once more in-progress: a visit took place. Accepted again: someone else is sought.
    "in-progress": ("in-progress", "accepted", "completed", "failed"),
    "rejected": (),
    "completed": (),
    "failed": (),
    "cancelled": (),
}
"""The state diagram: from each status (None: not there yet) those that may follow it."""

ENDED: tuple[ReferralStatus, ...] = tuple(s for s in get_args(ReferralStatus) if not NEXT[s])
"""Statuses that nothing follows."""

Feedback = Literal["nothing", "status", "outcome"]
"""What the person agreed that the social team hears: nothing, the status, or also why and what came of it."""

RejectReason = Literal[
    "needs-professional", "outside-region", "already-arranged", "no-consent", "incomplete", "not-admitted"
]
HoldReason = Literal[
    "person-considers", "person-away", "more-information", "guardian-missing", "initiative-ended"
]
FailReason = Literal["no-helper-found", "not-reached", "withdrawn", "no-longer-needed"]
Outcome = Literal["visit-done", "help-given"]

Term = Literal["reminder", "answer"]
"""What is due of a referral that nobody has answered: a reminder first, then the answer itself."""


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


class ReferralMoved(Event):
    """A referral has another status, or (in-progress once more) a visit took place.

    `reason` and `outcome` are codes of a list. Accepted: `initiative_id` is where help is sought.
    """

    ENTITY: ClassVar[str] = "referral"
    referral_id: UUID
    team: str
    member_id: UUID
    status: ReferralStatus
    reason: str | None = None
    outcome: str | None = None
    initiative_id: UUID | None = None


class ReferralTermPassed(Event):
    """Nobody answered this referral yet: a reminder, or the term for the answer has passed."""

    ENTITY: ClassVar[str] = "referral"
    referral_id: UUID
    term: Term


class FeedbackStopped(Event):
    """The person no longer agrees that the social team hears anything: from here on it hears nothing."""

    ENTITY: ClassVar[str] = "referral"
    referral_id: UUID
    team: str


class FeedbackGiven(Event):
    """A social team may hear this about its referral: all of it, and nothing else.

    Within what the person agreed to: nothing, the status, or the status with its reason and outcome. `number`
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


EVENTS: tuple[type[Event], ...] = (
    PersonReferred,
    ReferralMoved,
    ReferralTermPassed,
    FeedbackStopped,
    FeedbackGiven,
)


# Commands


class ReferPerson(Command):
    """Refer someone who is registered here, approved or not. The new referral's id is the command's id.

    `consent`: how the person agreed; `feedback`: what they agreed that the team hears. `contact` is whom
    to call at the team, `reference` the team's own, such as a case number. `text` is about the need.
    """

    member_id: UUID
    category: CategoryCode
    minutes: Minutes
    wanted_at: Moment | None = None
    urgency: Literal["normal", "soon", "urgent"] = "normal"
    wish: Literal["none", "unknown", "outside_street", "known"] = "none"
    text: Text = ""
    recurrence: Recurrence | None = None
    last_day: date | None = None
    consent: HowGiven
    feedback: Feedback
    contact: Annotated[Line, Field(min_length=1)]
    reference: Line = ""

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        # The words about the need are those of the help request that it becomes.
        return (
            VaultEntry("request", command_id, self.member_id, {"text": self.text}),
            VaultEntry(
                "referral",
                command_id,
                self.member_id,
                {"contact": self.contact, "reference": self.reference},
            ),
        )


class TakeReferral(ReferPerson):
    """`ReferPerson`, with what members know of the person, and the region's terms (UTC)."""

    pc4: Pc4
    lookalikes: tuple[UUID, ...] = ()
    remind_at: datetime
    answer_by: datetime


class AcceptReferral(Command):
    """Look for a helper, in an initiative: it becomes a help request as soon as the person takes part."""

    referral_id: UUID
    initiative_id: UUID = THE_INITIATIVE


class RejectReferral(Command):
    """Say no, with a reason that the team may read."""

    referral_id: UUID
    reason: RejectReason


class HoldReferral(Command):
    """Put it aside for now, with a reason that the team may read."""

    referral_id: UUID
    reason: HoldReason


class FailReferral(Command):
    """It came to nothing: no helper, no contact, or not wanted any more. What was asked is withdrawn."""

    referral_id: UUID
    reason: FailReason


class CancelReferral(Command):
    """The team takes its referral back, as long as nobody helps."""

    referral_id: UUID


class StopFeedback(Command):
    """The person no longer agrees that the social team hears anything. `member_id`: in whose name."""

    referral_id: UUID
    member_id: UUID | None = None


class EndReferrals(Command):
    """From members: someone is not admitted, or left."""

    member_id: UUID
    declined: bool = False


class CheckReferral(Command):
    """From a timer: was it answered?"""

    referral_id: UUID
    term: Term


COMMANDS: tuple[type[Command], ...] = (
    ReferPerson,
    AcceptReferral,
    RejectReferral,
    HoldReferral,
    FailReferral,
    CancelReferral,
    StopFeedback,
)


# Queries and views


class GetReferralFile(Query):
    """What a social team wrote: for coordinators, and the team itself. Every look is logged."""

    referral_id: UUID


class ReferralFile(View):
    """`text` is about the need; `contact` is whom to call at the team, `reference` the team's own."""

    text: str = ""
    contact: str = ""
    reference: str = ""


QUERIES: dict[type[Query], type[View]] = {GetReferralFile: ReferralFile}
