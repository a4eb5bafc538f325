"""Birthdays: the vault tells who reaches another age band; no event or timer holds a date of birth."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from contracts.envelope import Actor, Role
from contracts.members import ReachAgeBand
from contracts.policy import AgeBand
from services.kernel.dutch import local
from services.kernel.errors import DATABASE_AWAY, Transient
from services.kernel.log import Pool
from services.kernel.runtime import Replica
from services.kernel.telemetry import log
from services.members.age import band_on

EVERY = timedelta(hours=1)

# Who is in the last band, or of unknown age, stays there: few are left to look at.
_YOUNG = (
    "SELECT m.member_id, m.age_band, v.data ->> 'born_on' AS born_on FROM members m "
    "JOIN vault v ON v.entity_id = m.member_id AND v.entity = 'member' "
    "WHERE m.age_band <> 'from_21' AND m.status <> 'left' AND v.data ->> 'born_on' IS NOT NULL"
)


async def keep_bands(replica: Replica) -> None:
    """Let everyone have the band of their age, now and every hour, until cancelled."""
    actor = Actor(role=Role.SERVICE, name=replica.service.name)
    while True:
        try:
            for member_id, band in await due(replica.pool, local(datetime.now(UTC)).date()):
                command = ReachAgeBand(member_id=member_id, age_band=band)
                await replica.decide(command, actor, uuid5(member_id, band))
        except (Transient, *DATABASE_AWAY) as error:
            log.info("birthdays_again", error=type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())


async def due(pool: Pool, today: date) -> list[tuple[UUID, AgeBand]]:
    """Whose band is another today, and which."""
    found = []
    for row in await pool.fetch(_YOUNG):
        band = band_on(today, date.fromisoformat(row["born_on"]))
        if band != row["age_band"]:
            found.append((row["member_id"], band))
    return found
