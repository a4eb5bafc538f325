"""A call after a no-show: that a coordinator spoke with the people of a match. What was said is theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.coordinator import CallNoted, NoteCall
from contracts.envelope import Event
from services.coordinator.projections.exchange import MATCHES
from services.coordinator.projections.members import MEMBERS
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context


@dataclass(slots=True)
class Call:
    call_id: UUID
    match_id: UUID
    noted_at: datetime
    version: int = 0


def evolve(_: Call | None, event: CallNoted, call_id: UUID, at: datetime) -> Call:
    return Call(call_id, event.match_id, at)


CALL = Kind("calls", Call, {CallNoted: lambda e: (e.call_id,)}, evolve)


def note(command: NoteCall, context: Context, state: State) -> list[Event]:
    match = state.get(MATCHES, command.match_id)
    if match is None or match.no_show is None:
        raise Rejected(
            "no_no_show",
            "Bij deze koppeling is niet gemeld dat iemand er niet was. Kijk na welke u bedoelt.",
            "Nobody was reported missing from this match. Please check which one you mean.",
        )
    asker = state.get(MEMBERS, match.asker_id)
    if asker is not None:
        check_area(context, asker.pc4)
    return [
        CallNoted(
            call_id=context.command_id,
            match_id=match.match_id,
            helper_id=match.helper_id,
            asker_id=match.asker_id,
        )
    ]
