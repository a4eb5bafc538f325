"""What a social team sent and we could not take in: kept for a person to look at, for a month at most.

Also what was received and is not dealt with yet (`inbox.py`): mostly for a moment. A person sees that only
when it lasts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.stranded import RECEIVED, EventStranded, SettleStranded, StrandedSettled, StrandEvent
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context, Timer

KEPT = timedelta(days=30)

SHOWN = "NOT settled AND (code <> 'received' OR stranded_at < now() - interval '10 minutes')"
"""SQL: what a person looks at."""


@dataclass(slots=True)
class Stranded:
    """`code` is the refusal's; `kept`: what was sent is in the vault."""

    stranded_id: UUID
    team: str
    code: str
    kept: bool
    stranded_at: datetime
    settled: bool = False
    version: int = 0


def evolve(
    stranded: Stranded | None, event: EventStranded | StrandedSettled, stranded_id: UUID, at: datetime
) -> Stranded:
    if isinstance(event, EventStranded):
        return Stranded(stranded_id, event.team, event.code, event.kept, at)
    assert stranded is not None
    return replace(stranded, settled=True)


STRANDED = Kind(
    "stranded", Stranded, {e: lambda e: (e.stranded_id,) for e in (EventStranded, StrandedSettled)}, evolve
)


def strand(command: StrandEvent, context: Context, state: State) -> list[Event]:
    team = context.actor.team
    assert team is not None
    if state.get(STRANDED, context.command_id) is not None:
        # The very same once more: it is known.
        return []
    return [
        EventStranded(
            stranded_id=context.command_id, team=team, code=command.code, kept=bool(command.payload)
        )
    ]


def settle(command: SettleStranded, context: Context, state: State) -> list[Event]:
    stranded = state.get(STRANDED, command.stranded_id)
    actor = context.actor
    theirs = stranded is not None and (stranded.team, stranded.code) == (actor.team, RECEIVED)
    if stranded is None or (actor.role is Role.REFERRER and not theirs):
        # A team's own: what was received and is dealt with. What stranded is for a person.
        raise unknown_stranded()
    return [] if stranded.settled else [StrandedSettled(stranded_id=stranded.stranded_id)]


def forgets(event: EventStranded, at: datetime) -> list[Timer]:
    """What may describe someone is not kept for longer than a month."""
    return [Timer(at + KEPT, SettleStranded(stranded_id=event.stranded_id), event.stranded_id)]


def unknown_stranded() -> Rejected:
    return Rejected(
        "unknown_event",
        "Dit bericht kennen wij niet (meer). Kijk het na.",
        "We do not know this event (any more). Please check.",
    )
