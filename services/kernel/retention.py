"""Answers are kept for as long as a client may repeat a command, then forgotten."""

import asyncio
from datetime import timedelta

from services.kernel.errors import DATABASE_AWAY
from services.kernel.log import Pool
from services.kernel.telemetry import log

EVERY = timedelta(hours=1)


async def forget_old_answers(pool: Pool, older_than: timedelta) -> None:
    """Delete answers older than that, now and every hour, until cancelled."""
    while True:
        try:
            gone = await pool.execute("DELETE FROM commands WHERE answered_at < now() - $1", older_than)
            log.info("answers_forgotten", answers=int(gone.rpartition(" ")[2]))
        except DATABASE_AWAY as away:
            log.info("answers_kept", error=type(away).__name__)
        await asyncio.sleep(EVERY.total_seconds())
