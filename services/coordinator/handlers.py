"""Which command is decided where, and what is looked up before its turn.

The coordinator instance passes all other commands on (`desk.py`); these are its own.
"""

from typing import Any
from uuid import UUID

from contracts.coordinator import (
    CancelDuty,
    CancelLeave,
    CheckComplaint,
    CheckLeave,
    ComplaintFiled,
    FileComplaint,
    HandOverComplaint,
    LeavePlanned,
    MoveComplaint,
    NameDeputy,
    NoteCall,
    PassOnComplaint,
    PlanDuty,
    PlanLeave,
    TakeComplaintStep,
    TakeLeave,
)
from contracts.envelope import Actor, Command, Event
from contracts.stranded import EventStranded, SettleStranded, StrandEvent
from services.coordinator import call, complaint, duty, leave, stranded
from services.kernel.errors import Rejected
from services.kernel.handling import check_can_handle, check_coordinator
from services.kernel.runtime import Replica
from services.kernel.service import Decide, Prepare, Schedule

DECIDES: dict[type[Command], Decide] = {
    PlanDuty: duty.plan,
    CancelDuty: duty.cancel,
    TakeLeave: leave.plan,
    NameDeputy: leave.name_deputy,
    CancelLeave: leave.cancel,
    CheckLeave: leave.check,
    FileComplaint: complaint.file,
    TakeComplaintStep: complaint.take_step,
    PassOnComplaint: complaint.hand_over,
    CheckComplaint: complaint.check,
    NoteCall: call.note,
    StrandEvent: stranded.strand,
    SettleStranded: stranded.settle,
}


# Days $2 to $3 have a day in common with theirs.
_THEN = "NOT cancelled AND first_day <= $3 AND last_day >= $2"
_IS_AWAY = f"SELECT count(*) > 0 FROM leaves WHERE coordinator = $1 AND {_THEN}"
_STANDS_IN = f"SELECT leave_id FROM leaves WHERE deputy = $1 AND {_THEN} ORDER BY first_day, leave_id"


async def prepare_duty(replica: Replica, command: PlanDuty, actor: Actor) -> PlanDuty:
    check_coordinator(replica.region.keys, command.coordinator)
    return command


async def prepare_leave(replica: Replica, command: PlanLeave, actor: Actor) -> TakeLeave:
    """Whether the deputy is there in those days, and for whom this coordinator would be one then."""
    check_coordinator(replica.region.keys, command.coordinator)
    days = command.first_day, command.last_day
    if command.deputy is not None:
        check_coordinator(replica.region.keys, command.deputy)
        # Who stands in for themselves is away too, and is told so by the decider.
        themselves = command.deputy == command.coordinator
        if not themselves and await replica.pool.fetchval(_IS_AWAY, command.deputy, *days):
            raise leave.deputy_away()
    for_whom = await replica.pool.fetch(_STANDS_IN, command.coordinator, *days)
    return TakeLeave(**command.model_dump(), stands_in_for=tuple(row["leave_id"] for row in for_whom))


async def prepare_deputy(replica: Replica, command: NameDeputy, actor: Actor) -> NameDeputy:
    check_coordinator(replica.region.keys, command.deputy)
    row = await _leave(replica, command.leave_id)
    if row is None:
        raise leave.unknown_leave()
    themselves = command.deputy == row["coordinator"]
    days = row["first_day"], row["last_day"]
    if not themselves and await replica.pool.fetchval(_IS_AWAY, command.deputy, *days):
        raise leave.deputy_away()
    return command


async def prepare_check(replica: Replica, command: CheckLeave, actor: Actor) -> CheckLeave:
    """Whether who was named can do the work: has a key, and is there."""
    row = await _leave(replica, command.leave_id)
    if row is None or row["deputy"] is None:
        return command
    try:
        check_coordinator(replica.region.keys, row["deputy"])
    except Rejected:
        missing = True
    else:
        missing = await replica.pool.fetchval(_IS_AWAY, row["deputy"], row["first_day"], row["last_day"])
    return command.model_copy(update={"deputy_missing": missing})


async def _leave(replica: Replica, leave_id: UUID) -> Any:
    """Whose leave it is, its days and deputy; None where there is none."""
    return await replica.pool.fetchrow(
        "SELECT coordinator, first_day, last_day, deputy FROM leaves WHERE leave_id = $1", leave_id
    )


async def prepare_complaint(replica: Replica, command: FileComplaint, actor: Actor) -> FileComplaint:
    check_can_handle(replica.region.keys, command.handler, (command.member_id, command.about_id))
    return command


async def prepare_step(replica: Replica, command: MoveComplaint, actor: Actor) -> TakeComplaintStep:
    """Whom the complaint is about: what is said goes when either of them is erased."""
    row = await _complaint(replica, command.complaint_id)
    return TakeComplaintStep(**command.model_dump(), member_id=row["member_id"], about_id=row["about_id"])


async def prepare_handing_over(replica: Replica, command: HandOverComplaint, actor: Actor) -> PassOnComplaint:
    row = await _complaint(replica, command.complaint_id)
    people = {"member_id": row["member_id"], "about_id": row["about_id"]}
    check_can_handle(replica.region.keys, command.handler, tuple(people.values()))
    return PassOnComplaint(**command.model_dump(), **people, nth=len(row["former_handlers"]) + 1)


async def _complaint(replica: Replica, complaint_id: UUID) -> Any:
    """What is known of a complaint. Raises Rejected."""
    row = await replica.pool.fetchrow(
        "SELECT member_id, about_id, former_handlers FROM complaints WHERE complaint_id = $1", complaint_id
    )
    if row is None:
        raise complaint.unknown_complaint()
    return row


PREPARES: dict[type[Command], Prepare] = {
    PlanDuty: prepare_duty,
    PlanLeave: prepare_leave,
    NameDeputy: prepare_deputy,
    CheckLeave: prepare_check,
    FileComplaint: prepare_complaint,
    MoveComplaint: prepare_step,
    HandOverComplaint: prepare_handing_over,
}

SCHEDULES: dict[type[Event], Schedule] = {
    LeavePlanned: leave.checks,
    ComplaintFiled: complaint.checks,
    EventStranded: stranded.forgets,
}
