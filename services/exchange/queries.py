"""What exchange answers: texts, matches, series, initiatives, incident files, load, small favours."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import orjson

from contracts.envelope import Actor, Role
from contracts.exchange import GetMatch, GetParticipants, GetTexts, Match, Participants, Texts
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiative, Initiatives
from contracts.loans import GetLoanPerson, LoanPerson
from contracts.policy import Policy
from contracts.proposals import Favours, GetLoad, Load, SuggestReturnFavours
from contracts.referrals import GetReferralFile, ReferralFile
from contracts.safety import GetIncidentFile, IncidentFile
from contracts.visits import GetSeries, Series, Visit
from services.exchange import return_favour, spread
from services.exchange.incident import unknown_incident
from services.exchange.match import unknown_match
from services.exchange.participant import faded
from services.exchange.person import acting_id
from services.exchange.referral import unknown_referral
from services.exchange.week import LOAD, RELIEVED_ALWAYS, week_of
from services.kernel.dutch import local
from services.kernel.errors import Rejected
from services.kernel.handling import check_handler, check_uninvolved
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed

_POLICY = "SELECT reciprocity, compensation, floor_minutes, tolerance_minutes, most_running, from_band"


async def get_initiatives(replica: Replica, query: GetInitiatives, actor: Actor) -> Initiatives:
    """All of them; the one that always exists is there also when nobody ever changed it."""
    rows = await replica.pool.fetch(
        f"{_POLICY}, i.initiative_id, preset, status, v.data FROM initiatives i "
        "LEFT JOIN vault v ON v.entity_id = i.initiative_id AND v.entity = 'initiative' ORDER BY 7"
    )
    found = {
        row["initiative_id"]: Initiative(
            initiative_id=row["initiative_id"],
            name=orjson.loads(row["data"])["text"] if row["data"] else replica.region.name,
            preset=row["preset"],
            status=row["status"],
            policy=Policy(**dict(row)),
        )
        for row in rows
    }
    always = Initiative(
        initiative_id=THE_INITIATIVE, name=replica.region.name, preset="", status="running", policy=Policy()
    )
    return Initiatives(initiatives=tuple({THE_INITIATIVE: always, **found}.values()))


async def get_series(replica: Replica, query: GetSeries, actor: Actor) -> Series:
    row = await replica.pool.fetchrow("SELECT * FROM series WHERE series_id = $1", query.series_id)
    if row is None or not await _concerns(replica, actor, row):
        raise Rejected(
            "unknown_series",
            "Deze terugkerende hulp kennen wij niet. Kijk het na.",
            "We do not know this recurring help. Please check.",
        )
    visits = await replica.pool.fetch(
        "SELECT r.request_id, r.wanted_at, r.minutes, r.status AS request_status, r.match_id, "
        "m.status AS match_status, m.helper_id FROM requests r LEFT JOIN matches m USING (match_id) "
        "WHERE r.series_id = $1 OR r.request_id = $1 ORDER BY r.wanted_at",
        query.series_id,
    )
    return Series(**dict(row), visits=tuple(Visit(**dict(visit)) for visit in visits))


async def get_load(replica: Replica, query: GetLoad, actor: Actor) -> Load:
    now = datetime.now(UTC)
    rows = await replica.pool.fetch(
        "SELECT p.capacity_minutes_week, p.carer_minutes_week, "
        f"coalesce(w.relieved_minutes, 0) + {RELIEVED_ALWAYS} AS relieved, "
        "p.undated_minutes + coalesce(w.planned_minutes + w.done_minutes, 0) AS planned, "
        "p.helped_lately, p.helped_at FROM participants p "
        "LEFT JOIN weeks w ON w.member_id = p.participant_id AND w.week = $1 "
        "WHERE NOT p.gone AND (p.participant_id = $2 OR $2::uuid IS NULL) "
        "AND (p.capacity_minutes_week > 0 OR p.carer_minutes_week > 0)",
        week_of(now),
        query.member_id,
    )
    return spread.figures(
        [
            spread.Helping(
                row["capacity_minutes_week"],
                row["carer_minutes_week"],
                row["relieved"],
                row["planned"],
                faded(row["helped_lately"], row["helped_at"], now),
            )
            for row in rows
        ]
    )


_READABLE = {
    Role.COORDINATOR: ("offer", "request", "initiative", "waiver", "decision"),
    Role.MEMBER: ("offer", "request", "initiative", "thanks"),
    Role.SERVICE: ("offer", "request", "thanks"),
}
"""Which texts whom: kind words for those they are for. An incident has a file of its own."""


async def get_texts(replica: Replica, query: GetTexts, actor: Actor) -> Texts:
    """Offers may be read by members; other texts of members only by those they are of or for."""
    rows = await replica.pool.fetch(
        "SELECT entity, entity_id, person_id, other_id, data FROM vault "
        "WHERE entity_id = ANY($1) AND entity = ANY($2)",
        list(query.ids),
        list(_READABLE[actor.role]),
    )
    return Texts(
        texts={
            row["entity_id"]: orjson.loads(row["data"])["text"]
            for row in rows
            if actor.role is not Role.MEMBER
            or row["entity"] in ("offer", "initiative")
            or actor.member_id in (row["person_id"], row["other_id"])
        }
    )


_STEPS = {"incident": "reported", "incident-end": "closed"}
"""What a text of an incident is called by its row in the vault; the others keep their name there."""


async def get_incident_file(replica: Replica, query: GetIncidentFile, actor: Actor) -> IncidentFile:
    """What was written about an incident, for its handlers alone. Every look is logged."""
    row = await replica.pool.fetchrow(
        "SELECT reported_by, handler, helper_id, asker_id FROM incidents WHERE incident_id = $1",
        query.incident_id,
    )
    if row is None:
        raise unknown_incident()
    check_handler(actor, (row["reported_by"], row["handler"]), (row["helper_id"], row["asker_id"]))
    deed("restricted_read", actor=actor, object=str(query.incident_id), origin="bus")
    texts = await replica.pool.fetch(
        "SELECT entity, data FROM vault WHERE entity_id = $1 AND starts_with(entity, 'incident')",
        query.incident_id,
    )
    return IncidentFile(texts={_step(row["entity"]): orjson.loads(row["data"])["text"] for row in texts})


async def get_referral_file(replica: Replica, query: GetReferralFile, actor: Actor) -> ReferralFile:
    """What the team wrote, for itself and for coordinators of the area. Every look is logged."""
    row = await replica.pool.fetchrow(
        "SELECT team, pc4, member_id FROM referrals WHERE referral_id = $1", query.referral_id
    )
    mine = row is not None and (actor.team == row["team"] if actor.team else actor.may_in(row["pc4"]))
    if row is None or not mine:
        raise unknown_referral()
    # A coordinator does not read what was written about themselves to others.
    check_uninvolved(actor, () if actor.team else (row["member_id"],))
    deed("referral_read", actor=actor, object=str(query.referral_id), origin="bus")
    texts = await replica.pool.fetch(
        "SELECT data FROM vault WHERE entity_id = $1 AND entity IN ('referral', 'request')", query.referral_id
    )
    return ReferralFile.model_validate(
        {k: v for text in texts for k, v in orjson.loads(text["data"]).items()}
    )


def _step(entity: str) -> str:
    return _STEPS.get(entity) or entity.removeprefix("incident-")


async def get_match(replica: Replica, query: GetMatch, actor: Actor) -> Match:
    row = await replica.pool.fetchrow("SELECT * FROM matches WHERE match_id = $1", query.match_id)
    if row is None or not await _concerns(replica, actor, row):
        raise unknown_match()
    return Match(**dict(row))


async def _concerns(replica: Replica, actor: Actor, row: asyncpg.Record) -> bool:
    """Whether this is a member's own match or series, or of someone they may act for."""
    people = (row["helper_id"], row["asker_id"])
    if actor.role is not Role.MEMBER or actor.member_id in people:
        return True
    if actor.member_id is None:
        return False
    pairs = [acting_id(person, actor.member_id) for person in people]
    sql = "SELECT EXISTS (SELECT FROM acting WHERE acting_id = ANY($1) AND may_act)"
    return bool(await replica.pool.fetchval(sql, pairs))


async def get_loan_person(replica: Replica, query: GetLoanPerson, actor: Actor) -> LoanPerson:
    """Only while it runs, and only after both people agreed to it."""
    row = await replica.pool.fetchrow(
        "SELECT member_id FROM loans WHERE peer = $1 AND thread_id = $2 "
        "AND status IN ('confirmed', 'unbooked')",
        query.peer,
        query.thread_id,
    )
    if row is None:
        raise Rejected(
            "not_agreed",
            "Contactgegevens zijn er pas als beide mensen het goed vinden, en zolang de hulp loopt.",
            "How to reach someone is told only after both people agreed, and while the help goes on.",
        )
    deed("contact_shared", actor=f"region:{query.peer}", object=str(query.thread_id), origin="network")
    return LoanPerson(member_id=row["member_id"])


async def get_participants(replica: Replica, query: GetParticipants, actor: Actor) -> Participants:
    rows = await replica.pool.fetch(
        "SELECT participant_id FROM participants WHERE participant_id = ANY($1)", list(query.member_ids)
    )
    return Participants(member_ids=tuple(row["participant_id"] for row in rows))


async def suggest_return_favours(replica: Replica, query: SuggestReturnFavours, actor: Actor) -> Favours:
    """Not what they offer already, nor what they need help with themselves, nor what they cannot do."""
    rows = await replica.pool.fetch(
        "SELECT category FROM offers WHERE member_id = $1 AND status = 'open' "
        "UNION SELECT category FROM requests WHERE request_id = ANY("
        "(SELECT asks FROM participants WHERE participant_id = $1)::uuid[])",
        query.member_id,
    )
    able = await _able(replica, query.member_id)
    return return_favour.suggest(query.member_id, {row["category"] for row in rows}, able)


_ABLE = f"""
SELECT p.capacity_minutes_week, {LOAD.format(week="$2", undated="false")} AS load_minutes,
       coalesce(n.paused AND (n.paused_until IS NULL OR n.paused_until >= $3), false) AS paused,
       n.age_band, coalesce(n.guardian_agrees, false) AS guardian_agrees,
       ARRAY(SELECT v.category FROM vettings v WHERE v.member_id = p.participant_id
                AND v.valid_until >= $4 AND NOT v.lapsed) AS vetted,
       ARRAY(SELECT i.from_band FROM initiatives i WHERE i.status = 'running') AS from_bands,
       EXISTS (SELECT FROM initiatives i WHERE i.initiative_id = $5) AS changed
  FROM participants p LEFT JOIN persons n ON n.member_id = p.participant_id WHERE p.participant_id = $1
"""


async def _able(replica: Replica, member_id: UUID) -> return_favour.Able | None:
    now = datetime.now(UTC)
    row = await replica.pool.fetchrow(_ABLE, member_id, week_of(now), now, local(now).date(), THE_INITIATIVE)
    if row is None:
        return None
    able = dict(row)
    # The one that always exists has the rules of every region while nobody changed them.
    always = () if able.pop("changed") else (Policy().from_band,)
    return return_favour.Able(**{**able, "from_bands": (*able["from_bands"], *always)})
