"""Matches and visits: who comes when, what moves, what does not go on."""

from uuid import UUID, uuid5

from contracts.envelope import Command
from contracts.exchange import MatchConfirmed, MatchFellThrough, MinutesDiffered
from contracts.notifications import QueueMessage, TellSeries
from contracts.visits import HelperThanked, VisitMoved
from services.notifications.telling import instead, iso, tell

WITHOUT_HELPER = frozenset(
    {
        "cancelled",
        "helper_withdrew",
        "vog_lapsed",
        "paused",
        "consent_withdrawn",
        "incident",
        "left",
        "no_show",
    }
)
"""Reasons after which someone else is sought. Why is told to nobody: all of them have one letter."""


def on_match_confirmed(event: MatchConfirmed) -> list[Command]:
    facts: dict[str, int | str | None] = {
        "category": event.category,
        "minutes": event.minutes,
        "wanted_at": iso(event.wanted_at),
    }
    if event.series_id is not None:
        # Told only when it is not the usual helper who comes, or when they heard that nobody does:
        # the decider knows.
        facts |= {"series": str(event.series_id), "visit": str(event.request_id)}
    helper_id, asker_id = event.helper_id, event.asker_id
    helper = tell(helper_id, "match-helper", event.match_id, other=str(asker_id), **facts)
    asker = tell(asker_id, "match-asker", event.match_id, other=str(helper_id), **facts)
    if event.series_id is None:
        return [helper, asker]
    return [
        instead(helper_id, "visit-open", event.request_id, helper),
        instead(asker_id, "visit-open", event.request_id, asker),
    ]


def on_match_fell_through(event: MatchFellThrough) -> list[Command]:
    if not event.told:
        return _never_confirmed(event)
    facts: dict[str, int | str | None] = {"wanted_at": iso(event.wanted_at)}
    if event.series_id is not None:
        facts["visit"] = str(event.request_id)
    helper = tell(event.helper_id, "match-ended-helper", event.match_id, **facts)
    if event.reason == "asker_absent":
        helper = tell(event.helper_id, "missed-helper", event.match_id, **facts)
        asker = tell(event.asker_id, "missed-asker", event.match_id, **facts)
    elif event.reason in WITHOUT_HELPER:
        keeps = int(event.reason != "no_show")
        asker = tell(event.asker_id, "helper-withdrew", event.match_id, keeps_date=keeps, **facts)
    else:
        asker = tell(event.asker_id, "match-ended-asker", event.match_id, **facts)
    return [
        instead(event.helper_id, "match-helper", event.match_id, helper),
        instead(event.asker_id, "match-asker", event.match_id, asker),
    ]


def _never_confirmed(event: MatchFellThrough) -> list[Command]:
    """Nobody was told of this match; but at a visit of a series its two people count on each other.

    The helper of this match may be a substitute, who heard of nothing: the usual one is told.
    """
    if event.series_id is None or event.series_id == event.request_id:
        return []
    return [
        TellSeries(
            series_id=event.series_id,
            template="visit-open",
            # Who withdrew the visit knows that nobody comes.
            to="helper" if event.reason == "withdrawn" else "both",
            facts={"wanted_at": iso(event.wanted_at), "visit": str(event.request_id)},
        )
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
            from_at=iso(event.from_at),
            wanted_at=iso(event.wanted_at),
        )

    helper_id, asker_id = event.helper_id, event.asker_id
    return [
        instead(helper_id, "match-helper", event.match_id, moved(helper_id, asker_id)),
        instead(asker_id, "match-asker", event.match_id, moved(asker_id, helper_id)),
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
