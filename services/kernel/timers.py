"""Timers: commands that are due at a time, fired by the leading replica, once each."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg

from contracts.envelope import Actor, Command, Role
from services.kernel.commit_loop import CommitLoop
from services.kernel.deciding import Item
from services.kernel.errors import DATABASE_AWAY, Rejected, Transient
from services.kernel.log import Pool
from services.kernel.service import Service, Timer
from services.kernel.telemetry import log

TICK_SECONDS = 0.5

type Ready = Callable[[Command, Actor], Awaitable[Command]]


async def _as_it_is(command: Command, actor: Actor) -> Command:
    return command


async def fire_timers(service: Service, pool: Pool, loop: CommitLoop, ready: Ready = _as_it_is) -> None:
    """Fire what is due, until cancelled.

    The row goes in the commit that answers the command; the command's id is made from the
    timer's, so that firing twice has one effect. `ready` looks up what a command needs before its
    turn in the commit loop, as for a command from the bus.
    """
    kinds = {kind.__name__: kind for kind in service.decides}
    actor = Actor(role=Role.SERVICE, name=service.name)

    async def fire(row: asyncpg.Record) -> None:
        try:
            told = kinds[row["command"]].model_validate_json(row["body"])
        except (KeyError, ValueError) as unknown:
            # Of another release: it must not keep the others from firing.
            log.error("timer_unreadable", command=row["command"], error=type(unknown).__name__)
            await _postpone(pool, row)
            return
        timer = Timer(row["due_at"], told, row["timer_id"])
        try:
            command = await ready(told, actor)
        except (Rejected, Transient) as missing:
            # Who would know is away: neither must this one keep the others from firing.
            log.info("timer_not_ready", command=row["command"], error=type(missing).__name__)
            await _postpone(pool, row)
            return
        answer = await loop.submit(
            Item(command_id=timer.command_id, actor=actor, command=command, timer_id=timer.timer_id)
        )
        # Answered but not stored (a broken decider): later again, not at every tick.
        if answer.refusal is not None and answer.refusal.code in ("internal", "unstorable"):
            await _postpone(pool, row)

    while True:
        try:
            rows = await pool.fetch(
                "SELECT * FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT 200", datetime.now(UTC)
            )
            await asyncio.gather(*(fire(row) for row in rows))
        except (Transient, *DATABASE_AWAY) as error:
            log.info("timers_again", error=type(error).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def _postpone(pool: Pool, row: asyncpg.Record) -> None:
    """Later again, not at every tick."""
    await pool.execute(
        "UPDATE timers SET due_at = now() + interval '5 minutes' WHERE timer_id = $1", row["timer_id"]
    )
