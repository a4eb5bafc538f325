"""Matches and visits: who comes when, what moves, what does not go on."""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.envelope import Command
from contracts.exchange import MatchConfirmed, MatchFellThrough, MinutesDiffered
from contracts.notifications import OvertakeMessage, QueueMessage, Template
from contracts.visits import HelperThanked, VisitMoved
from services.notifications.telling import message_id, tell

WITHOUT_HELPER = frozenset(
    {"helper_withdrew", "vog_lapsed", "paused", "consent_withdrawn", "incident", "left", "no_show"}
)
"""Reasons after which someone else is sought. Why is told to nobody."""


def on_match_confirmed(event: MatchConfirmed) -> list[Command]:
    facts: dict[str, int | str | None] = {
        "category": event.category,
        "minutes": event.minutes,
        "wanted_at": _iso(event.wanted_at),
    }
    if event.series_id is not None:
        # Told only when it is not the usual helper who comes: the decider knows.
        facts["series"] = str(event.series_id)
    helper_id, asker_id = event.helper_id, event.asker_id
    return [
        tell(helper_id, "match-helper", event.match_id, other=str(asker_id), **facts),
        tell(asker_id, "match-asker", event.match_id, other=str(helper_id), **facts),
    ]


def on_match_fell_through(event: MatchFellThrough) -> list[Command]:
    # Nobody was told of a match that was never confirmed.
    if not event.told:
        return []
    when = _iso(event.wanted_at)
    helper = tell(event.helper_id, "match-ended-helper", event.match_id, wanted_at=when)
    if event.reason in WITHOUT_HELPER:
        keeps = int(event.reason != "no_show")
        asker = tell(event.asker_id, "helper-withdrew", event.match_id, wanted_at=when, keeps_date=keeps)
    else:
        searching = int(event.reason == "cancelled")
        asker = tell(event.asker_id, "match-ended-asker", event.match_id, wanted_at=when, searching=searching)
    return [
        _instead(event.helper_id, "match-helper", event.match_id, helper),
        _instead(event.asker_id, "match-asker", event.match_id, asker),
    ]


def on_visit_moved(event: VisitMoved) -> list[Command]:
    about = uuid5(event.match_id, f"{event.from_at}/{event.wanted_at}")

    def moved(member_id: UUID, other_id: UUID) -> QueueMessage:
        return tell(
            member_id,
            "match-moved",
            about,
            other=str(other_id),
            minutes=event.minutes,
            from_at=_iso(event.from_at),
            wanted_at=_iso(event.wanted_at),
        )

    helper_id, asker_id = event.helper_id, event.asker_id
    return [
        _instead(helper_id, "match-helper", event.match_id, moved(helper_id, asker_id)),
        _instead(asker_id, "match-asker", event.match_id, moved(asker_id, helper_id)),
    ]


def on_minutes_differed(event: MinutesDiffered) -> list[Command]:
    helper, asker = event.helper_minutes, event.asker_minutes
    return [
        tell(event.helper_id, "minutes-differ", event.match_id, own=helper, others=asker),
        tell(event.asker_id, "minutes-differ", event.match_id, own=asker, others=helper),
    ]


def on_helper_thanked(event: HelperThanked) -> list[Command]:
    # The words themselves stay with exchange until the letter is written.
    return [
        tell(
            event.helper_id,
            "thanks",
            event.match_id,
            other=str(event.asker_id),
            match=str(event.match_id),
        )
    ]


def _instead(member_id: UUID, began: Template, match_id: UUID, told: QueueMessage) -> OvertakeMessage:
    """`told`, in place of what this member was (or is about to be) told of the match before."""
    return OvertakeMessage(message_id=message_id(member_id, began, match_id), instead=told)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
