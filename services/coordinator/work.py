"""The coordinators' work list: what waits for a person, out of the projections.

Pressing is what is over its term, or due today or tomorrow: most pressing first. Then the
rest: longest wait first, whatever its kind.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.coordinator.desk import Desk
from services.coordinator.local_time import end_of_tomorrow

type WorkCode = Literal[
    "without_helper", "without_answer", "new_member", "minutes_differ", "not_booked", "message_failed"
]

MOST = 200
"""How many items are shown at once."""

# A request has a term by its urgency, or the moment it is wanted for, whichever comes first. A
# reservation normally takes well under a second; only one that waits is work. A message that
# failed leaves the list after two weeks: by then it is about something that has passed.
_WORK = """
WITH work AS (
    SELECT 'without_helper' AS kind, request_id, NULL::uuid AS match_id, member_id, category, pc4,
           NULL::bigint AS helper_minutes, NULL::bigint AS asker_minutes, NULL::text AS reason,
           requested_at AS since, least(wanted_at, term) AS due,
           coalesce(wanted_at <= term, wanted_at IS NOT NULL) AS fixed
      FROM (SELECT *, requested_at + CASE urgency WHEN 'urgent' THEN interval '1 day'
                                                  WHEN 'soon' THEN interval '3 days' END AS term
              FROM requests_seen WHERE status = 'open') r
    UNION ALL
    SELECT CASE WHEN status = 'reserved' THEN 'without_answer'
                WHEN status = 'unbooked' THEN 'not_booked' ELSE 'minutes_differ' END,
           request_id, match_id, asker_id, category, NULL, helper_minutes, asker_minutes, reason,
           changed_at, NULL, false
      FROM matches_seen
     WHERE (status IN ('reserved', 'unbooked') OR minutes_differ)
       AND (status <> 'reserved' OR reserved_at < now() - interval '5 seconds')
    UNION ALL
    SELECT 'new_member', NULL, NULL, member_id, NULL, pc4, NULL, NULL, NULL, registered_at, NULL, false
      FROM members_seen WHERE status = 'registered'
    UNION ALL
    SELECT 'message_failed', NULL, NULL, member_id, NULL, NULL, NULL, NULL,
           (array_agg(reason ORDER BY changed_at DESC))[1], min(changed_at), NULL, false
      FROM messages_seen WHERE status = 'failed' AND changed_at > now() - interval '14 days'
     GROUP BY member_id
)
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that waits. Minutes are what helper and asker reported; times are UTC.

    `fixed`: `due` is an agreed moment, not a term. `number` is the member's.
    """

    kind: WorkCode
    request_id: UUID | None
    match_id: UUID | None
    member_id: UUID
    category: str | None
    pc4: str | None
    helper_minutes: int | None
    asker_minutes: int | None
    reason: str | None
    since: datetime
    due: datetime | None
    fixed: bool
    number: int | None
    pressing: bool


async def work_list(desk: Desk, *, kind: WorkCode | None = None, limit: int = MOST) -> list[Work]:
    """What waits, in the order in which to take it up."""
    rows = await desk.fetch(
        f"{_WORK} SELECT w.kind, w.request_id, w.match_id, w.member_id, w.category, "
        "coalesce(w.pc4, m.pc4) AS pc4, w.helper_minutes, w.asker_minutes, w.reason, w.since, w.due, "
        "w.fixed, m.number, coalesce(w.due < $1, false) AS pressing "
        "FROM work w LEFT JOIN members_seen m USING (member_id) WHERE $2::text IS NULL OR w.kind = $2 "
        "ORDER BY pressing DESC, CASE WHEN w.due < $1 THEN w.due END, w.since, w.member_id LIMIT $3",
        end_of_tomorrow(),
        kind,
        limit,
    )
    return [Work(**row) for row in rows]


async def work_counts(desk: Desk) -> dict[WorkCode, int]:
    """How much waits of each kind."""
    rows = await desk.fetch(f"{_WORK} SELECT kind, count(*) AS waiting FROM work GROUP BY kind")
    return {row["kind"]: row["waiting"] for row in rows}
