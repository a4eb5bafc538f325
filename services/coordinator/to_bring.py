"""Messages that a person must bring: letters to print and calls to make, where a coordinator works."""

from typing import Any

from contracts.envelope import Actor
from contracts.notifications import GetLetters, PaperLetter, PaperLetters
from services.coordinator.desk import Desk

# What could not be sent is told by telephone. Areas first, then how many: what waits longest may all be
# elsewhere.
_TO_BRING = """
SELECT message_id, member_id, template, coalesce(channel, 'phone') AS channel,
       attempts, status = 'escalated' AS escalated, changed_at AS since
  FROM messages_seen x
 WHERE status IN ('handed_over', 'escalated', 'failed')
   AND ($1::text IS NULL OR coalesce(channel, 'phone') = $1)
   AND (status <> 'failed' OR (SELECT m.status FROM members_seen m WHERE m.member_id = x.member_id)
        NOT IN ('left', 'erased'))
   AND (cardinality($2::text[]) = 0
        OR (SELECT m.pc4 FROM members_seen m WHERE m.member_id = x.member_id) = ANY($2))
 ORDER BY changed_at, message_id LIMIT $3
"""


async def to_bring(
    desk: Desk, actor: Actor, *, channel: str | None = None, limit: int
) -> list[tuple[dict[str, Any], PaperLetter | None]]:
    """What waits in this coordinator's areas, longest first; a letter is None where its text is gone."""
    rows = await desk.fetch(_TO_BRING, channel, list(actor.areas), limit)
    if not rows:
        return []
    query = GetLetters(message_ids=tuple(row["message_id"] for row in rows))
    letters = {each.message_id: each for each in (await desk.ask(query, PaperLetters, actor)).letters}
    return [(row, letters.get(row["message_id"])) for row in rows]
