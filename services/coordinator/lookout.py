"""Waiting until this instance has seen something: one lookout for all requests of a replica.

A service answers with the position its log reached; this instance's projections follow a
moment later, and on a standby another process writes them. So the lookout looks at what is
in the database: after every commit of this replica, and every 20 ms anyhow.
"""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

from contracts.coordinator import SERVICE
from services.kernel.deciding import Mark
from services.kernel.errors import DATABASE_AWAY
from services.kernel.runtime import Replica

_SETTLED = "SELECT match_id FROM matches_seen WHERE match_id = ANY($1) AND status <> 'reserved'"
_BOOKED = "SELECT match_id FROM matches_seen WHERE match_id = ANY($1) AND status IN ('completed', 'unbooked')"
_REFUSED = "SELECT hold_id FROM refusals_seen WHERE hold_id = ANY($1)"
_TAKES_PART = "SELECT account_id FROM balances_seen WHERE account_id = ANY($1)"

LOOK_SECONDS = 0.02
READ_SECONDS = 1.0
OUTCOME_SECONDS = 2.0


class Lookout:
    """Watches watermarks and rows for as long as someone waits for them."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._reading: dict[asyncio.Future[None], tuple[str, int]] = {}
        self._hoping: dict[asyncio.Future[None], tuple[str, UUID]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def reached(self, source: str, position: int, *, seconds: float = READ_SECONDS) -> bool:
        """Whether the projections of `source` reach `position` within `seconds`."""
        if source == SERVICE:
            # Its own tables are written in the commit that was answered.
            return True
        if self._replica.loop.leading and _position(self._replica.loop.marks, source) >= position:
            return True
        return await self._wait(self._reading, (source, position), seconds)

    async def settled(self, match_id: UUID, *, seconds: float = OUTCOME_SECONDS) -> bool:
        """Whether the match is confirmed, or fallen through, within `seconds`."""
        return await self._wait(self._hoping, (_SETTLED, match_id), seconds)

    async def booked(self, match_id: UUID, *, seconds: float = OUTCOME_SECONDS) -> bool:
        """Whether the ledger has booked the match's minutes, or could not, within `seconds`."""
        return await self._wait(self._hoping, (_BOOKED, match_id), seconds)

    async def refused(self, match_id: UUID, *, seconds: float = READ_SECONDS) -> bool:
        """Whether the ledger said, within `seconds`, why it could set nothing apart for the match."""
        return await self._wait(self._hoping, (_REFUSED, match_id), seconds)

    async def takes_part(self, member_id: UUID, *, seconds: float = READ_SECONDS) -> bool:
        """Whether exchange has admitted the member and the ledger opened an account, within `seconds`."""
        return await self._wait(self._hoping, (_TAKES_PART, member_id), seconds)

    async def _wait(self, waiting: dict[asyncio.Future[None], Any], what: Any, seconds: float) -> bool:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting[future] = what
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            return False
        finally:
            waiting.pop(future, None)
        return True

    async def _look(self) -> None:
        while self._reading or self._hoping:
            # The database may be away for a while: whoever waits hears that it was not seen in time.
            with suppress(*DATABASE_AWAY):
                await self._look_at_watermarks()
                await self._look_at_rows()
            await self._next_moment()

    async def _look_at_watermarks(self) -> None:
        if not self._reading:
            return
        if self._replica.loop.leading:
            marks = self._replica.loop.marks
        else:
            rows = await self._replica.pool.fetch("SELECT source, epoch, position, event_id FROM watermarks")
            marks = {source: (epoch, position, event_id) for source, epoch, position, event_id in rows}
        for future, (source, position) in list(self._reading.items()):
            if _position(marks, source) >= position:
                _tell(self._reading, future)

    async def _look_at_rows(self) -> None:
        for sql in {sql for sql, _ in self._hoping.values()}:
            wanted = {id for asked, id in self._hoping.values() if asked == sql}
            found = {row[0] for row in await self._replica.pool.fetch(sql, list(wanted))}
            for future, (asked, id) in list(self._hoping.items()):
                if asked == sql and id in found:
                    _tell(self._hoping, future)

    async def _next_moment(self) -> None:
        committed = self._replica.loop.committed
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS), committed:
                await committed.wait()


def _position(marks: dict[str, Mark], source: str) -> int:
    mark = marks.get(source)
    return mark[1] if mark is not None else 0


def _tell(waiting: dict[asyncio.Future[None], Any], future: asyncio.Future[None]) -> None:
    del waiting[future]
    if not future.done():
        future.set_result(None)
