"""A match: reserved, then confirmed or fallen through; minutes reported, agreed, booked.

The saga of confirming (design, section 7):

    ReserveMatch ─▶ MatchReserved ─▶ ledger: HoldPlaced ──▶ MatchConfirmed
                                             HoldRefused ─▶ MatchFellThrough
    withdrawn in the meantime ────────────────────────────▶ MatchFellThrough (the hold is released)

What happens after it was confirmed: minutes.py; visits of a series: series.py, visit.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.exchange import (
    CancelMatch,
    FellThroughReason,
    LapseReservation,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchReserved,
    MatchStatus,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    PeopleParted,
)
from contracts.policy import AgeBand, Compensation, Policy
from contracts.safety import MinutesDecided
from contracts.visits import HelperThanked, NoShowNoted, VisitMoved
from services.exchange.help_request import HelpRequest
from services.exchange.home import together
from services.exchange.offer import Offer
from services.exchange.participant import PARTICIPANT, Participant
from services.exchange.person import PERSON
from services.kernel.days import begin
from services.kernel.dutch import local
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context, Timer

RESERVATION_LASTS = timedelta(hours=1)

RUNNING = ("confirmed", "unbooked")
"""Statuses in which people may report other minutes or call it off: nothing is booked yet."""


@dataclass(slots=True)
class Match:
    """`by` is the credential of who chose its helper; `differs`: both reported, and not the same.

    `parted`: the help was given, and its two people meet no more.
    """

    match_id: UUID
    request_id: UUID
    offer_id: UUID
    helper_id: UUID
    asker_id: UUID
    category: str
    minutes: int
    wanted_at: datetime | None
    initiative_id: UUID
    compensation: Compensation
    age_band: str | None
    series_id: UUID | None
    from_now_on: bool
    by: str
    status: MatchStatus
    reason: str | None = None
    helper_minutes: int | None = None
    asker_minutes: int | None = None
    agreed_minutes: int | None = None
    differs: bool = False
    parted: bool = False
    thanked: bool = False
    version: int = 0

    @property
    def people(self) -> tuple[UUID, UUID]:
        return self.helper_id, self.asker_id

    def told_as_given(self, at: datetime) -> bool:
        """Whether the help was given by what people said of it.

        Both said how long it took (whenever it was planned), or one of them did and its day has begun
        on the region's clock. What one says before that day is kept, and counts from then on.
        """
        if self.agreed_minutes is not None:
            return True
        said = [self.helper_minutes is not None, self.asker_minutes is not None]
        day_has_begun = self.wanted_at is None or begin(local(self.wanted_at).date()) <= at
        return all(said) or (any(said) and day_has_begun)

    def has_been(self, at: datetime) -> bool:
        """Whether the help was given, as far as we know: its time has come, or people said so."""
        return self.told_as_given(at) or (self.wanted_at is not None and self.wanted_at <= at)

    def stands(self, at: datetime) -> bool:
        """Whether it is help that was given, of which how long it took is to be settled."""
        return self.status != "reserved" and self.has_been(at)


type MatchEvent = (
    MatchReserved
    | MatchConfirmed
    | MatchFellThrough
    | PeopleParted
    | MinutesReported
    | MinutesDiffered
    | MinutesDecided
    | MinutesAgreed
    | MatchCompleted
    | MatchUnbooked
    | VisitMoved
    | NoShowNoted
    | HelperThanked
)


def evolve(found: Match | None, event: MatchEvent, match_id: UUID, at: datetime) -> Match:
    if isinstance(event, MatchReserved):
        return Match(
            **event.model_dump(exclude={"floor_minutes", "age_band"}),
            age_band=event.age_band,
            status="reserved",
        )
    assert found is not None
    match event:
        case MatchConfirmed():
            return replace(found, status="confirmed")
        case MatchFellThrough():
            return replace(found, status="fell_through", reason=event.reason)
        case PeopleParted():
            return replace(found, parted=True)
        case MatchCompleted():
            return replace(found, status="completed")
        case MatchUnbooked():
            return replace(found, status="unbooked")
        case VisitMoved():
            return replace(found, wanted_at=event.wanted_at)
        case HelperThanked():
            return replace(found, thanked=True)
        case NoShowNoted():
            return replace(found)
        case MinutesReported() | MinutesDiffered() | MinutesDecided() | MinutesAgreed():
            return _with_minutes(found, event)
        case _:
            assert_never(event)


def _with_minutes(
    found: Match, event: MinutesReported | MinutesDiffered | MinutesDecided | MinutesAgreed
) -> Match:
    match event:
        case MinutesReported() if event.by == "helper":
            return replace(found, helper_minutes=event.minutes)
        case MinutesReported():
            return replace(found, asker_minutes=event.minutes)
        case MinutesDiffered():
            return replace(found, differs=True)
        case MinutesDecided():
            return replace(found)
        case MinutesAgreed():
            return replace(found, status="agreed", agreed_minutes=event.minutes, differs=False)
        case _:
            assert_never(event)


MATCH = Kind(
    "matches",
    Match,
    {
        event: lambda e: (e.match_id,)
        for event in (
            MatchReserved,
            MatchConfirmed,
            MatchFellThrough,
            PeopleParted,
            MinutesReported,
            MinutesDiffered,
            MinutesDecided,
            MinutesAgreed,
            MatchCompleted,
            MatchUnbooked,
            VisitMoved,
            NoShowNoted,
            HelperThanked,
        )
    },
    evolve,
)


def reserved(
    match_id: UUID,
    request: HelpRequest,
    offer: Offer,
    policy: Policy,
    state: State,
    *,
    by: str,
    from_now_on: bool = False,
) -> MatchReserved:
    """The event that begins a match, with what the ledger needs to know of its rules."""
    person = state.get(PERSON, offer.member_id)
    return MatchReserved(
        match_id=match_id,
        request_id=request.request_id,
        offer_id=offer.offer_id,
        helper_id=offer.member_id,
        asker_id=request.member_id,
        category=request.category,
        minutes=request.minutes,
        wanted_at=request.wanted_at,
        initiative_id=request.initiative_id,
        compensation=policy.compensation,
        floor_minutes=policy.floor_minutes,
        age_band=person.band if person is not None else None,
        series_id=request.part_of,
        from_now_on=from_now_on,
        by=by,
    )


def lapse(command: LapseReservation, context: Context, state: State) -> list[Event]:
    found = known_match(state, command.match_id)
    return [fall_through(found, "no_answer")] if found.status == "reserved" else []


def lapses(event: MatchReserved, at: datetime) -> list[Timer]:
    """A reservation does not wait for the ledger for ever."""
    return [Timer(at + RESERVATION_LASTS, LapseReservation(match_id=event.match_id), event.match_id)]


def cancel(command: CancelMatch, context: Context, state: State) -> list[Event]:
    found = match_to_come(state, command.match_id, context, command.member_id)
    reason: FellThroughReason = "helper_withdrew" if command.member_id == found.helper_id else "cancelled"
    return [fall_through(found, reason)]


def fall_through(found: Match, reason: FellThroughReason) -> MatchFellThrough:
    """It does not go on. Nobody was told of a match that was never confirmed."""
    return MatchFellThrough(
        match_id=found.match_id,
        request_id=found.request_id,
        helper_id=found.helper_id,
        asker_id=found.asker_id,
        minutes=found.minutes,
        reason=reason,
        told=found.status != "reserved",
        category=found.category,
        wanted_at=found.wanted_at,
        series_id=found.series_id,
    )


def running_of(state: State, helper: Participant) -> Iterator[Match]:
    """What this helper has before them, or did and nothing is booked of yet."""
    return (known_match(state, match_id) for match_id in helper.running)


def part(found: Match, reason: FellThroughReason, at: datetime) -> list[Event]:
    """Its two people meet no more: what was to come is called off, help that was given stands.

    What was reported of it, or still will be, is booked or decided as ever.
    """
    if not found.stands(at):
        return [fall_through(found, reason)]
    if found.parted:
        return []
    return [PeopleParted(match_id=found.match_id, helper_id=found.helper_id, asker_id=found.asker_id)]


def running_between(state: State, one_id: UUID, other_id: UUID) -> list[Match]:
    """What runs between two people, whichever of them helps, and between those who count as one of them."""
    ones, others = together(state, one_id), together(state, other_id)
    found: dict[UUID, Match] = {}
    for helpers, askers in ((ones, others), (others, ones)):
        for helper in (state.get(PARTICIPANT, helper_id) for helper_id in helpers):
            running = running_of(state, helper) if helper is not None else ()
            found |= {match.match_id: match for match in running if match.asker_id in askers}
    return list(found.values())


def known_match(state: State, match_id: UUID) -> Match:
    found = state.get(MATCH, match_id)
    if found is None:
        raise unknown_match()
    return found


def unknown_match() -> Rejected:
    return Rejected(
        "unknown_match",
        "Deze koppeling kennen wij niet. Kijk het na.",
        "We do not know this match. Please check.",
    )


def party(state: State, match_id: UUID, context: Context, member_id: UUID | None) -> Match:
    """The match, if `member_id` is one of its two people or a coordinator of its area acts.

    Nobody speaks for both: whoever is one of the two does not act in the name of the other.
    """
    found = known_match(state, match_id)
    if member_id not in (found.helper_id, found.asker_id) and not (
        member_id is None and context.actor.role is Role.COORDINATOR
    ):
        raise Rejected(
            "not_yours",
            "Deze koppeling is niet van deze deelnemer. Kijk het na.",
            "This match is not this participant's. Please check.",
        )
    if context.actor.member_id in found.people and member_id not in (None, context.actor.member_id):
        raise Rejected(
            "involved",
            "Deze hulp gaat ook over uzelf. Laat de ander het zelf zeggen, of vraag een andere coördinator.",
            "This help is about yourself too. Let the other one say it, or ask another coordinator.",
        )
    check_match_area(state, found, context)
    return found


def check_match_area(state: State, found: Match, context: Context) -> None:
    """A match belongs to the area of its asker. Raises Rejected."""
    asker = state.get(PARTICIPANT, found.asker_id)
    if asker is not None:
        check_area(context, asker.pc4)


def open_match(state: State, match_id: UUID, context: Context, member_id: UUID | None) -> Match:
    """As `party`, of a match that runs and that this actor may still undo.

    Once minutes were reported the other must have their say: then it is no longer one party's to
    undo. A coordinator may (someone wrote them down at the wrong visit); where the two differ only
    one without a part in it, because that decides it too. Raises Rejected.
    """
    found = party(state, match_id, context, member_id)
    if found.status == "reserved":
        raise Rejected(
            "being_confirmed",
            "Deze koppeling wordt nu bevestigd. Probeer het over een ogenblik opnieuw.",
            "This match is being confirmed now. Try again in a moment.",
        )
    if found.status not in RUNNING:
        raise Rejected(
            "not_confirmed",
            "Deze koppeling loopt niet (meer). U hoeft niets te doen.",
            "This match is not running (any more). You need not do anything.",
            status=found.status,
        )
    if found.told_as_given(context.at) and not _may_undo(found, context):
        raise Rejected(
            "minutes_reported",
            "Van deze hulp is al opgegeven hoe lang die duurde. Geef uw eigen minuten op, of vraag uw "
            "buurtcoördinator als er iets niet klopt.",
            "How long this help took was reported already. Report your own minutes, or ask your "
            "coordinator if something is wrong.",
        )
    if found.differs:
        check_uninvolved(found, context)
    return found


def match_to_come(state: State, match_id: UUID, context: Context, member_id: UUID | None) -> Match:
    """As `open_match`, of help that may still be called off.

    From its moment on it counts as given until someone says otherwise (DECISIONS 25): one of the two
    cannot make it undone, a coordinator can. Raises Rejected.
    """
    found = open_match(state, match_id, context, member_id)
    if found.has_been(context.at) and not _may_undo(found, context):
        raise already_given()
    return found


def already_given() -> Rejected:
    return Rejected(
        "already_given",
        "Het moment van deze afspraak is geweest. Geef op hoe lang de hulp duurde, of meld dat iemand er "
        "niet was.",
        "The time of this visit has come. Report how long the help took, or that someone was not there.",
    )


def _may_undo(found: Match, context: Context) -> bool:
    """A coordinator who is not one of the two may undo help that was given."""
    return context.actor.role is Role.COORDINATOR and context.actor.member_id not in found.people


def check_uninvolved(found: Match, context: Context) -> None:
    """Go on only with a coordinator who neither chose the helper nor is one of the two. Raises Rejected."""
    if context.actor.member_id in found.people:
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


def band_of(found: Match) -> AgeBand | None:
    return AgeBand(found.age_band) if found.age_band is not None else None
