"""The coordinators' work list: what waits for a person, out of the projections (`waiting.py`).

Pressing is what is over its term, or due today or tomorrow: most pressing first. Then the
rest: longest wait first, whatever its kind. A coordinator sees what is in their areas (and in
those of whom they stand in for), and what has no place; not what is about themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Actor
from services.coordinator.desk import Desk
from services.coordinator.local_time import end_of_tomorrow
from services.coordinator.waiting import WAITING, WorkCode

__all__ = ["MOST", "Work", "WorkCode", "work_counts", "work_list"]

MOST = 200
"""How many items are shown at once."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that waits. Minutes are what helper and asker reported; times are UTC.

    `entity_id` is the thing itself: by kind a request, match, member, series, certificate, incident,
    complaint, leave, account or message. `member_id` is whom it is about, `number` theirs; leave has
    none: it is about a `coordinator`, who is the handler of a complaint (or the team whose event
    stranded). `reason`: why it failed, how to bring it, how far it is, which limit was passed, who did
    not come, why nothing was booked, or of which year something is missing.
    `fixed`: `due` is an agreed moment, not a term.
    """

    kind: WorkCode
    entity_id: UUID
    request_id: UUID | None
    match_id: UUID | None
    member_id: UUID | None
    category: str | None
    pc4: str | None
    helper_minutes: int | None
    asker_minutes: int | None
    reason: str | None
    coordinator: str | None
    since: datetime
    due: datetime | None
    fixed: bool
    number: int | None
    pressing: bool


def _seen(kinds: Iterable[WorkCode]) -> str:
    """What waits of these kinds, as far as member $3 who acts as coordinators $1 in areas $2 sees it."""
    parts = " UNION ALL ".join(WAITING[kind].select(kind) for kind in kinds)
    return (
        f"(SELECT * FROM ({parts}) every WHERE (only_for IS NULL OR only_for = ANY($1)) "
        "AND (cardinality($2::text[]) = 0 OR pc4 IS NULL OR pc4 = ANY($2)) "
        "AND (hidden_from IS NULL OR coalesce($3::uuid = ANY(hidden_from), false) IS FALSE)) w"
    )


_COLUMNS = (
    "kind, entity_id, request_id, match_id, member_id, category, pc4, helper_minutes, asker_minutes, "
    "reason, coordinator, since, due, fixed"
)


def list_sql(kind: WorkCode | None) -> str:
    """What waits for member $3 as coordinators $1 in areas $2; $4: until when it presses; at most $5."""
    order = "pressing DESC, CASE WHEN due < $4 THEN due END, since, entity_id"
    # Whose number it is, is looked up for what is shown alone.
    return (
        f"SELECT x.*, m.number FROM (SELECT {_COLUMNS}, coalesce(due < $4, false) AS pressing "
        f"FROM {_seen([kind] if kind else WAITING)} ORDER BY {order} LIMIT $5) x "
        f"LEFT JOIN members_seen m USING (member_id) ORDER BY {order}"
    )


async def work_list(
    desk: Desk, actor: Actor, *, kind: WorkCode | None = None, limit: int = MOST
) -> list[Work]:
    """What waits for this coordinator, in the order in which to take it up."""
    rows = await desk.fetch(list_sql(kind), *_reader(actor), end_of_tomorrow(), limit)
    return [Work(**row) for row in rows]


async def work_counts(desk: Desk, actor: Actor) -> dict[WorkCode, int]:
    """How much waits for this coordinator of each kind."""
    sql = f"SELECT kind, count(*) AS waiting FROM {_seen(WAITING)} GROUP BY kind"
    rows = await desk.fetch(sql, *_reader(actor))
    return {row["kind"]: row["waiting"] for row in rows}


def _reader(actor: Actor) -> tuple[object, ...]:
    """$1 to $3 of what waits."""
    return list(actor.acts_as), list(actor.areas), actor.member_id
