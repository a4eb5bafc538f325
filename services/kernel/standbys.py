"""Synchronous standbys: what PostgreSQL waits for before a commit is answered, and whether it is there.

Where one is missing no commit ends, so this only reads. Of a standby's state PostgreSQL tells a service's
role nothing but that it is connected; so one that lags, or is not synchronous, counts as there.
"""

import re
from typing import Any

# Where none is waited for, as on most machines, nothing is looked up but the setting.
_SAID = (
    "SELECT names, CASE WHEN names <> '' THEN (SELECT count(*) FROM pg_stat_replication "
    "WHERE sync_state IS NULL OR sync_state IN ('sync', 'quorum')) ELSE 0 END AS there "
    "FROM current_setting('synchronous_standby_names') AS names"
)
_COUNTED = re.compile(r"\s*(?:FIRST\b|ANY\b)?\s*(\d+)\s*\(", re.IGNORECASE)


def needed(names: str) -> int:
    """How many standbys a commit waits for under this `synchronous_standby_names`: 0 without one.

    `FIRST 2 (a, b, c)`, `ANY 1 (a, b)` and `2 (a, b, c)` say it; a plain list means one
    (PostgreSQL 18, 19.6.2).
    """
    if not names.strip():
        return 0
    counted = _COUNTED.match(names)
    return int(counted[1]) if counted else 1


async def missing(database: Any) -> int:
    """How many standbys PostgreSQL waits for in vain; `database` is a connection or a pool."""
    said = await database.fetchrow(_SAID)
    return max(0, needed(said["names"]) - int(said["there"]))
