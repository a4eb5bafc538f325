"""What is looked up for a command before its turn in the commit loop."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from contracts.categories import CATEGORIES, Intimacy
from contracts.envelope import Actor, Command, Role
from contracts.exchange import AskHelp, ConfirmMatch, RequestHelp, ReserveMatch
from contracts.members import Excluded, FindExcluded
from contracts.safety import CloseIncident, DecideMinutes, EndIncident, SettleMinutes
from contracts.visits import SayThanks, ThankHelper
from services.exchange.match import unknown_match
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica

SELF = Actor(role=Role.SERVICE, name="exchange")


class Nearness(NamedTuple):
    """Ids that members gave for one asker, without why: exchange neither keeps nor publishes them."""

    out: Collection[UUID]
    less: Collection[UUID] = ()
    more: Collection[UUID] = ()


async def nearness(replica: Replica, asker_id: UUID, category: str, wish: str) -> Nearness:
    """Who is too close to this asker for this kind of help, and who fits less or more."""
    intimacy = CATEGORIES[category].intimacy if category in CATEGORIES else Intimacy.HIGH
    query = FindExcluded.model_validate({"asker_id": asker_id, "intimacy": intimacy, "wish": wish})
    found = await replica.bus.ask(query, Excluded, SELF)
    kept_apart = await replica.pool.fetch(
        "SELECT CASE WHEN one_id = $1 THEN other_id ELSE one_id END FROM pairs "
        "WHERE (one_id = $1 OR other_id = $1) AND incidents <> '{}'",
        asker_id,
    )
    out = frozenset(found.member_ids).union(row[0] for row in kept_apart)
    return Nearness(out, frozenset(found.less), frozenset(found.more))


async def confirm(replica: Replica, command: ConfirmMatch, actor: Actor) -> Command:
    """Ask members whether this helper is too close to the asker."""
    row = await replica.pool.fetchrow(
        "SELECT r.member_id AS asker_id, r.category, r.wish, o.member_id AS helper_id "
        "FROM requests r, offers o WHERE r.request_id = $1 AND o.offer_id = $2",
        command.request_id,
        command.offer_id,
    )
    too_close = False
    if row is not None:
        near = await nearness(replica, row["asker_id"], row["category"], row["wish"])
        too_close = row["helper_id"] in near.out
    return ReserveMatch(
        request_id=command.request_id,
        offer_id=command.offer_id,
        too_close=too_close,
        from_now_on=command.from_now_on,
    )


async def ask(replica: Replica, command: RequestHelp, actor: Actor) -> Command:
    """Look whether the asker offers something in the same initiative."""
    has_offer = await replica.pool.fetchval(
        "SELECT EXISTS (SELECT FROM offers WHERE member_id = $1 AND initiative_id = $2 AND status = 'open')",
        command.member_id,
        command.initiative_id,
    )
    return AskHelp(**command.model_dump(), has_offer=has_offer)


async def decide_minutes(replica: Replica, command: DecideMinutes, actor: Actor) -> Command:
    helper_id, asker_id = await _people(replica, command.match_id)
    return SettleMinutes(**command.model_dump(), helper_id=helper_id, asker_id=asker_id)


async def thank(replica: Replica, command: ThankHelper, actor: Actor) -> Command:
    helper_id, _ = await _people(replica, command.match_id)
    return SayThanks(**command.model_dump(), helper_id=helper_id)


async def _people(replica: Replica, match_id: UUID) -> tuple[UUID, UUID]:
    """Helper and asker of a match. Raises Rejected."""
    row = await replica.pool.fetchrow("SELECT helper_id, asker_id FROM matches WHERE match_id = $1", match_id)
    if row is None:
        raise unknown_match()
    return row["helper_id"], row["asker_id"]


async def close_incident(replica: Replica, command: CloseIncident, actor: Actor) -> Command:
    row = await replica.pool.fetchrow(
        "SELECT helper_id, asker_id FROM incidents WHERE incident_id = $1", command.incident_id
    )
    if row is None:
        raise Rejected(
            "unknown_incident",
            "Dit incident kennen wij niet. Kijk het na.",
            "We do not know this incident. Please check.",
        )
    return EndIncident(**command.model_dump(), helper_id=row["helper_id"], asker_id=row["asker_id"])
