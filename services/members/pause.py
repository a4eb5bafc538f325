"""A pause: a member does not help for a while. Nobody asks why, and how much they can do is kept."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid5

from contracts.envelope import Event
from contracts.members import EndPause, MemberPaused, MemberResumed, PauseHelping, ResumeHelping
from services.kernel.days import last_second
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context, Timer
from services.members.days import check_near, this_day
from services.members.member import MEMBER, changeable


def begin(command: PauseHelping, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    until = None
    if command.until is not None:
        if command.until < this_day(context):
            raise Rejected(
                "pause_in_the_past",
                "Deze dag is al voorbij. Kies vandaag of een latere dag.",
                "This day is over. Please choose today or a later day.",
            )
        check_near(command.until, context)
        until = last_second(command.until)
    if member.is_paused and member.paused_until == until:
        return []
    return [MemberPaused(member_id=member.member_id, until=until)]


def resume(command: ResumeHelping, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    return [MemberResumed(member_id=member.member_id)] if member.is_paused else []


def end(command: EndPause, context: Context, state: State) -> list[Event]:
    member = state.get(MEMBER, command.member_id)
    # Meanwhile they may have come back, or chosen another day: that pause has a timer of its own.
    if member is None or member.is_gone or not member.is_paused or member.paused_until != command.until:
        return []
    return [MemberResumed(member_id=member.member_id)]


def schedule(event: MemberPaused, at: datetime) -> Iterable[Timer]:
    if event.until is None:
        return
    command = EndPause(member_id=event.member_id, until=event.until)
    yield Timer(event.until, command, uuid5(event.member_id, f"pause until {event.until.isoformat()}"))
