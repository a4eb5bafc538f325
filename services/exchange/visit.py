"""One visit: skipped, moved, missed; and thanks after it."""

from contracts.envelope import Event, Role
from contracts.exchange import RequestWithdrawn
from contracts.visits import (
    HelperThanked,
    MoveVisit,
    NoShowNoted,
    NoteNoShow,
    SayThanks,
    SkipVisit,
    VisitMoved,
)
from services.exchange import fitness
from services.exchange.match import (
    Match,
    already_given,
    fall_through,
    match_to_come,
    open_match,
    party,
)
from services.exchange.participant import taking_part
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context


def skip(command: SkipVisit, context: Context, state: State) -> list[Event]:
    found = match_to_come(state, command.match_id, context, command.member_id)
    if found.series_id is None:
        raise Rejected(
            "no_series",
            "Dit is een losse afspraak. Zeg de koppeling af, of verzet de afspraak.",
            "This is a single visit. Call the match off, or move the visit.",
        )
    return [fall_through(found, "skipped"), _withdrawn(found)]


def move(command: MoveVisit, context: Context, state: State) -> list[Event]:
    """To another time with the same helper, whose week then must have room for it."""
    found = open_match(state, command.match_id, context, command.member_id)
    if found.has_been(context.at) or found.parted:
        # Also for a coordinator: what has been cannot be moved.
        raise already_given()
    if command.wanted_at <= context.at:
        raise Rejected(
            "in_the_past",
            "Dit moment is al voorbij. Kies een dag die nog komt.",
            "This moment has passed. Choose a day that is still to come.",
        )
    if command.wanted_at == found.wanted_at:
        return []
    helper = taking_part(state, found.helper_id)
    fitness.check_move(state, helper, found, command.wanted_at, context.at)
    return [
        VisitMoved(
            match_id=found.match_id,
            request_id=found.request_id,
            helper_id=found.helper_id,
            asker_id=found.asker_id,
            category=found.category,
            minutes=found.minutes,
            from_at=found.wanted_at,
            wanted_at=command.wanted_at,
        )
    ]


def note_no_show(command: NoteNoShow, context: Context, state: State) -> list[Event]:
    """Said by the one who was there, or by a coordinator; nobody is rated by it.

    A coordinator hears of it whoever says it, and calls (services/coordinator/waiting.py).
    """
    found = open_match(state, command.match_id, context, command.member_id)
    if found.wanted_at is not None and found.wanted_at > context.at:
        raise Rejected(
            "not_yet",
            "Deze afspraak komt nog. Meld het daarna, of zeg de afspraak af.",
            "This visit is still to come. Report it afterwards, or call the visit off.",
        )
    missing = found.helper_id if command.who == "helper" else found.asker_id
    if command.member_id == missing:
        raise Rejected(
            "not_about_oneself",
            "U kunt dit niet over uzelf melden. Bel uw buurtcoördinator.",
            "You cannot report this about yourself. Call your coordinator.",
        )
    noted = NoShowNoted(
        match_id=found.match_id, helper_id=found.helper_id, asker_id=found.asker_id, who=command.who
    )
    if command.who == "helper":
        return [noted, fall_through(found, "no_show")]
    # Without the asker there is nothing to find a new helper for; they hear that they may ask again.
    return [noted, fall_through(found, "asker_absent"), _withdrawn(found)]


def thank(command: SayThanks, context: Context, state: State) -> list[Event]:
    found = party(state, command.match_id, context, command.member_id)
    if command.member_id != found.asker_id and context.actor.role is not Role.COORDINATOR:
        raise Rejected(
            "not_yours",
            "Alleen wie geholpen is kan de helper bedanken.",
            "Only who was helped can thank the helper.",
        )
    if found.status not in ("agreed", "completed"):
        raise Rejected(
            "not_done_yet",
            "De hulp is nog niet afgerond. Bedanken kan daarna.",
            "The help is not finished yet. You can say thanks after that.",
        )
    if found.thanked:
        # The words went to the helper: others cannot take their place.
        raise Rejected(
            "already_thanked",
            "De helper is voor deze hulp al bedankt. U hoeft niets meer te doen.",
            "The helper was already thanked for this help. You need not do anything.",
        )
    return [HelperThanked(match_id=found.match_id, helper_id=found.helper_id, asker_id=found.asker_id)]


def _withdrawn(found: Match) -> RequestWithdrawn:
    return RequestWithdrawn(request_id=found.request_id, member_id=found.asker_id)
