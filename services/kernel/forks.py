"""Effects of events that their source no longer has, after it was put back to an older copy.

The follower that had seen them notes each range (follower.py). A person looks at what those events had
done, mends it, and settles the range with a note: it stays, and is no longer counted.
"""

from collections.abc import Sequence
from typing import Any

from services.kernel.log import Connection, Pool

OPEN = "SELECT count(*) FROM forks WHERE settled_at IS NULL"
"""How many ranges a person must still look at."""


async def ranges(database: Connection | Pool, *, settled: bool = False) -> Sequence[Any]:
    """Rows of what a person must look at, oldest first; with `settled` also what was looked at."""
    return await database.fetch(
        "SELECT source, epoch, first_position, last_position, noticed_at, settled_at, note FROM forks "
        "WHERE settled_at IS NULL OR $1 ORDER BY noticed_at, source, epoch",
        settled,
    )


async def settle(database: Connection | Pool, source: str, epoch: int, note: str) -> bool:
    """Note that a person looked at the range that `epoch` of `source` ended. False where none is open."""
    found = await database.fetchval(
        "UPDATE forks SET settled_at = clock_timestamp(), note = $3 "
        "WHERE source = $1 AND epoch = $2 AND settled_at IS NULL RETURNING true",
        source,
        epoch,
        note,
    )
    return bool(found)
