"""A referral: a social team asks help for a person, and hears what the person agreed to, to its end.

    requested ─┬─▶ accepted ◀──▶ in-progress ─▶ completed
               ├─▶ on-hold          │
               └─▶ rejected         └─▶ failed          (all of it: NEXT in contracts/referrals.py)

Every step goes through `moved`, which keeps to that diagram and tells the team what it may hear. What
happens to the help request it became is followed in referral_course.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid5

from contracts.common import HowGiven, Urgency
from contracts.envelope import Event, Role
from contracts.referrals import (
    ENDED,
    NEXT,
    CheckReferral,
    Feedback,
    FeedbackGiven,
    FeedbackStopped,
    PersonReferred,
    ReferralMoved,
    ReferralStatus,
    ReferralTermPassed,
    StopFeedback,
    TakeReferral,
    Term,
)
from services.exchange.acting import check_acting
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context, Timer


@dataclass(slots=True)
class Referral:
    """`feedback` is what the person agrees to now; `told` counts what the team heard.

    `visits` took place. `initiative_id`: where help is sought, once it is accepted.
    """

    referral_id: UUID
    team: str
    member_id: UUID
    pc4: str
    category: str
    minutes: int
    wanted_at: datetime | None
    urgency: Urgency
    wish: str
    recurrence: str | None
    last_day: date | None
    consent: HowGiven
    feedback: Feedback
    status: ReferralStatus
    initiative_id: UUID | None = None
    visits: int = 0
    told: int = 0
    reminded: bool = False
    overdue: bool = False
    version: int = 0

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def waits(self) -> bool:
        """Whether a coordinator still has to answer."""
        return self.status == "requested"


type Step = ReferralMoved | FeedbackGiven
"""What a step of a referral is told with."""

type ReferralEvent = PersonReferred | ReferralMoved | ReferralTermPassed | FeedbackStopped | FeedbackGiven


def evolve(referral: Referral | None, event: ReferralEvent, referral_id: UUID, at: datetime) -> Referral:
    if isinstance(event, PersonReferred):
        kept = event.model_dump(exclude={"remind_at", "answer_by", "lookalikes", "twin_ids"})
        return Referral(**kept, status="requested")
    assert referral is not None
    match event:
        case ReferralMoved():
            return replace(
                referral,
                status=event.status,
                visits=referral.visits + (event.outcome == "visit-done"),
                initiative_id=event.initiative_id or referral.initiative_id,
            )
        case ReferralTermPassed():
            return replace(referral, reminded=True, overdue=referral.overdue or event.term == "answer")
        case FeedbackStopped():
            return replace(referral, feedback="nothing")
        case FeedbackGiven():
            return replace(referral, told=event.number)
        case _:
            assert_never(event)


REFERRAL = Kind(
    "referrals",
    Referral,
    {
        event: lambda e: (e.referral_id,)
        for event in (PersonReferred, ReferralMoved, ReferralTermPassed, FeedbackStopped, FeedbackGiven)
    },
    evolve,
)


@dataclass(slots=True)
class Referred:
    """Someone who was referred, or may be the same person as someone who was."""

    member_id: UUID
    referrals: tuple[UUID, ...] = ()
    version: int = 0


def refer_to(referred: Referred | None, event: PersonReferred, member_id: UUID, at: datetime) -> Referred:
    before = referred.referrals if referred is not None else ()
    return Referred(member_id, (*before, event.referral_id))


REFERRED = Kind("referred", Referred, {PersonReferred: lambda e: (e.member_id, *e.lookalikes)}, refer_to)


def under_way(state: State, member_id: UUID) -> Iterator[Referral]:
    """The referrals that name this person, or someone who may be them, and have not ended."""
    referred = state.get(REFERRED, member_id)
    for referral_id in referred.referrals if referred is not None else ():
        referral = state.get(REFERRAL, referral_id)
        assert referral is not None
        if not referral.ended:
            yield referral


def take(command: TakeReferral, context: Context, state: State) -> list[Event]:
    """A second one for the same person and kind of help is only marked: a coordinator looks at it."""
    team = context.actor.team
    assert team is not None
    if state.get(REFERRAL, context.command_id) is not None:
        # The same event once more, after its first answer was forgotten.
        return []
    if command.wanted_at is not None and command.wanted_at < context.at:
        raise Rejected(
            "in_the_past",
            "Dit moment is al voorbij. Kies een dag die nog komt.",
            "This moment has passed. Choose a day that is still to come.",
        )
    same = (command.member_id, *command.lookalikes)
    twins = {
        twin.referral_id
        for one in same
        for twin in under_way(state, one)
        if twin.category == command.category
    }
    event = PersonReferred(
        referral_id=context.command_id,
        team=team,
        **command.model_dump(exclude={"text", "contact", "reference"}),
        twin_ids=tuple(sorted(twins)),
    )
    referral = evolve(None, event, context.command_id, context.at)
    return [event, *told(referral, context.at)]


def checks(event: PersonReferred, at: datetime) -> list[Timer]:
    """A reminder, and the term itself: each is looked at once."""
    due_at: dict[Term, datetime] = {"reminder": event.remind_at, "answer": event.answer_by}
    return [
        Timer(due, CheckReferral(referral_id=event.referral_id, term=term), uuid5(event.referral_id, term))
        for term, due in due_at.items()
    ]


def check(command: CheckReferral, context: Context, state: State) -> list[Event]:
    referral = state.get(REFERRAL, command.referral_id)
    if referral is None or not referral.waits:
        return []
    if referral.overdue or (command.term == "reminder" and referral.reminded):
        return []
    return [ReferralTermPassed(referral_id=referral.referral_id, term=command.term)]


def stop_feedback(command: StopFeedback, context: Context, state: State) -> list[Event]:
    referral = theirs(state, command.referral_id, context)
    if command.member_id not in (None, referral.member_id):
        raise unknown_referral()
    if referral.feedback == "nothing":
        return []
    return [FeedbackStopped(referral_id=referral.referral_id, team=referral.team)]


def moved(
    referral: Referral,
    status: ReferralStatus,
    at: datetime,
    *,
    reason: str | None = None,
    outcome: str | None = None,
    initiative_id: UUID | None = None,
) -> list[Step]:
    """A step, and what the team may hear of it. Raises Rejected where the diagram has no such step."""
    if status not in NEXT[referral.status]:
        raise wrong_status(referral)
    event = ReferralMoved(
        referral_id=referral.referral_id,
        team=referral.team,
        member_id=referral.member_id,
        status=status,
        reason=reason,
        outcome=outcome,
        initiative_id=initiative_id,
    )
    after = evolve(referral, event, referral.referral_id, at)
    stays = status == referral.status
    return [event, *told(after, at, reason=reason, outcome=outcome, stays=stays)]


def told(
    referral: Referral,
    at: datetime,
    *,
    reason: str | None = None,
    outcome: str | None = None,
    stays: bool = False,
) -> list[FeedbackGiven]:
    """What the team hears of where the referral is now: nothing beyond what the person agreed to.

    `stays`: the status is what it was, so that without the outcome there is nothing to tell.
    """
    if referral.feedback == "nothing" or (referral.feedback == "status" and stays):
        return []
    return [
        FeedbackGiven(
            referral_id=referral.referral_id,
            team=referral.team,
            number=referral.told + 1,
            status=referral.status,
            reason=reason if referral.feedback == "outcome" else None,
            outcome=outcome if referral.feedback == "outcome" else None,
            at=at,
        )
    ]


def theirs(state: State, referral_id: UUID, context: Context) -> Referral:
    """The referral, if it is this actor's to act on: to another team there is no such thing.

    Raises Rejected.
    """
    referral = state.get(REFERRAL, referral_id)
    actor = context.actor
    if referral is None or (actor.role is Role.REFERRER and actor.team != referral.team):
        raise unknown_referral()
    check_area(context, referral.pc4)
    check_acting(state, context, referral.member_id)
    return referral


def unknown_referral() -> Rejected:
    return Rejected(
        "unknown_referral",
        "Deze verwijzing kennen wij niet. Kijk het na.",
        "We do not know this referral. Please check.",
    )


def wrong_status(referral: Referral) -> Rejected:
    """Why nothing of the kind can be done with this referral now."""
    nl, en = WORDS[referral.status]
    return Rejected(
        "wrong_status",
        f"Deze verwijzing staat op '{nl}': dit kan nu niet. Kijk eerst hoe het ervoor staat.",
        f"This referral is '{en}': this is not possible now. First look how it stands.",
        status=referral.status,
    )


WORDS: dict[ReferralStatus, tuple[str, str]] = {
    "requested": ("ontvangen", "received"),
    "accepted": ("aangenomen", "accepted"),
    "rejected": ("afgewezen", "rejected"),
    "on-hold": ("aangehouden", "on hold"),
    "in-progress": ("hulp loopt", "help under way"),
    "completed": ("afgerond", "completed"),
    "failed": ("niet gelukt", "came to nothing"),
    "cancelled": ("teruggenomen", "taken back"),
}
"""How a status is called to people."""
