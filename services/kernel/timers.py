"""Timers: commands that are due at a time, fired by the leading replica, once each."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from contracts.envelope import Actor, Role
from services.kernel.commit_loop import CommitLoop
from services.kernel.deciding import Item
from services.kernel.errors import DATABASE_AWAY, Transient
from services.kernel.log import Pool
from services.kernel.service import Service, Timer
from services.kernel.telemetry import log

TICK_SECONDS = 0.5


async def fire_timers(service: Service, pool: Pool, loop: CommitLoop) -> None:
    """Fire what is due, until cancelled.

    The row goes in the commit that answers the command; the command's id is made from the
    timer's, so that firing twice has one effect.
    """
    kinds = {kind.__name__: kind for kind in service.decides}
    actor = Actor(role=Role.SERVICE, name=service.name)
    while True:
        try:
            rows = await pool.fetch(
                "SELECT * FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT 200", datetime.now(UTC)
            )
            waiting = []
            submitted = []
            for row in rows:
                try:
                    command = kinds[row["command"]].model_validate_json(row["body"])
                except (KeyError, ValueError) as unknown:
                    # Of another release: it must not keep the others from firing.
                    log.error("timer_unreadable", command=row["command"], error=type(unknown).__name__)
                    await _postpone(pool, row)
                    continue
                submitted.append(row)
                timer = Timer(row["due_at"], command, row["timer_id"])
                waiting.append(
                    loop.submit(
                        Item(
                            command_id=timer.command_id, actor=actor, command=command, timer_id=timer.timer_id
                        )
                    )
                )
            for row, answer in zip(submitted, await asyncio.gather(*waiting), strict=True):
                # Answered but not stored (a broken decider): later again, not at every tick.
                if answer.refusal is not None and answer.refusal.code in ("internal", "unstorable"):
                    await _postpone(pool, row)
        except (Transient, *DATABASE_AWAY) as error:
            log.info("timers_again", error=type(error).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def _postpone(pool: Pool, row: asyncpg.Record) -> None:
    """Later again, not at every tick."""
    await pool.execute(
        "UPDATE timers SET due_at = now() + interval '5 minutes' WHERE timer_id = $1", row["timer_id"]
    )
