"""What waits for a person, kind by kind: where in the projections it is found, and how it reads.

Each kind is found by a partial index, so that what does not wait costs nothing. What is needed of
others is a subquery that counts or picks one: the planner then looks it up, and does not read a
whole table for a few rows. Days are days of the region's clock.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

from contracts.policy import CAPS
from services.coordinator.stranded import SHOWN

WorkCode = Literal[
    "without_helper",
    "visit_without_helper",
    "without_answer",
    "referral_waits",
    "event_stranded",
    "new_member",
    "minutes_differ",
    "not_booked",
    "no_show",
    "draft_waits",
    "series_helper_ends",
    "vog_ends",
    "over_capacity",
    "guardian_missing",
    "incident_open",
    "complaint_term",
    "leave_without_deputy",
    "caps_missing",
    "balance_noted",
    "bring_message",
    "not_reached",
    "message_failed",
    "help_asked",
    "helper_offered",
    "person_asked",
    "loan_waits",
    "loan_unreported",
    "loan_differs",
    "loan_forgotten",
    "loan_cut_short",
    "loan_not_booked",
    "cap_proposed",
    "settlement_proposed",
    "position_differs",
    "transfer_stranded",
    "letter_forgotten",
]

_TODAY = "(now() AT TIME ZONE 'Europe/Amsterdam')::date"


def _midnight(day: str) -> str:
    """The moment on which a day begins."""
    return f"({day})::timestamp AT TIME ZONE 'Europe/Amsterdam'"


def _place_of(member: str) -> str:
    return f"(SELECT m.pc4 FROM members_seen m WHERE m.member_id = {member})"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where one kind of work is found (`rows`: FROM and WHERE) and what is told of it, in SQL.

    `entity_id` is the thing itself: a request, match, member, message, by kind. `fixed`: `due` is an
    agreed moment, not a term. `pc4` is where it is; without one everyone sees it. `only_for` is the
    one coordinator who sees it (or who stands in for them); `hidden_from` are the members who do not,
    also when they coordinate.
    """

    rows: str
    entity_id: str
    since: str
    due: str = "NULL::timestamptz"
    fixed: str = "false"
    member_id: str = "NULL::uuid"
    request_id: str = "NULL::uuid"
    match_id: str = "NULL::uuid"
    category: str = "NULL::text"
    pc4: str = "NULL::text"
    helper_minutes: str = "NULL::bigint"
    asker_minutes: str = "NULL::bigint"
    reason: str = "NULL::text"
    coordinator: str = "NULL::text"
    only_for: str = "NULL::text"
    hidden_from: str = "NULL::uuid[]"

    def select(self, kind: WorkCode) -> str:
        """All that waits of this kind, its columns in the order of this class."""
        columns = ", ".join(f"{getattr(self, field.name)} AS {field.name}" for field in fields(self)[1:])
        return f"SELECT '{kind}' AS kind, {columns} FROM {self.rows}"


# A request has a term by its urgency, or the moment it is wanted for, whichever comes first.
_REQUEST = (
    "SELECT *, requested_at + CASE urgency WHEN 'urgent' THEN interval '1 day' "
    "WHEN 'soon' THEN interval '3 days' END AS term FROM requests_seen"
)
_OPEN_REQUEST = f"({_REQUEST} WHERE status = 'open') r"
_FIRST_DUE, _IS_MOMENT = "least(wanted_at, term)", "coalesce(wanted_at <= term, wanted_at IS NOT NULL)"

# A series begins with a request that is its first visit.
_IS_VISIT = (
    "(r.series_id IS NOT NULL OR r.recurrence IS NOT NULL "
    "AND EXISTS (SELECT FROM series_seen s WHERE s.series_id = r.request_id))"
)

# How long a referral that is on hold is left alone; one that came to be so by itself is not.
_LEFT_ALONE = "interval '7 days' * (reason NOT IN ('guardian-missing', 'initiative-ended'))::int"


def _match(where: str) -> Waiting:
    return Waiting(
        rows=f"matches_seen x WHERE {where}",
        entity_id="match_id",
        since="changed_at",
        member_id="asker_id",
        request_id="request_id",
        match_id="match_id",
        category="category",
        pc4=_place_of("x.asker_id"),
        helper_minutes="helper_minutes",
        asker_minutes="asker_minutes",
        reason="reason",
    )


def _member(where: str, since: str) -> Waiting:
    return Waiting(
        rows=f"members_seen x WHERE {where}",
        entity_id="member_id",
        since=since,
        member_id="member_id",
        pc4="pc4",
    )


def _loan(where: str, *, over: bool = False) -> Waiting:
    """Help to or from another region: where ours lives, or for what they ask, everyone.

    Due when it ends without an answer, once that comes near (LoanReminded), else at its own moment.
    """
    runs = "" if over else "status NOT IN ('completed', 'ended') AND "
    return Waiting(
        rows=f"loans_seen x WHERE {runs}{where}",
        entity_id="loan_id",
        since="changed_at",
        due="coalesce(answer_by, wanted_at)",
        fixed="answer_by IS NULL AND wanted_at IS NOT NULL",
        member_id="member_id",
        request_id="request_id",
        category="category",
        pc4=_place_of("x.member_id"),
        reason="peer",
    )


def _message(status: str, due: str = "NULL::timestamptz") -> Waiting:
    return Waiting(
        rows=f"messages_seen x WHERE status = '{status}'",
        entity_id="message_id",
        since="changed_at",
        due=due,
        member_id="member_id",
        pc4=_place_of("x.member_id"),
        reason="channel",
    )


_REFERRED = (
    "(SELECT count(*) FROM history h WHERE h.person_id = x.member_id "
    "AND h.code = 'member-registered' AND starts_with(h.actor, 'referrer:')) > 0"
)
_DAY_AFTER_REGISTERED = "(registered_at AT TIME ZONE 'Europe/Amsterdam')::date + 1"

# What failed waits until a person told them: it is among the messages to bring.
_FAILED = (
    "(SELECT member_id, (array_agg(message_id ORDER BY changed_at DESC))[1] AS message_id, "
    "(array_agg(reason ORDER BY changed_at DESC))[1] AS reason, min(changed_at) AS since "
    "FROM messages_seen WHERE status = 'failed' GROUP BY member_id) x "
    "WHERE (SELECT m.status FROM members_seen m WHERE m.member_id = x.member_id) NOT IN ('left', 'erased')"
)

# The first week in which someone has more planned than they want: their own care included, and help
# without a date, which counts in every week (services/exchange/week.py). Exchange refuses such a match,
# so it comes of a change of mind; what is done already this week only makes it more.
_WEEK = "date_trunc('week', wanted_at AT TIME ZONE 'Europe/Amsterdam')"
_THIS_MONDAY = "date_trunc('week', now() AT TIME ZONE 'Europe/Amsterdam')"
_THIS_WEEK = f"{_THIS_MONDAY} AT TIME ZONE 'Europe/Amsterdam'"
_PLANNED = "status IN ('reserved', 'confirmed')"
_OVER_CAPACITY = (
    "(SELECT DISTINCT ON (p.helper_id) p.helper_id AS member_id, m.pc4, p.week, p.since FROM "
    "(SELECT helper_id, week, dated.minutes + coalesce(undated.minutes, 0) AS minutes, "
    "greatest(dated.since, undated.since) AS since FROM "
    f"(SELECT helper_id, coalesce({_WEEK}, {_THIS_MONDAY}) AS week, max(changed_at) AS since, "
    "coalesce(sum(minutes) FILTER (WHERE wanted_at IS NOT NULL), 0) AS minutes FROM matches_seen "
    f"WHERE {_PLANNED} AND (wanted_at >= {_THIS_WEEK} OR wanted_at IS NULL) GROUP BY 1, 2) dated "
    "LEFT JOIN (SELECT helper_id, sum(minutes) AS minutes, max(changed_at) AS since FROM matches_seen "
    f"WHERE {_PLANNED} AND wanted_at IS NULL GROUP BY 1) undated USING (helper_id)) p, "
    # OFFSET keeps the planner from reading all members for these few.
    "LATERAL (SELECT * FROM members_seen WHERE member_id = p.helper_id OFFSET 0) m "
    "WHERE p.minutes + m.carer_minutes_week > m.capacity_minutes_week "
    "AND p.minutes + greatest(0, m.carer_minutes_week - (SELECT coalesce(sum(minutes), 0) "
    "FROM matches_seen o WHERE o.asker_id = m.member_id AND o.category = 'respite' "
    f"AND o.status <> 'fell_through' AND ({_WEEK} = p.week "
    "OR wanted_at IS NULL AND o.status <> 'completed'))) > m.capacity_minutes_week "
    "ORDER BY p.helper_id, p.week) x"
)

# This year and, from December on, the next, where neither this release nor an operator has its caps.
_YEARS_WITHOUT_CAPS = (
    "(SELECT DISTINCT extract(year FROM day)::int AS of_year "
    f"FROM unnest(ARRAY[{_TODAY}, {_TODAY} + 31]) AS day "
    f"WHERE extract(year FROM day) NOT IN ({', '.join(map(str, CAPS))}) "
    "AND extract(year FROM day) NOT IN (SELECT of_year FROM caps_seen))"
)

WAITING: dict[WorkCode, Waiting] = {
    "without_helper": Waiting(
        rows=f"{_OPEN_REQUEST} WHERE NOT {_IS_VISIT}",
        entity_id="request_id",
        since="requested_at",
        due=_FIRST_DUE,
        fixed=_IS_MOMENT,
        member_id="member_id",
        request_id="request_id",
        category="category",
        pc4="pc4",
    ),
    "visit_without_helper": Waiting(
        rows=f"{_OPEN_REQUEST} WHERE {_IS_VISIT}",
        entity_id="request_id",
        # It was planned weeks before; it waits since its last helper fell away.
        since="open_since",
        due="wanted_at",
        fixed="true",
        member_id="member_id",
        request_id="request_id",
        category="category",
        pc4="pc4",
    ),
    # A reservation normally takes well under a second; only one that waits is work.
    "without_answer": _match("status = 'reserved' AND reserved_at < now() - interval '5 seconds'"),
    # A social team waits for an answer; once its term has passed everyone sees it. Why it needs a
    # second look comes first: someone may be the same person as in another referral.
    "referral_waits": Waiting(
        # Also one that was accepted and then could not be asked: by itself it is on hold. What a
        # coordinator put on hold is looked at again after a week.
        rows="referrals_seen x WHERE status = 'requested' OR (status = 'on-hold' "
        f"AND changed_at <= now() - {_LEFT_ALONE})",
        entity_id="referral_id",
        since="referred_at",
        due="CASE WHEN status = 'requested' THEN answer_by "
        f"ELSE changed_at + {_LEFT_ALONE} + interval '1 day' END",
        member_id="member_id",
        category="category",
        pc4="CASE WHEN NOT overdue THEN pc4 END",
        reason="CASE WHEN status = 'on-hold' THEN reason WHEN twin_ids <> '{}' THEN 'twin' "
        "WHEN overdue THEN 'overdue' WHEN reminded THEN 'reminded' ELSE urgency END",
        hidden_from="ARRAY[member_id]",
    ),
    # A team's system sent it and waited for no answer: someone calls the team.
    "event_stranded": Waiting(
        rows=f"stranded WHERE {SHOWN}",
        entity_id="stranded_id",
        since="stranded_at",
        due="stranded_at + interval '1 day'",
        reason="code",
        coordinator="team",
    ),
    # Who was referred is let in with the referral, as long as that waits; after that no longer than today.
    "new_member": replace(
        _member(
            "status = 'registered' AND NOT EXISTS (SELECT FROM referrals_seen r "
            "WHERE r.member_id = x.member_id AND r.status = 'requested')",
            "registered_at",
        ),
        due=f"CASE WHEN {_REFERRED} THEN {_midnight(_DAY_AFTER_REGISTERED)} END",
        reason=f"CASE WHEN {_REFERRED} THEN 'referrer' END",
    ),
    "minutes_differ": _match("minutes_differ AND status <> 'unbooked'"),
    # Why is told by the ledger.
    "not_booked": replace(
        _match("status = 'unbooked'"),
        reason="(SELECT f.reason FROM refusals_seen f WHERE f.hold_id = x.match_id)",
    ),
    # Someone calls who did not come, until that is noted. Where it was the helper it is also over once
    # the request is decided; without the asker it was withdrawn at once, and how they are is not known.
    "no_show": replace(
        _match(
            "no_show IS NOT NULL AND (SELECT count(*) FROM calls c WHERE c.match_id = x.match_id) = 0 "
            "AND (no_show = 'asker' "
            "OR (SELECT r.status FROM requests_seen r WHERE r.request_id = x.request_id) = 'open')"
        ),
        due="changed_at + interval '1 day'",
        member_id="CASE no_show WHEN 'helper' THEN helper_id ELSE asker_id END",
        reason="no_show",
    ),
    "draft_waits": Waiting(
        # Whoever has time enough may think about what to offer for three days; others hear from us.
        rows=f"({_REQUEST} WHERE status = 'draft' AND (requested_at < now() - interval '3 days' "
        "OR wanted_at < now() + interval '3 days' OR urgency <> 'normal')) r",
        entity_id="request_id",
        since="requested_at",
        due=_FIRST_DUE,
        fixed=_IS_MOMENT,
        member_id="member_id",
        request_id="request_id",
        category="category",
        pc4="pc4",
    ),
    "series_helper_ends": Waiting(
        rows=f"series_seen x WHERE status = 'running' AND helper_last_day <= {_TODAY} + 28 "
        "AND (last_day IS NULL OR last_day > helper_last_day)",
        entity_id="series_id",
        since=f"greatest(changed_at, {_midnight('helper_last_day - 28')})",
        due=_midnight("helper_last_day + 1"),
        member_id="asker_id",
        request_id="series_id",
        category="category",
        pc4=_place_of("x.asker_id"),
    ),
    # One that lapsed is work for as long as its holder still offers what it is for.
    "vog_ends": Waiting(
        rows=f"vogs_seen x WHERE valid_until <= {_TODAY} + 30 "
        "AND (SELECT m.status FROM members_seen m WHERE m.member_id = x.member_id) = 'approved' "
        f"AND (valid_until >= {_TODAY} OR (SELECT count(*) FROM offers_seen o "
        "WHERE o.member_id = x.member_id AND o.category = x.category AND o.status = 'open') > 0)",
        entity_id="vog_id",
        since=f"greatest(recorded_at, {_midnight('valid_until - 30')})",
        due=_midnight("valid_until + 1"),
        member_id="member_id",
        category="category",
        pc4=_place_of("x.member_id"),
    ),
    "over_capacity": Waiting(
        rows=_OVER_CAPACITY,
        entity_id="member_id",
        since="since",
        due="week AT TIME ZONE 'Europe/Amsterdam'",
        member_id="member_id",
        pc4="pc4",
    ),
    "guardian_missing": _member(
        "status = 'approved' AND age_band IN ('under_16', 'from_16') AND NOT guardian_agrees", "decided_at"
    ),
    # The two are kept apart already; talking with them does not wait longer than a day.
    "incident_open": Waiting(
        rows="incidents_seen x WHERE closed_at IS NULL",
        entity_id="incident_id",
        since="reported_at",
        due="reported_at + interval '1 day'",
        member_id="asker_id",
        match_id="match_id",
        pc4=_place_of("x.asker_id"),
        hidden_from="ARRAY[helper_id, asker_id]",
    ),
    # Its handler's, until a term has passed: then it is everyone's.
    "complaint_term": Waiting(
        rows="complaints WHERE status NOT IN ('decided', 'withdrawn')",
        entity_id="complaint_id",
        since="filed_at",
        due="CASE status WHEN 'filed' THEN acknowledge_by ELSE decide_by END",
        member_id="member_id",
        reason="status",
        coordinator="handler",
        only_for="CASE WHEN NOT (decide_passed OR status = 'filed' AND acknowledge_passed) THEN handler END",
        hidden_from="ARRAY[member_id, about_id]",
    ),
    "leave_without_deputy": Waiting(
        # Naming someone ends it; who was named and is away then too is missed again.
        rows=f"leaves WHERE NOT cancelled AND missed_at IS NOT NULL AND last_day >= {_TODAY}",
        entity_id="leave_id",
        since="missed_at",
        due=_midnight("first_day"),
        coordinator="coordinator",
    ),
    # From December on for the year that comes: whoever enters them has a month. Once the year has begun it
    # waits without a term: those of the year before hold, and no coordinator can do more than ask.
    "caps_missing": Waiting(
        rows=f"{_YEARS_WITHOUT_CAPS} y WHERE EXISTS "
        "(SELECT FROM initiatives_seen WHERE compensation = 'euro' AND status = 'running')",
        entity_id="lpad(of_year::text, 32, '0')::uuid",
        since=f"greatest({_midnight('make_date(of_year - 1, 12, 1)')}, (SELECT min(changed_at) "
        "FROM initiatives_seen WHERE compensation = 'euro' AND status = 'running'))",
        due=f"CASE WHEN make_date(of_year, 1, 1) > {_TODAY} THEN {_midnight('make_date(of_year, 1, 1)')} END",
        reason="of_year::text",
    ),
    # The ledger says when a limit is passed, not when it is back: after two weeks someone has looked.
    "balance_noted": Waiting(
        rows="balances_seen x WHERE noted IS NOT NULL AND NOT closed "
        "AND noted_at > now() - interval '14 days'",
        entity_id="account_id",
        since="noted_at",
        member_id="account_id",
        pc4=_place_of("x.account_id"),
        reason="noted",
    ),
    "bring_message": _message("handed_over"),
    "not_reached": _message("escalated", due="changed_at + interval '1 day'"),
    "message_failed": Waiting(
        rows=_FAILED,
        entity_id="message_id",
        since="since",
        member_id="member_id",
        pc4=_place_of("x.member_id"),
        reason="reason",
    ),
    # With other regions. `reason` says which.
    "help_asked": _loan("status = 'asked'"),
    "helper_offered": _loan("side = 'asks' AND status = 'offered'"),
    "person_asked": _loan("status = 'wanted' AND NOT we_agree"),
    # For the other region to answer: someone calls there before it ends by itself.
    "loan_waits": _loan(
        "(status = 'sought' OR status = 'offered' AND side = 'helps' OR status = 'wanted' AND we_agree) "
        "AND (answer_by IS NOT NULL OR wanted_at < now() + interval '2 days')"
    ),
    # It was to be yesterday or before; without a day two weeks are time enough.
    "loan_unreported": _loan(
        "status = 'confirmed' AND (our_minutes IS NULL "
        "AND coalesce(wanted_at, changed_at + interval '14 days') < now() - interval '1 day' "
        "OR their_minutes IS NULL AND changed_at < now() - interval '14 days')"
    ),
    "loan_differs": _loan("differs"),
    # The region that asked was put back to an older copy; who says there how long it took knows it again.
    "loan_forgotten": _loan("reason = 'forgotten' AND their_minutes IS NULL"),
    # Called off by one while the other wrote down how long it took: nothing is booked of itself.
    "loan_cut_short": replace(
        _loan(
            "status = 'ended' AND NOT resolved AND (our_minutes IS NOT NULL OR their_minutes IS NOT NULL)",
            over=True,
        ),
        due="changed_at + interval '1 day'",
        fixed="false",
        hidden_from="ARRAY[member_id]",
    ),
    "loan_not_booked": _loan("status = 'unbooked'"),
    "cap_proposed": Waiting(
        rows="clearings_seen x WHERE proposed_by = 'them'",
        entity_id="clearing_id",
        since="proposed_at",
        reason="peer",
    ),
    "settlement_proposed": Waiting(
        rows="crossings_seen x WHERE status = 'asked'",
        entity_id="crossing_id",
        since="changed_at",
        reason="peer",
    ),
    "position_differs": Waiting(
        rows="clearings_seen x WHERE differs OR differs_there",
        entity_id="clearing_id",
        since="differs_since",
        reason="peer",
    ),
    # Nothing is heard of it by itself any more: someone calls the other region.
    "transfer_stranded": Waiting(
        rows="crossings_seen x WHERE stranded IS NOT NULL",
        entity_id="crossing_id",
        since="stranded_at",
        due="stranded_at + interval '1 day'",
        reason="peer",
    ),
    # Matter by matter: what one side forgot the other may have acted on.
    "letter_forgotten": Waiting(
        rows="(SELECT thread_id, min(peer) AS peer, min(forgotten_at) AS since FROM forgotten_letters "
        "WHERE NOT settled GROUP BY thread_id) x",
        entity_id="thread_id",
        since="since",
        due="since + interval '1 day'",
        reason="peer",
    ),
}
