"""The end of a service's own log: for a worker of the leading replica that acts on what is committed."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

from services.kernel.runtime import Replica

PAGE = 1000
LOOK_SECONDS = 2.0


class Tail:
    """Events of some names, each told by its name and the id in its field `about`, in order.

    What came before `start` is for the worker to look up in its tables. Methods raise what asyncpg
    raises when the database is away; nothing is lost by calling again.
    """

    def __init__(self, replica: Replica, names: Collection[str], about: str) -> None:
        self._replica = replica
        self._names = list(names)
        self._about = about
        self._position = 0

    async def start(self, *, back: int = 0) -> None:
        """From the end of the log as it is now, or so many events before it."""
        head = await self._replica.pool.fetchval("SELECT position FROM log_head")
        self._position = max(0, head - back)

    async def read(self) -> list[tuple[str, UUID]]:
        """What is new since the last time."""
        found: list[tuple[str, UUID]] = []
        position = self._position
        while True:
            rows = await self._replica.pool.fetch(
                "SELECT position, name, CASE WHEN name = ANY($3) THEN (data->>$4)::uuid END AS about "
                "FROM events WHERE position > $1 ORDER BY position LIMIT $2",
                position,
                PAGE,
                self._names,
                self._about,
            )
            found += [(row["name"], row["about"]) for row in rows if row["about"] is not None]
            if rows:
                position = rows[-1]["position"]
            if len(rows) < PAGE:
                # Only now: pages that were read before one that failed are read again.
                self._position = position
                return found

    async def wait(self, seconds: float = LOOK_SECONDS) -> None:
        """Until something was committed, or so many seconds."""
        loop = self._replica.loop
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), loop.committed:
                if loop.position == self._position:
                    await loop.committed.wait()
