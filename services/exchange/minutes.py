"""How long the help took: both say it, small differences are settled by policy, others by a person.

Help that was given stands, also when one of the two leaves (leaving.py) or an incident keeps them
apart (incident.py). Who is still here has their say first. When the one who did not report is gone,
what the other reported counts, up to what was planned: that is what both had agreed to beforehand,
and it was set apart. Minutes that differ, or that could not be booked, are for a coordinator.
"""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.exchange import (
    MatchCompleted,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    ReportMinutes,
    SettleBooking,
)
from contracts.safety import MinutesDecided, SettleMinutes
from services.exchange.initiative import policy_of
from services.exchange.match import (
    RUNNING,
    Match,
    band_of,
    check_match_area,
    check_uninvolved,
    evolve,
    fall_through,
    known_match,
    party,
)
from services.exchange.participant import is_gone
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context


def report(command: ReportMinutes, context: Context, state: State) -> list[Event]:
    found = party(state, command.match_id, context, command.member_id)
    if found.status not in RUNNING:
        raise Rejected(
            "not_confirmed",
            "Voor deze koppeling kunt u nu geen minuten opgeven. Klopt iets niet? Bel uw buurtcoördinator.",
            "You cannot report minutes for this match now. Call your coordinator if something is wrong.",
            status=found.status,
        )
    in_their_name = context.actor.role is Role.COORDINATOR and context.actor.member_id != command.member_id
    if found.differs and in_their_name:
        # The other's number, written down for them, decides it.
        check_uninvolved(found, context)
    by: Literal["helper", "asker"] = "helper" if command.member_id == found.helper_id else "asker"
    reported = MinutesReported(
        match_id=found.match_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        by=by,
        minutes=command.minutes,
    )
    other = found.asker_minutes if by == "helper" else found.helper_minutes
    if other is None:
        after = evolve(found, reported, found.match_id, context.at)
        gone = [who for who in found.people if is_gone(state, who)]
        return [reported, *settled_without(after, gone)]
    tolerance = policy_of(state, found.initiative_id).tolerance_minutes
    if abs(other - command.minutes) <= tolerance:
        # Within what the policy allows the lower counts: nobody pays for more than they saw.
        return [reported, _agreed(found, min(other, command.minutes))]
    helper_minutes, asker_minutes = (command.minutes, other) if by == "helper" else (other, command.minutes)
    differed = MinutesDiffered(
        match_id=found.match_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        helper_minutes=helper_minutes,
        asker_minutes=asker_minutes,
    )
    return [reported, differed]


def settled_without(found: Match, gone: Collection[UUID]) -> list[Event]:
    """What becomes of help that was given, now that these people can say nothing of it any more.

    Nothing yet while the other can, or while a coordinator must look at it. Where nobody said how
    long it took, and nobody is left to, there is nothing to book.
    """
    if found.status != "confirmed" or found.differs:
        return []
    said = {found.helper_id: found.helper_minutes, found.asker_id: found.asker_minutes}
    if any(minutes is None and who not in gone for who, minutes in said.items()):
        return []
    reported = [minutes for minutes in said.values() if minutes is not None]
    return [_agreed(found, min(*reported, found.minutes))] if reported else [fall_through(found, "left")]


def decide(command: SettleMinutes, context: Context, state: State) -> list[Event]:
    """A coordinator without a part in it says how long it took. Until then nothing was booked."""
    found = known_match(state, command.match_id)
    check_match_area(state, found, context)
    if found.status not in RUNNING or not (found.differs or found.status == "unbooked"):
        raise Rejected(
            "nothing_differs",
            "Over deze minuten is geen verschil (meer). U hoeft niets te besluiten.",
            "These minutes do not differ (any more). You need not decide anything.",
            status=found.status,
        )
    check_uninvolved(found, context)
    decided = MinutesDecided(
        match_id=found.match_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        minutes=command.minutes,
        by=context.actor.name,
    )
    return [decided, _agreed(found, command.minutes)]


def settle_booking(command: SettleBooking, context: Context, state: State) -> list[Event]:
    found = known_match(state, command.match_id)
    if found.status != "agreed":
        return []
    minutes = found.agreed_minutes or found.minutes
    if not command.booked:
        return [
            MatchUnbooked(
                match_id=found.match_id, helper_id=found.helper_id, asker_id=found.asker_id, minutes=minutes
            )
        ]
    return [
        MatchCompleted(
            match_id=found.match_id,
            request_id=found.request_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            minutes=minutes,
            reserved_minutes=found.minutes,
            category=found.category,
            wanted_at=found.wanted_at,
            series_id=found.series_id,
        )
    ]


def _agreed(found: Match, minutes: int) -> MinutesAgreed:
    return MinutesAgreed(
        match_id=found.match_id,
        request_id=found.request_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        minutes=minutes,
        compensation=found.compensation,
        age_band=band_of(found),
        wanted_at=found.wanted_at,
    )
