"""How long the help took: both say it, small differences are settled by policy, others by a person."""

from typing import Literal

from contracts.envelope import Event
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
    known_match,
    party,
)
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
        return [reported]
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
    _check_uninvolved(found, context)
    decided = MinutesDecided(
        match_id=found.match_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        minutes=command.minutes,
        by=context.actor.name,
    )
    return [decided, _agreed(found, command.minutes)]


def _check_uninvolved(found: Match, context: Context) -> None:
    """Go on only with a coordinator who neither chose the helper nor is one of the two. Raises Rejected."""
    if context.actor.member_id in (found.helper_id, found.asker_id):
        raise Rejected(
            "involved",
            "Deze hulp gaat over uzelf. Vraag een collega om te besluiten.",
            "This help is about yourself. Ask a colleague to decide.",
        )
    if context.actor.name == found.by:
        raise Rejected(
            "involved",
            "U hebt deze koppeling zelf bevestigd. Vraag een collega om te besluiten.",
            "You confirmed this match yourself. Ask a colleague to decide.",
        )


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
