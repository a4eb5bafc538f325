"""Coordinator: the region's own instance: projections of all events, the duty rota, complaints."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts import stranded
from contracts.common import Credential, Moment, Pc4
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import Text

SERVICE = "coordinator"
FOLLOWS = ("members", "exchange", "ledger", "notifications", "link")
# Itself too: commands and questions go to whichever replica leads.
ASKS = ("members", "exchange", "ledger", "notifications", "coordinator", "link")

ComplaintStep = Literal["acknowledged", "heard", "decided", "withdrawn"]


# Events


class DutyPlanned(Event):
    """A coordinator is on duty for some areas (none: the whole region) in a period (UTC)."""

    ENTITY: ClassVar[str] = "duty"
    FIRST: ClassVar[bool] = True
    duty_id: UUID
    coordinator: str
    areas: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime


class DutyCancelled(Event):
    """This duty is not done."""

    ENTITY: ClassVar[str] = "duty"
    duty_id: UUID


class LeavePlanned(Event):
    """A coordinator is away from one day to another (both included); `deputy` does their work."""

    ENTITY: ClassVar[str] = "leave"
    FIRST: ClassVar[bool] = True
    leave_id: UUID
    coordinator: str
    first_day: date
    last_day: date
    deputy: str | None = None


class DeputyNamed(Event):
    """Someone does the work of a coordinator who is away."""

    ENTITY: ClassVar[str] = "leave"
    leave_id: UUID
    deputy: str


class DeputyMissed(Event):
    """Leave begins soon (or has begun) and nobody does the work: everyone is warned.

    Nobody was named, or who was named is away then too, or has no key any more.
    """

    ENTITY: ClassVar[str] = "leave"
    leave_id: UUID
    coordinator: str


class LeaveCancelled(Event):
    """This leave is not taken."""

    ENTITY: ClassVar[str] = "leave"
    leave_id: UUID


class ComplaintFiled(Event):
    """Someone complains. What about is in a restricted file; `about_id` where it is about a person.

    `acknowledge_by` and `decide_by` (UTC) are the terms of the procedure.
    """

    ENTITY: ClassVar[str] = "complaint"
    FIRST: ClassVar[bool] = True
    complaint_id: UUID
    member_id: UUID
    about_id: UUID | None = None
    handler: str
    acknowledge_by: datetime
    decide_by: datetime


class ComplaintMoved(Event):
    """The procedure took a step. What was said is in the restricted file."""

    ENTITY: ClassVar[str] = "complaint"
    complaint_id: UUID
    member_id: UUID
    about_id: UUID | None = None
    step: str


class ComplaintHandedOver(Event):
    """Someone else handles it from now on. Why is in the restricted file."""

    ENTITY: ClassVar[str] = "complaint"
    complaint_id: UUID
    member_id: UUID
    about_id: UUID | None = None
    former_handler: str
    handler: str


class ComplaintTermPassed(Event):
    """A term passed without the step that belongs to it: it is on everyone's work list."""

    ENTITY: ClassVar[str] = "complaint"
    complaint_id: UUID
    term: Literal["acknowledge", "decide"]


class CallNoted(Event):
    """A coordinator spoke with the people of a match to which one of them did not come."""

    ENTITY: ClassVar[str] = "call"
    FIRST: ClassVar[bool] = True
    call_id: UUID
    match_id: UUID
    helper_id: UUID
    asker_id: UUID


EVENTS: tuple[type[Event], ...] = (
    DutyPlanned,
    DutyCancelled,
    LeavePlanned,
    DeputyNamed,
    DeputyMissed,
    LeaveCancelled,
    ComplaintFiled,
    ComplaintMoved,
    ComplaintHandedOver,
    ComplaintTermPassed,
    CallNoted,
    *stranded.EVENTS,
)


# Commands


class PlanDuty(Command):
    """Put a coordinator on duty for some areas (none: the whole region)."""

    coordinator: Credential
    areas: Annotated[tuple[Pc4, ...], Field(max_length=500)] = ()
    begins_at: Moment
    ends_at: Moment


class CancelDuty(Command):
    """Take a duty off the rota."""

    duty_id: UUID


class PlanLeave(Command):
    """Be away from one day to another, both included."""

    coordinator: Credential
    first_day: date
    last_day: date
    deputy: Credential | None = None


class TakeLeave(PlanLeave):
    """`PlanLeave`, with the leaves of others in those days for which this coordinator is the deputy."""

    stands_in_for: tuple[UUID, ...] = ()


class NameDeputy(Command):
    """Say who does the work of someone who is away."""

    leave_id: UUID
    deputy: Credential


class CancelLeave(Command):
    """Be there after all."""

    leave_id: UUID


class FileComplaint(Command):
    """Note a complaint; `handler` is a coordinator without a part in it."""

    member_id: UUID
    about_id: UUID | None = None
    handler: Credential
    text: Annotated[Text, Field(min_length=1)]

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("complaint", command_id, self.member_id, {"text": self.text}, self.about_id),)


class MoveComplaint(Command):
    """Take the next step: acknowledged, heard, decided or withdrawn."""

    complaint_id: UUID
    step: ComplaintStep
    text: Text = ""


class TakeComplaintStep(MoveComplaint):
    """`MoveComplaint`, with whom it is about."""

    member_id: UUID
    about_id: UUID | None = None

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        if not self.text:
            return ()
        said = {"text": self.text}
        entity = f"complaint-{self.step}"
        return (VaultEntry(entity, self.complaint_id, self.member_id, said, self.about_id),)


class HandOverComplaint(Command):
    """Give a complaint to another handler, with why; who had it no longer reads the file."""

    complaint_id: UUID
    handler: Credential
    reason: Annotated[Text, Field(min_length=1)]


class PassOnComplaint(HandOverComplaint):
    """`HandOverComplaint`, with whom the reason is about; `nth`: for the how many-th time, from 1."""

    member_id: UUID
    about_id: UUID | None = None
    nth: int

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        said = {"text": self.reason}
        entity = f"complaint-handed-over-{self.nth}"
        return (VaultEntry(entity, self.complaint_id, self.member_id, said, self.about_id),)


class NoteCall(Command):
    """Note that you spoke with the people of a match to which one of them did not come."""

    match_id: UUID


class CheckLeave(Command):
    """From a timer: leave begins soon; is there a deputy?

    `deputy_missing`: there is one by name, who is away then too, or has no key any more.
    """

    leave_id: UUID
    deputy_missing: bool = False


class CheckComplaint(Command):
    """From a timer: a term of a complaint is over; was the step taken?"""

    complaint_id: UUID
    term: Literal["acknowledge", "decide"]


COMMANDS: tuple[type[Command], ...] = (
    PlanDuty,
    CancelDuty,
    PlanLeave,
    NameDeputy,
    CancelLeave,
    FileComplaint,
    MoveComplaint,
    HandOverComplaint,
    NoteCall,
    *stranded.COMMANDS,
)


# Queries and views


class GetRestricted(Query):
    """The restricted file of a complaint: for its handler alone, or who stands in for them."""

    complaint_id: UUID


class Restricted(View):
    """What was said at each step, by its name; `handed-over-1` is why it was first given to another."""

    texts: dict[str, str]


QUERIES: dict[type[Query], type[View]] = {GetRestricted: Restricted, **stranded.QUERIES}
