"""A participant: someone who was let in, with what they asked, what they do, and how much they can."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.exchange import (
    HelpRequested,
    MatchCompleted,
    MatchFellThrough,
    MatchReserved,
    OfferPosted,
    OfferWithdrawn,
    RequestOpened,
    RequestWithdrawn,
)
from contracts.initiatives import ReciprocityWaived, WaiveReciprocity
from contracts.loans import HelperLent, LoanCompleted, LoanEnded
from contracts.participants import (
    AdmitParticipant,
    NearnessChanged,
    NoteCapacity,
    ParticipantAdmitted,
    ParticipantCapacityChanged,
    ParticipantLeft,
)
from contracts.visits import SeriesEnded, SeriesHelperChanged, SeriesStarted, VisitMoved
from services.kernel.days import last_second
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved
from services.kernel.rights import check_area
from services.kernel.service import Context

HALF_LIFE = timedelta(days=28)
"""After four weeks, help that someone gave counts for half in whose turn it is."""


@dataclass(slots=True)
class Participant:
    """`undated_minutes` of running help without a date count in every week.

    `running` are matches they help in, `places` for each of those its series, or itself; `series`
    are those they help in, `receives` those in which they are helped, `lends` what they do for other
    regions. `asks` are their own requests that are not done, `drafts` those that wait for an offer.
    `offers_in` has the initiatives in which offers of theirs stand, `offers_count` how many in each.
    `helped_lately` fades (`HALF_LIFE`).
    """

    participant_id: UUID
    number: int
    pc4: str
    kind: str
    capacity_minutes_week: int
    carer_minutes_week: int
    undated_minutes: int = 0
    helped_lately: float = 0.0
    helped_at: datetime | None = None
    running: tuple[UUID, ...] = ()
    places: tuple[UUID, ...] = ()
    series: tuple[UUID, ...] = ()
    receives: tuple[UUID, ...] = ()
    asks: tuple[UUID, ...] = ()
    drafts: tuple[UUID, ...] = ()
    offers_in: tuple[UUID, ...] = ()
    offers_count: tuple[int, ...] = ()
    waived_until: datetime | None = None
    gone: bool = False
    lends: tuple[UUID, ...] = ()
    version: int = 0

    @property
    def helps_in(self) -> frozenset[UUID]:
        """What they do at once: a series counts as one, however many visits are planned."""
        return frozenset((*self.places, *self.series, *self.lends))

    def helped_lately_at(self, at: datetime) -> float:
        return faded(self.helped_lately, self.helped_at, at)


def faded(minutes: float, since: datetime | None, at: datetime) -> float:
    """What minutes of help count for at `at`, in whose turn it is."""
    if since is None or at <= since:
        return minutes
    return float(minutes * 0.5 ** ((at - since) / HALF_LIFE))


type ParticipantEvent = (
    ParticipantAdmitted
    | ParticipantCapacityChanged
    | ParticipantLeft
    | NearnessChanged
    | ReciprocityWaived
    | OfferPosted
    | OfferWithdrawn
    | HelpRequested
    | RequestOpened
    | RequestWithdrawn
    | MatchReserved
    | MatchFellThrough
    | MatchCompleted
    | VisitMoved
    | SeriesStarted
    | SeriesHelperChanged
    | SeriesEnded
    | HelperLent
    | LoanEnded
    | LoanCompleted
)


def evolve(
    participant: Participant | None, event: ParticipantEvent, participant_id: UUID, at: datetime
) -> Participant:
    if isinstance(event, ParticipantAdmitted):
        return Participant(
            participant_id,
            event.number,
            event.pc4,
            event.kind,
            event.capacity_minutes_week,
            event.carer_minutes_week,
        )
    assert participant is not None
    match event:
        case ParticipantCapacityChanged():
            return replace(
                participant,
                capacity_minutes_week=event.capacity_minutes_week,
                carer_minutes_week=event.carer_minutes_week,
            )
        case ParticipantLeft():
            return replace(participant, gone=True)
        case NearnessChanged():
            return replace(participant)
        case ReciprocityWaived():
            return replace(participant, waived_until=event.until)
        case OfferPosted():
            return _offering(participant, event.initiative_id, 1)
        case OfferWithdrawn():
            return _offering(participant, event.initiative_id, -1)
        case HelpRequested() | RequestOpened() | RequestWithdrawn():
            return _asked(participant, event)
        case SeriesStarted() | SeriesHelperChanged() | SeriesEnded():
            return _in_series(participant, event)
        case MatchCompleted() if participant_id != event.helper_id:
            return replace(participant, asks=_without(participant.asks, event.request_id))
        case MatchReserved() | MatchFellThrough() | MatchCompleted() | VisitMoved():
            return _helping(participant, event, at)
        case HelperLent() | LoanEnded() | LoanCompleted():
            return _lending(participant, event, at)
        case _:
            assert_never(event)


def _asked(participant: Participant, event: HelpRequested | RequestOpened | RequestWithdrawn) -> Participant:
    match event:
        case HelpRequested():
            drafts = (*participant.drafts, event.request_id) if event.draft else participant.drafts
            return replace(participant, asks=(*participant.asks, event.request_id), drafts=drafts)
        case RequestOpened():
            return replace(participant, drafts=_without(participant.drafts, event.request_id))
        case RequestWithdrawn():
            return replace(
                participant,
                asks=_without(participant.asks, event.request_id),
                drafts=_without(participant.drafts, event.request_id),
            )
        case _:
            assert_never(event)


def _in_series(
    participant: Participant, event: SeriesStarted | SeriesHelperChanged | SeriesEnded
) -> Participant:
    me, goes_on = participant.participant_id, not isinstance(event, SeriesEnded)
    if not isinstance(event, SeriesHelperChanged) and event.asker_id == me:
        others = _without(participant.receives, event.series_id)
        return replace(participant, receives=(*others, event.series_id) if goes_on else others)
    others = _without(participant.series, event.series_id)
    helps = goes_on and event.helper_id == me
    return replace(participant, series=(*others, event.series_id) if helps else others)


def _helping(
    participant: Participant,
    event: MatchReserved | MatchFellThrough | MatchCompleted | VisitMoved,
    at: datetime,
) -> Participant:
    undated = participant.undated_minutes
    match event:
        case MatchReserved():
            dated = event.wanted_at is not None
            return replace(
                participant,
                running=(*participant.running, event.match_id),
                places=(*participant.places, event.series_id or event.match_id),
                undated_minutes=undated + (0 if dated else event.minutes),
            )
        case VisitMoved():
            was_dated = event.from_at is not None
            return replace(participant, undated_minutes=undated - (0 if was_dated else event.minutes))
        case MatchFellThrough():
            dated = event.wanted_at is not None
            return replace(
                participant,
                running=_without(participant.running, event.match_id),
                places=_without_one(participant.places, event.series_id or event.match_id),
                undated_minutes=undated - (0 if dated else event.minutes),
            )
        case MatchCompleted():
            dated = event.wanted_at is not None
            return replace(
                participant,
                running=_without(participant.running, event.match_id),
                places=_without_one(participant.places, event.series_id or event.match_id),
                undated_minutes=undated - (0 if dated else event.reserved_minutes),
                helped_lately=participant.helped_lately_at(at) + event.minutes,
                helped_at=at,
            )
        case _:
            assert_never(event)


def _lending(
    participant: Participant, event: HelperLent | LoanEnded | LoanCompleted, at: datetime
) -> Participant:
    if participant.participant_id != event.helper_id:
        # It is what they asked of another region.
        asked = event.request_id if isinstance(event, LoanCompleted) else None
        return replace(participant, asks=_without(participant.asks, asked))
    others = _without(participant.lends, event.loan_id)
    undated = participant.undated_minutes
    dated = event.wanted_at is not None
    match event:
        case HelperLent():
            return replace(
                participant,
                lends=(*others, event.loan_id),
                undated_minutes=undated + (0 if dated else event.minutes),
            )
        case LoanEnded():
            return replace(
                participant, lends=others, undated_minutes=undated - (0 if dated else event.minutes)
            )
        case LoanCompleted():
            return replace(
                participant,
                lends=others,
                undated_minutes=undated - (0 if dated else event.reserved_minutes),
                helped_lately=participant.helped_lately_at(at) + event.minutes,
                helped_at=at,
            )
        case _:
            assert_never(event)


def _offering(participant: Participant, initiative_id: UUID, more: int) -> Participant:
    """With `more` offers standing in an initiative: in order of the initiatives, none with no offers."""
    counts = dict(zip(participant.offers_in, participant.offers_count, strict=True))
    counts[initiative_id] = counts.get(initiative_id, 0) + more
    standing = sorted((id, count) for id, count in counts.items() if count)
    return replace(
        participant,
        offers_in=tuple(id for id, _ in standing),
        offers_count=tuple(count for _, count in standing),
    )


def _without(ids: tuple[UUID, ...], gone: UUID | None) -> tuple[UUID, ...]:
    return tuple(one for one in ids if one != gone)


def _without_one(ids: tuple[UUID, ...], gone: UUID) -> tuple[UUID, ...]:
    """One of several visits of a series is over: the others are still there."""
    at = ids.index(gone)
    return (*ids[:at], *ids[at + 1 :])


PARTICIPANT = Kind(
    "participants",
    Participant,
    {
        ParticipantAdmitted: lambda e: (e.participant_id,),
        ParticipantCapacityChanged: lambda e: (e.participant_id,),
        ParticipantLeft: lambda e: (e.participant_id,),
        NearnessChanged: lambda e: (e.participant_id,),
        ReciprocityWaived: lambda e: (e.participant_id,),
        OfferPosted: lambda e: (e.member_id,),
        OfferWithdrawn: lambda e: (e.member_id,),
        HelpRequested: lambda e: (e.member_id,),
        RequestOpened: lambda e: (e.member_id,),
        RequestWithdrawn: lambda e: (e.member_id,),
        MatchReserved: lambda e: (e.helper_id,),
        MatchFellThrough: lambda e: (e.helper_id,),
        MatchCompleted: lambda e: (e.helper_id, e.asker_id),
        VisitMoved: lambda e: (e.helper_id,),
        SeriesStarted: lambda e: (e.helper_id, e.asker_id),
        SeriesHelperChanged: lambda e: (e.helper_id, e.former_helper_id),
        SeriesEnded: lambda e: (e.helper_id, e.asker_id),
        HelperLent: lambda e: (e.helper_id,),
        LoanEnded: lambda e: (e.helper_id,) if e.helper_id is not None else (),
        LoanCompleted: lambda e: (e.member_id,),
    },
    evolve,
)


def admit(command: AdmitParticipant, context: Context, state: State) -> list[Event]:
    return [ParticipantAdmitted(**command.model_dump())]


def note_capacity(command: NoteCapacity, context: Context, state: State) -> list[Event]:
    # Someone who is not approved yet is admitted later, with the capacity of that moment.
    if state.get(PARTICIPANT, command.participant_id) is None:
        return []
    return [ParticipantCapacityChanged(**command.model_dump())]


def waive(command: WaiveReciprocity, context: Context, state: State) -> list[Event]:
    """Let someone ask without offering; what they asked already is opened."""
    participant = taking_part(state, command.member_id)
    check_area(context, participant.pc4)
    check_uninvolved(context.actor, (command.member_id,))
    until = last_second(command.until)
    if until <= context.at:
        raise Rejected(
            "in_the_past",
            "Deze dag is al voorbij. Kies een dag die nog komt.",
            "This day has passed. Choose a day that is still to come.",
        )
    return [
        ReciprocityWaived(participant_id=command.member_id, until=until),
        *(
            RequestOpened(request_id=draft, member_id=command.member_id, because="waived")
            for draft in participant.drafts
        ),
    ]


def taking_part(state: State, member_id: UUID) -> Participant:
    """The participant, or a kind no."""
    participant = known_participant(state, member_id)
    if participant.gone:
        raise Rejected(
            "left",
            "Deze deelnemer doet niet meer mee. Kies iemand anders.",
            "This participant does not take part any more. Choose someone else.",
        )
    return participant


def known_participant(state: State, member_id: UUID) -> Participant:
    """Someone who takes part, or did. Raises Rejected."""
    participant = state.get(PARTICIPANT, member_id)
    if participant is None:
        raise Rejected(
            "not_approved",
            "Deze deelnemer is nog niet goedgekeurd. Een buurtcoördinator kijkt ernaar; daarna kan het.",
            "This participant is not approved yet. A coordinator will look at it; after that it is possible.",
        )
    return participant


def is_gone(state: State, member_id: UUID) -> bool:
    """Whether someone who took part does not any more."""
    participant = state.get(PARTICIPANT, member_id)
    return participant is not None and participant.gone
