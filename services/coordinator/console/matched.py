"""A match that stands, on the page of its request: who, when, the hours, and who knows."""

from datetime import UTC, datetime, timedelta

from services.coordinator.console.addresses import LETTERS, match_href, member_href
from services.coordinator.console.chosen import UNDO_MINUTES
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.people import Names
from services.coordinator.console.views import Fact, Load, Matched, Told
from services.coordinator.desk import Desk
from services.coordinator.projections.exchange import MatchSeen, RequestSeen
from services.kernel.dutch import hours_nl

_RUNNING = "('reserved', 'confirmed', 'agreed', 'unbooked')"


async def matched(desk: Desk, request: RequestSeen, match: MatchSeen, known: Names) -> Matched:
    """The outcome of a match that was confirmed."""
    left = undo_minutes_left(match)
    helper, asker = known.first(match.helper_id), known.of(match.asker_id)
    helped = "heeft" if match.status == "completed" else "gaat"
    verb = "geholpen" if match.status == "completed" else "helpen"
    return Matched(
        sentence=f"{helper} {helped} {asker} {verb}.",
        facts=_facts(match, known),
        load=await _load(desk, match),
        told=await _told(desk, match, known),
        undo_href=f"/hulpvragen/{request.request_id}/koppelingen/{match.match_id}/afzegging"
        if left
        else None,
        undo_minutes_left=left,
        more_href=match_href(match.match_id),
        more_label="Beslis hoe lang het duurde"
        if match.minutes_differ or match.status == "unbooked"
        else "Alles over deze koppeling",
    )


def undo_minutes_left(match: MatchSeen) -> int:
    """For how many minutes this can still be undone; 0 when it cannot."""
    reported = match.helper_minutes is not None or match.asker_minutes is not None
    if match.status != "confirmed" or match.confirmed_at is None or reported:
        return 0
    left = match.confirmed_at + timedelta(minutes=UNDO_MINUTES) - datetime.now(UTC)
    return max(0, -(-left // timedelta(minutes=1)))


def _facts(match: MatchSeen, known: Names) -> tuple[Fact, ...]:
    when = appointment_nl(match.wanted_at) if match.wanted_at is not None else "kiezen zij samen"
    facts = [
        Fact("Helper", known.first(match.helper_id), href=member_href(match.helper_id)),
        Fact("Afspraak", when, hours_nl(match.minutes)),
        Fact("Uren", _hours(match)),
    ]
    for label, minutes in (("Helper schreef op", match.helper_minutes), ("Hulpvrager", match.asker_minutes)):
        if minutes is not None:
            facts.append(Fact(label, hours_nl(minutes)))
    return tuple(facts)


def _hours(match: MatchSeen) -> str:
    match match.status:
        case "completed":
            return f"{hours_nl(match.agreed_minutes or match.minutes)} geboekt"
        case "agreed":
            return "worden geboekt"
        case "unbooked":
            return "niet geboekt: bekijk waarom, en beslis"
    if match.minutes_differ:
        return "niet geboekt: de minuten verschillen. Bel beiden en beslis"
    return f"{hours_nl(match.minutes)} staat apart"


async def _load(desk: Desk, match: MatchSeen) -> Load | None:
    """The helper's week with this help in it."""
    row = await desk.row(
        "SELECT capacity_minutes_week AS most, (SELECT coalesce(sum(minutes), 0)::bigint FROM matches_seen "
        f"WHERE helper_id = $1 AND status IN {_RUNNING}) AS taken FROM members_seen WHERE member_id = $1",
        match.helper_id,
    )
    if row is None or not row["most"] or match.status == "completed":
        return None
    return Load(max(0, row["taken"] - match.minutes), row["taken"], row["most"])


async def _told(desk: Desk, match: MatchSeen, known: Names) -> tuple[Told, ...]:
    """Who knows already, by the messages about this match."""
    if match.confirmed_at is None or match.status == "completed":
        return ()
    rows = await desk.fetch(
        "SELECT DISTINCT ON (member_id) member_id, status, channel FROM messages_seen "
        "WHERE (member_id, other_id) IN (($1, $2), ($2, $1)) AND queued_at >= $3 "
        "AND template IN ('match-helper', 'match-asker') ORDER BY member_id, queued_at",
        match.helper_id,
        match.asker_id,
        match.confirmed_at,
    )
    by_member = {row["member_id"]: (row["status"], row["channel"]) for row in rows}
    return tuple(
        told_line(known.first(i), *by_member.get(i, ("queued", None)), known.way(i))
        for i in (match.helper_id, match.asker_id)
    )


_BY = {"email": "een e-mail", "sms": "een sms", "letter": "een brief", "phone": "een telefoontje"}


def told_line(who: str, status: str, channel: str | None, way: str | None) -> Told:
    """`channel`: how their message goes; `way`: how it will, as long as that is not known."""
    match status:
        case "sent" | "delivered":
            return Told(f"{who} kreeg {_BY[channel or 'email']}")
        case "failed":
            return Told(f"{who} nog niet: de e-mail komt niet aan. Bel even", done=False, href=LETTERS)
        case "handed_over" | "escalated":
            return Told(f"{who} nog niet: {_BY[channel or 'letter']} wacht op u", done=False, href=LETTERS)
        case _ if way is None:
            return Told(f"{who} nog niet: ga even langs", done=False)
        case _:
            return Told(f"{who} krijgt zo {_BY[way]}")
