"""Answers are kept for as long as a client may repeat a command, then forgotten."""

import asyncio
from datetime import timedelta

from services.kernel.errors import DATABASE_AWAY
from services.kernel.log import Pool
from services.kernel.state import job_ended
from services.kernel.telemetry import log

EVERY = timedelta(hours=1)
CHUNK = 10_000


async def forget_old_answers(pool: Pool, older_than: timedelta) -> None:
    """Delete answers older than that, now and every hour, until cancelled."""
    while True:
        try:
            chunks = 0
            while await _forget_some(pool, older_than):
                chunks += 1
            await job_ended(pool, "forget_answers", ok=True, said=_said(chunks))
        except DATABASE_AWAY as away:
            log.info("answers_kept", error=type(away).__name__)
        await asyncio.sleep(EVERY.total_seconds())


def _said(chunks: int) -> str:
    return f"hoogstens {chunks * CHUNK} gewist" if chunks else "er was niets te wissen"


async def _forget_some(pool: Pool, older_than: timedelta) -> bool:
    """Delete at most CHUNK answers; whether there were any."""
    gone = await pool.execute(
        "DELETE FROM commands WHERE command_id IN "
        "(SELECT command_id FROM commands WHERE answered_at < now() - $1::interval LIMIT $2)",
        older_than,
        CHUNK,
    )
    return not gone.endswith(" 0")
