"""Which command is decided where, and what is looked up before its turn.

The coordinator instance passes all other commands on (`desk.py`); these are its own.
"""

from contracts.coordinator import (
    CancelDuty,
    CancelLeave,
    CheckComplaint,
    CheckLeave,
    ComplaintFiled,
    FileComplaint,
    LeavePlanned,
    MoveComplaint,
    NameDeputy,
    PlanDuty,
    PlanLeave,
    TakeComplaintStep,
)
from contracts.envelope import Actor, Command, Event
from services.coordinator import complaint, duty, leave
from services.coordinator.keys import check_coordinator, check_uninvolved
from services.kernel.runtime import Replica
from services.kernel.service import Decide, Prepare, Schedule

DECIDES: dict[type[Command], Decide] = {
    PlanDuty: duty.plan,
    CancelDuty: duty.cancel,
    PlanLeave: leave.plan,
    NameDeputy: leave.name_deputy,
    CancelLeave: leave.cancel,
    CheckLeave: leave.check,
    FileComplaint: complaint.file,
    TakeComplaintStep: complaint.take_step,
    CheckComplaint: complaint.check,
}


async def prepare_duty(replica: Replica, command: PlanDuty, actor: Actor) -> PlanDuty:
    check_coordinator(replica.region.keys, command.coordinator)
    return command


async def prepare_leave(replica: Replica, command: PlanLeave, actor: Actor) -> PlanLeave:
    check_coordinator(replica.region.keys, command.coordinator)
    if command.deputy is not None:
        check_coordinator(replica.region.keys, command.deputy)
    return command


async def prepare_deputy(replica: Replica, command: NameDeputy, actor: Actor) -> NameDeputy:
    check_coordinator(replica.region.keys, command.deputy)
    return command


async def prepare_complaint(replica: Replica, command: FileComplaint, actor: Actor) -> FileComplaint:
    """A handler who cannot sign in could never read the file; one who is part of it may not."""
    check_coordinator(replica.region.keys, command.handler)
    check_uninvolved(replica.region.keys, command.handler, (command.member_id, command.about_id))
    return command


async def prepare_step(replica: Replica, command: MoveComplaint, actor: Actor) -> TakeComplaintStep:
    """Whom the complaint is about: what is said goes when either of them is erased."""
    row = await replica.pool.fetchrow(
        "SELECT member_id, about_id FROM complaints WHERE complaint_id = $1", command.complaint_id
    )
    if row is None:
        raise complaint.unknown_complaint()
    return TakeComplaintStep(**command.model_dump(), **dict(row))


PREPARES: dict[type[Command], Prepare] = {
    PlanDuty: prepare_duty,
    PlanLeave: prepare_leave,
    NameDeputy: prepare_deputy,
    FileComplaint: prepare_complaint,
    MoveComplaint: prepare_step,
}

SCHEDULES: dict[type[Event], Schedule] = {LeavePlanned: leave.checks, ComplaintFiled: complaint.checks}
