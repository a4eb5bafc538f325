"""Who commits: a lease in the head row, fenced by a term.

A commit prolongs the lease; so does a renewal when nothing is written. A standby that
finds the lease over takes the next term. Whoever wakes up late holds an old term, and the
head row refuses it: a paused process can do no harm. All times are the database's.
"""

from datetime import timedelta

from services.kernel.log import Pool

PROGRAM = 1
"""Goes up when an older release must no longer lead (it could not read what this one writes)."""


async def take_lead(pool: Pool, replica: str, lease: timedelta) -> int | None:
    """The new term if this replica leads from now, else None."""
    term: int | None = await pool.fetchval(
        "UPDATE log_head SET term = term + 1, leader = $1, leader_until = clock_timestamp() + $2, "
        "oldest_leader = greatest(oldest_leader, $3) "
        "WHERE leader_until < clock_timestamp() AND oldest_leader <= $3 RETURNING term",
        replica,
        lease,
        PROGRAM,
    )
    return term


async def yield_lead(pool: Pool, term: int) -> None:
    """Let a standby take over at once, after everything is answered."""
    await pool.execute("UPDATE log_head SET leader_until = '-infinity' WHERE term = $1", term)
