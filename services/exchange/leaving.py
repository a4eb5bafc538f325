"""When someone cannot help for a while, or takes no part any more: what was planned finds its end."""

from contracts.envelope import Event
from contracts.exchange import RequestWithdrawn, SuspendHelper
from contracts.participants import LetGo, ParticipantLeft
from services.exchange.help_request import REQUEST
from services.exchange.match import MATCH, RUNNING, fall_through, running_of
from services.exchange.participant import PARTICIPANT
from services.exchange.series import ended, known_series
from services.kernel.entity import State
from services.kernel.service import Context


def suspend(command: SuspendHelper, context: Context, state: State) -> list[Event]:
    """What this helper had planned needs someone else. What has been done stands."""
    helper = state.get(PARTICIPANT, command.helper_id)
    if helper is None:
        return []
    return [
        fall_through(found, command.reason)
        for found in running_of(state, helper)
        if command.category in (None, found.category)
        and not found.has_been(context.at)
        and (command.until is None or found.wanted_at is None or found.wanted_at <= command.until)
    ]


def let_go(command: LetGo, context: Context, state: State) -> list[Event]:
    """Help they gave is open again, what they asked is withdrawn; then the ledger may settle."""
    member = state.get(PARTICIPANT, command.member_id)
    if member is None or member.gone:
        return []
    events: list[Event] = [fall_through(found, "left") for found in running_of(state, member)]
    for request_id in member.asks:
        request = state.get(REQUEST, request_id)
        if request is None:
            continue
        found = state.get(MATCH, request.match_id) if request.match_id is not None else None
        if found is not None and found.status in ("reserved", *RUNNING):
            events.append(fall_through(found, "left"))
        if found is None or found.status != "agreed":
            events.append(RequestWithdrawn(request_id=request_id, member_id=command.member_id))
    events += [ended(known_series(state, series_id), "left") for series_id in member.receives]
    left = ParticipantLeft(
        participant_id=command.member_id, settle=command.settle, beneficiary_id=command.beneficiary_id
    )
    return [*events, left]
