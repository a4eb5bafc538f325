"""The pulse of a replica: what only it can say of itself, in its numbers and in its service's database.

Every replica writes a row about itself every two seconds, so that whoever answers for the service
can tell of all of them, also of one that fell silent. In the same breath it reads which lines it
should log (`wederdienst log-level`). The row holds states, counts and the last lines of trouble:
no personal data, as in the log itself.
"""

import asyncio
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson

from services.kernel.errors import DATABASE_AWAY
from services.kernel.standbys import missing
from services.kernel.telemetry import LINES, log, reading

if TYPE_CHECKING:
    from services.kernel.runtime import Replica

EVERY_SECONDS = 2.0
SILENT_SECONDS = 10.0
"""After how long without a pulse a replica counts as silent."""

FORGOTTEN = "1 day"

_BEAT = (
    "WITH beat AS (INSERT INTO replicas (replica, seen_at, state) VALUES ($1, clock_timestamp(), $2) "
    "ON CONFLICT (replica) DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state), "
    f"gone AS (DELETE FROM replicas WHERE seen_at < now() - interval '{FORGOTTEN}') "
    "SELECT level FROM log_level WHERE until > now()"
)

PROGRAM_VERSION = version("wederdienst")


async def keep_beating(replica: "Replica") -> None:
    """Beat until cancelled; a database that is away is no reason to stop."""
    started_at = datetime.now(UTC)
    while True:
        slept_from = time.perf_counter()
        await asyncio.sleep(EVERY_SECONDS)
        late = time.perf_counter() - slept_from - EVERY_SECONDS
        look(replica, late)
        try:
            # Before the beat, which is a commit: it does not end while a standby is missing.
            replica.metrics.standbys_missing.set(await missing(replica.pool))
            LINES.set_level(await replica.pool.fetchval(_BEAT, replica.replica, state(replica, started_at)))
        except DATABASE_AWAY as away:
            log.info("pulse_missed", error=type(away).__name__)


def look(replica: "Replica", late_seconds: float) -> None:
    """Set the numbers that are about this process."""
    metrics, bus = replica.metrics, replica.bus
    metrics.loop_delay.set(max(0.0, late_seconds))
    metrics.ready.set(0 if replica.missing() else 1)
    metrics.forked.set(1 if replica.forked else 0)
    metrics.nats_connected.set(1 if bus.connected else 0)
    if bus.connected:
        stats = bus.client.stats
        metrics.nats_reconnects.set(stats["reconnects"])
        for direction in ("in", "out"):
            metrics.nats_messages.labels(direction).set(stats[f"{direction}_msgs"])


def state(replica: "Replica", started_at: datetime) -> str:
    """What this replica says of itself, as JSON."""
    said: dict[str, Any] = {
        "version": PROGRAM_VERSION,
        "started_at": started_at,
        "leading": replica.loop.leading,
        "waits_for": replica.missing(),
        "relay_lag": int(reading(replica.metrics.relay_lag)),
        "p99_ms": replica.metrics.p99_ms(),
        "trouble": list(LINES.trouble),
    }
    return orjson.dumps(said, default=str).decode()
