"""A complaint: acknowledged, heard, decided; or withdrawn. Each step has its term.

The steps are those of a complaints procedure by chapter 9 of the Awb (General Administrative Law
Act), as welfare organisations keep it in their own: a complaint is acknowledged (art. 9:6), who
complains is heard (art. 9:10), and it is decided within six weeks (art. 9:11) by someone who had no
part in what it is about (art. 9:7). For acknowledging the Act knows no term; five working days is
what these procedures promise.

What was said at each step is in the vault, for the handler alone (`services/kernel/handling.py`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never, get_args
from uuid import UUID, uuid5

from contracts.coordinator import (
    CheckComplaint,
    ComplaintFiled,
    ComplaintHandedOver,
    ComplaintMoved,
    ComplaintStep,
    ComplaintTermPassed,
    FileComplaint,
    PassOnComplaint,
    TakeComplaintStep,
)
from contracts.envelope import Event
from services.coordinator.projections.members import MEMBERS
from services.kernel.days import end, working_day
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved, handles
from services.kernel.rights import check_area
from services.kernel.service import Context, Timer

ACKNOWLEDGED_WITHIN = 5
"""Working days after the day it was filed."""

DECIDED_WITHIN = timedelta(weeks=6)
"""After the day it was filed (Awb, art. 9:11, first paragraph)."""

Term = Literal["acknowledge", "decide"]

NEXT: dict[str, tuple[ComplaintStep, str, str]] = {
    "filed": (
        "acknowledged",
        "Laat eerst weten dat de klacht is ontvangen.",
        "First let them know that the complaint was received.",
    ),
    "acknowledged": (
        "heard",
        "Luister eerst naar wie de klacht heeft.",
        "First listen to who complains.",
    ),
    "heard": ("decided", "Neem nu een besluit.", "Now take a decision."),
}
"""What comes after a status, and how to say so."""


@dataclass(slots=True)
class Complaint:
    """`status` is `filed`, or the last step. Terms are UTC; `…_passed`: without the step it is for.

    `former_handlers`: who had it before, oldest first.
    """

    complaint_id: UUID
    member_id: UUID
    about_id: UUID | None
    handler: str
    acknowledge_by: datetime
    decide_by: datetime
    filed_at: datetime
    moved_at: datetime
    status: str = "filed"
    acknowledge_passed: bool = False
    decide_passed: bool = False
    former_handlers: tuple[str, ...] = ()
    version: int = 0

    @property
    def people(self) -> tuple[UUID | None, UUID | None]:
        """Who complains, and about whom."""
        return self.member_id, self.about_id

    @property
    def ended(self) -> bool:
        return self.status in ("decided", "withdrawn")

    def waits_for(self, term: Term) -> bool:
        """Whether the step that this term is for is not there."""
        return self.status == "filed" if term == "acknowledge" else not self.ended


def evolve(
    complaint: Complaint | None,
    event: ComplaintFiled | ComplaintMoved | ComplaintHandedOver | ComplaintTermPassed,
    complaint_id: UUID,
    at: datetime,
) -> Complaint:
    if isinstance(event, ComplaintFiled):
        return Complaint(**event.model_dump(), filed_at=at, moved_at=at)
    assert complaint is not None
    match event:
        case ComplaintMoved():
            return replace(complaint, status=event.step, moved_at=at)
        case ComplaintHandedOver():
            former = (*complaint.former_handlers, event.former_handler)
            return replace(complaint, handler=event.handler, former_handlers=former)
        case ComplaintTermPassed() if event.term == "acknowledge":
            return replace(complaint, acknowledge_passed=True)
        case ComplaintTermPassed():
            return replace(complaint, decide_passed=True)
        case _:
            assert_never(event)


COMPLAINT = Kind(
    "complaints",
    Complaint,
    {
        e: lambda e: (e.complaint_id,)
        for e in (ComplaintFiled, ComplaintMoved, ComplaintHandedOver, ComplaintTermPassed)
    },
    evolve,
)


def file(command: FileComplaint, context: Context, state: State) -> list[Event]:
    for person_id in (command.member_id, command.about_id):
        if person_id is not None and not _here(state, person_id):
            raise Rejected(
                "unknown_member",
                "Deze deelnemer kennen wij niet (meer). Kijk het nummer na.",
                "We do not know this participant (any more). Please check the number.",
            )
    check_area(context, _home(state, command.member_id))
    return [
        ComplaintFiled(
            complaint_id=context.command_id,
            **command.model_dump(exclude={"text"}),
            acknowledge_by=acknowledge_by(context.at),
            decide_by=decide_by(context.at),
        )
    ]


def take_step(command: TakeComplaintStep, context: Context, state: State) -> list[Event]:
    complaint = _theirs(state, command.complaint_id, context)
    if complaint.ended:
        raise Rejected(
            "complaint_ended",
            "Deze klacht is al afgerond. Komt er iets nieuws bij? Noteer dan een nieuwe klacht.",
            "This complaint has ended already. Is there something new? Then note a new complaint.",
            status=complaint.status,
        )
    if command.step != "withdrawn":
        step, nl, en = NEXT[complaint.status]
        if command.step != step:
            raise Rejected(
                "wrong_step",
                f"Deze stap is nu niet aan de beurt. {nl}",
                f"It is not the turn of this step. {en}",
                next=step,
            )
    if command.text and not _all_here(state, complaint):
        raise Rejected(
            "erased",
            "De gegevens van iemand in deze klacht zijn gewist. Zet de stap zonder tekst.",
            "The data of someone in this complaint were erased. Take the step without a text.",
        )
    return [
        ComplaintMoved(
            complaint_id=complaint.complaint_id,
            member_id=complaint.member_id,
            about_id=complaint.about_id,
            step=command.step,
        )
    ]


def hand_over(command: PassOnComplaint, context: Context, state: State) -> list[Event]:
    """By its handler, a colleague or an operator; also when it has ended: someone keeps the file."""
    complaint = _theirs(state, command.complaint_id, context)
    if command.nth != len(complaint.former_handlers) + 1:
        raise Rejected(
            "handed_over_meanwhile",
            "Deze klacht is net aan iemand anders gegeven. Kijk eerst wie haar nu behandelt.",
            "This complaint was just given to someone else. First look who handles it now.",
        )
    if command.handler == complaint.handler:
        raise Rejected(
            "same_handler",
            "Deze collega behandelt de klacht al. Kies iemand anders.",
            "This colleague handles the complaint already. Choose someone else.",
        )
    mine = handles(context.actor, (complaint.handler,), complaint.people)
    if command.handler == context.actor.name and not mine:
        # Or anyone could read any file by taking it.
        raise Rejected(
            "names_oneself",
            "U kunt deze klacht niet zelf overnemen. Vraag de behandelaar, een andere collega of een "
            "beheerder om haar aan u te geven.",
            "You cannot take over this complaint yourself. Ask its handler, another colleague or an "
            "operator to give it to you.",
        )
    if not _all_here(state, complaint):
        raise Rejected(
            "erased",
            "De gegevens van iemand in deze klacht zijn gewist: er valt niets over te dragen. Zet de "
            "stappen zonder tekst.",
            "The data of someone in this complaint were erased: there is nothing to hand over. Take the "
            "steps without a text.",
        )
    return [
        ComplaintHandedOver(
            complaint_id=complaint.complaint_id,
            member_id=complaint.member_id,
            about_id=complaint.about_id,
            former_handler=complaint.handler,
            handler=command.handler,
        )
    ]


def check(command: CheckComplaint, context: Context, state: State) -> list[Event]:
    complaint = state.get(COMPLAINT, command.complaint_id)
    if complaint is None or not complaint.waits_for(command.term):
        return []
    if complaint.acknowledge_passed if command.term == "acknowledge" else complaint.decide_passed:
        return []
    return [ComplaintTermPassed(complaint_id=complaint.complaint_id, term=command.term)]


def checks(event: ComplaintFiled, at: datetime) -> list[Timer]:
    """Each term is looked at once, when it is over."""
    due_at: dict[Term, datetime] = {"acknowledge": event.acknowledge_by, "decide": event.decide_by}
    return [
        Timer(
            due_at[term],
            CheckComplaint(complaint_id=event.complaint_id, term=term),
            uuid5(event.complaint_id, term),
        )
        for term in get_args(Term)
    ]


def acknowledge_by(filed_at: datetime) -> datetime:
    """The end (UTC) of the last working day on which a complaint is acknowledged in time.

    >>> from datetime import UTC
    >>> acknowledge_by(datetime(2026, 11, 27, 12, 0, tzinfo=UTC)).isoformat()  # a Friday
    '2026-12-04T23:00:00+00:00'
    """
    return end(working_day(local(filed_at).date(), ACKNOWLEDGED_WITHIN))


def decide_by(filed_at: datetime) -> datetime:
    """The end (UTC) of the last day on which a complaint is decided in time.

    >>> from datetime import UTC
    >>> decide_by(datetime(2026, 11, 27, 12, 0, tzinfo=UTC)).isoformat()
    '2027-01-08T23:00:00+00:00'
    """
    day = local(filed_at).date() + DECIDED_WITHIN
    return end(day)


def _theirs(state: State, complaint_id: UUID, context: Context) -> Complaint:
    """The complaint, for who has no part in it: its handler wherever they work, or who works where
    the one who complains lives. Raises Rejected.
    """
    complaint = state.get(COMPLAINT, complaint_id)
    if complaint is None:
        raise unknown_complaint()
    check_uninvolved(context.actor, complaint.people)
    if not handles(context.actor, (complaint.handler,), complaint.people):
        check_area(context, _home(state, complaint.member_id))
    return complaint


def _home(state: State, member_id: UUID) -> str:
    """Where they live: a complaint belongs to the area of who has it."""
    member = state.get(MEMBERS, member_id)
    assert member is not None
    return member.pc4


def _all_here(state: State, complaint: Complaint) -> bool:
    """Whether a text may be kept about everyone in it."""
    return all(_here(state, person_id) for person_id in complaint.people if person_id is not None)


def _here(state: State, person_id: UUID) -> bool:
    """Whether this is a member whose data may be kept, also after they left."""
    member = state.get(MEMBERS, person_id)
    return member is not None and member.status != "erased"


def unknown_complaint() -> Rejected:
    return Rejected(
        "unknown_complaint",
        "Deze klacht kennen wij niet. Kijk het na.",
        "We do not know this complaint. Please check.",
    )
