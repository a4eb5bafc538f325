"""What is looked up for a command before its turn in the commit loop."""

from asyncio import gather
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from contracts.categories import CATEGORIES, Intimacy
from contracts.envelope import Actor, Command, Role
from contracts.exchange import ConfirmMatch, OpenDrafts, ReserveMatch
from contracts.loans import EndLoansWith
from contracts.members import Excluded, FindExcluded, FindLookalikes, Lookalikes
from contracts.participants import EndOffers, PartTooClose
from contracts.referrals import ReferPerson, TakeReferral
from contracts.safety import (
    CloseIncident,
    DecideMinutes,
    EndIncident,
    HandOverIncident,
    PassOnIncident,
    ReportIncident,
    SettleMinutes,
)
from contracts.visits import PlanVisit, SayThanks, ThankHelper
from services.exchange.home import TOGETHER
from services.exchange.incident import unknown_incident
from services.exchange.match import unknown_match
from services.kernel.days import end, working_day
from services.kernel.dutch import local
from services.kernel.handling import check_can_handle
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
    out = frozenset(found.member_ids) | await _kept_apart(replica, asker_id)
    return Nearness(out, frozenset(found.less), frozenset(found.more))


async def _kept_apart(replica: Replica, asker_id: UUID) -> frozenset[UUID]:
    """Who does not meet this asker after an incident: `incident.apart`, for everyone at once."""
    rows = await replica.pool.fetch(
        "SELECT CASE WHEN one_id = t.id THEN other_id ELSE one_id END "
        f"FROM ({TOGETHER}) t JOIN pairs ON (one_id = t.id OR other_id = t.id) AND incidents <> '{{}}'",
        [asker_id],
    )
    if not rows:
        return frozenset()
    return frozenset(row[0] for row in await replica.pool.fetch(TOGETHER, [row[0] for row in rows]))


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


async def open_drafts(replica: Replica, command: OpenDrafts, actor: Actor) -> Command:
    """Look what waits for an offer in an initiative."""
    rows = await replica.pool.fetch(
        "SELECT request_id FROM requests WHERE initiative_id = $1 AND status = 'draft' ORDER BY request_id",
        command.initiative_id,
    )
    return command.model_copy(update={"request_ids": tuple(row[0] for row in rows)})


async def end_offers(replica: Replica, command: EndOffers, actor: Actor) -> Command:
    """Look what someone who left still offers."""
    rows = await replica.pool.fetch(
        "SELECT offer_id FROM offers WHERE member_id = $1 AND status = 'open' ORDER BY offer_id",
        command.member_id,
    )
    return command.model_copy(update={"offer_ids": tuple(row[0] for row in rows)})


async def end_loans_with(replica: Replica, command: EndLoansWith, actor: Actor) -> Command:
    """Look what goes on with a peer that left the network."""
    rows = await replica.pool.fetch(
        "SELECT loan_id FROM loans WHERE peer = $1 AND status NOT IN ('completed', 'ended') ORDER BY loan_id",
        command.peer,
    )
    return command.model_copy(update={"loan_ids": tuple(row[0] for row in rows)})


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


async def report_incident(replica: Replica, command: ReportIncident, actor: Actor) -> Command:
    if command.handler is not None:
        people = (command.helper_id, command.asker_id)
        check_can_handle(replica.region.keys, command.handler, people)
    return command


async def close_incident(replica: Replica, command: CloseIncident, actor: Actor) -> Command:
    row = await _incident(replica, command.incident_id)
    return EndIncident(**command.model_dump(), helper_id=row["helper_id"], asker_id=row["asker_id"])


async def hand_over_incident(replica: Replica, command: HandOverIncident, actor: Actor) -> Command:
    row = await _incident(replica, command.incident_id)
    people = {"helper_id": row["helper_id"], "asker_id": row["asker_id"]}
    check_can_handle(replica.region.keys, command.handler, tuple(people.values()))
    return PassOnIncident(**command.model_dump(), **people, nth=len(row["former_handlers"]) + 1)


async def refer(replica: Replica, command: ReferPerson, actor: Actor) -> Command:
    """Ask members who this is, and count the working days within which someone answers."""
    known = await replica.bus.ask(FindLookalikes(member_id=command.member_id), Lookalikes, SELF)
    terms, today = replica.region.referrals, local(datetime.now(UTC)).date()
    return TakeReferral(
        **command.model_dump(),
        pc4=known.pc4,
        lookalikes=known.member_ids,
        remind_at=end(working_day(today, terms.remind_days)),
        answer_by=end(working_day(today, terms.answer_days)),
    )


async def _incident(replica: Replica, incident_id: UUID) -> Any:
    """What is known of an incident. Raises Rejected."""
    row = await replica.pool.fetchrow(
        "SELECT helper_id, asker_id, former_handlers FROM incidents WHERE incident_id = $1", incident_id
    )
    if row is None:
        raise unknown_incident()
    return row


async def plan_visit(replica: Replica, command: PlanVisit, actor: Actor) -> Command:
    """Ask members whether the two of a series are too close by now."""
    row = await replica.pool.fetchrow(
        "SELECT asker_id, helper_id, category FROM series WHERE series_id = $1", command.series_id
    )
    if row is None:
        return command
    near = await _nearness_by_now(replica, row["asker_id"], row["category"])
    return command.model_copy(update={"too_close": row["helper_id"] in near})


async def part_too_close(replica: Replica, command: PartTooClose, actor: Actor) -> Command:
    """Ask members about everyone this participant helps or is helped by."""
    rows = await replica.pool.fetch(
        "SELECT m.match_id, NULL::uuid AS series_id, m.helper_id, m.asker_id, m.category FROM matches m "
        "WHERE m.match_id = ANY((SELECT running FROM participants WHERE participant_id = $1)::uuid[]) "
        "UNION SELECT m.match_id, NULL, m.helper_id, m.asker_id, m.category FROM matches m "
        "JOIN requests r USING (match_id) "
        "WHERE r.request_id = ANY((SELECT asks FROM participants WHERE participant_id = $1)::uuid[]) "
        "UNION SELECT NULL, s.series_id, s.helper_id, s.asker_id, s.category FROM series s WHERE s.series_id "
        "= ANY((SELECT series || receives FROM participants WHERE participant_id = $1)::uuid[])",
        command.member_id,
    )
    helped = list({(row["asker_id"], row["category"]) for row in rows})
    near = dict(zip(helped, await gather(*(_nearness_by_now(replica, *one) for one in helped)), strict=True))
    too_close = [row for row in rows if row["helper_id"] in near[row["asker_id"], row["category"]]]
    ids = {
        f"{name}s": tuple(row[name] for row in too_close if row[name] is not None)
        for name in ("match_id", "series_id")
    }
    return command.model_copy(update=ids)


async def _nearness_by_now(replica: Replica, asker_id: UUID, category: str) -> Collection[UUID]:
    """Who is too close to help this asker, also where help runs already.

    What the asker wished (someone unknown, say) was about whom to choose: that people get to know
    each other is no reason to part them.
    """
    return (await nearness(replica, asker_id, category, "none")).out
