"""What the tables say, as numbers: each service declares its gauges, the leading replica measures them.

A gauge is one SQL query on the service's own database, run every few seconds, and less often as it
takes longer: tables grow for years. Its labels and their values are declared, so that they are bounded;
what the query finds beyond them counts as `other`, and what it does not find is 0. A replica that no
longer leads shows none: nothing is counted twice.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from contracts import subjects
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY
from services.kernel.forks import OPEN
from services.kernel.log import Pool
from services.kernel.telemetry import log

if TYPE_CHECKING:
    from services.kernel.bus import Bus

EVERY_SECONDS = 10.0
SHARE = 0.01
"""What a gauge may take of the time: one that reads a large table for a second is read every 100 seconds."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Gauge:
    """`sql` gives rows with a column `value` and one for each label; without labels one row.

    `labels` maps each label to the values it may have. Units stand in the name, as Prometheus
    wants it: `wd_holds_minutes`, `wd_database_bytes`.
    """

    name: str
    says: str
    sql: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def every(self) -> Iterator[tuple[str, ...]]:
        """Each combination of label values."""
        return product(*self.labels.values())


KERNEL_GAUGES = (
    Gauge("wd_log_epoch", "Epoch of the log", "SELECT epoch AS value FROM log_head"),
    Gauge(
        "wd_parked_oldest_seconds",
        "How long the oldest parked event waits",
        "SELECT extract(epoch FROM coalesce(now() - min(parked_at), '0')) AS value FROM parked",
    ),
    Gauge(
        "wd_forks",
        "Ranges of events that their source no longer has: a person must look at each",
        f"SELECT ({OPEN}) AS value",
    ),
    Gauge("wd_timers", "Commands that wait for their time", "SELECT count(*) AS value FROM timers"),
    Gauge(
        "wd_timers_overdue_seconds",
        "How late the timer is that should have fired first",
        "SELECT greatest(0, extract(epoch FROM coalesce(now() - min(due_at), '0'))) AS value FROM timers",
    ),
    Gauge(
        "wd_database_bytes",
        "Size of this service's database",
        "SELECT pg_database_size(current_database()) AS value",
    ),
    Gauge(
        "wd_database_connections",
        "Connections to this service's database",
        "SELECT coalesce(state, 'other') AS state, count(*) AS value FROM pg_stat_activity "
        "WHERE datname = current_database() GROUP BY 1",
        {"state": ("active", "idle", "idle in transaction", OTHER)},
    ),
    Gauge(
        "wd_database_connections_max",
        "Connections that the server allows, to all its databases",
        "SELECT current_setting('max_connections')::integer AS value",
    ),
    Gauge(
        "wd_database_longest_seconds",
        "How long the longest statement or transaction of this database takes by now",
        "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) AS value FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    ),
    Gauge(
        "wd_database_transactions",
        "Transactions since the server's statistics began, by how they ended",
        "SELECT ended, value FROM pg_stat_database, "
        "LATERAL (VALUES ('commit', xact_commit), ('rollback', xact_rollback)) AS v (ended, value) "
        "WHERE datname = current_database()",
        {"ended": ("commit", "rollback")},
    ),
    Gauge(
        "wd_database_blocks",
        "Blocks read since the server's statistics began, by where they were found",
        "SELECT found, value FROM pg_stat_database, "
        "LATERAL (VALUES ('memory', blks_hit), ('disk', blks_read)) AS v (found, value) "
        "WHERE datname = current_database()",
        {"found": ("memory", "disk")},
    ),
    Gauge(
        "wd_database_deadlocks",
        "Deadlocks since the server's statistics began",
        "SELECT deadlocks AS value FROM pg_stat_database WHERE datname = current_database()",
    ),
)
"""What every service has: its log, its timers, its database."""


def jobs(*names: str) -> tuple[Gauge, ...]:
    """How jobs ended that are kept with this service, and when they last ended well.

    The label is `name`: `job` is what Prometheus itself calls whom it asks.
    """
    these = f"WHERE job IN ({', '.join(repr(name) for name in names)})"
    return (
        Gauge(
            "wd_job_good_timestamp_seconds",
            "When a job last ended well, in seconds since 1970; 0 when it never did",
            "SELECT job AS name, coalesce(extract(epoch FROM CASE WHEN ok THEN ended_at "
            f"ELSE good_before END), 0) AS value FROM jobs {these}",
            {"name": names},
        ),
        Gauge(
            "wd_job_failed",
            "Whether a job ended badly the last time",
            f"SELECT job AS name, (NOT ok)::integer AS value FROM jobs {these}",
            {"name": names},
        ),
    )


class Gauges:
    """What was measured last, shown to Prometheus until it is forgotten."""

    def __init__(
        self,
        service: str,
        gauges: Iterable[Gauge],
        registry: CollectorRegistry,
        follows: Iterable[str] = (),
    ) -> None:
        self._service = service
        self._follows = tuple(follows)
        self._gauges = tuple(gauges)
        self._shown: dict[str, GaugeMetricFamily] = {}
        self._not_before: dict[str, float] = {}
        registry.register(self)

    def collect(self) -> list[GaugeMetricFamily]:
        """What is shown, for the registry."""
        return list(self._shown.values())

    async def keep_measuring(self, pool: Pool, bus: "Bus") -> None:
        """Measure every few seconds, until cancelled: the lead is lost, and nothing is shown any more."""
        try:
            while True:
                await self.measure(pool)
                await self.measure_transport(bus)
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            self._shown.clear()
            self._not_before.clear()

    async def measure(self, pool: Pool) -> None:
        """Run each query whose turn it is. What cannot be measured is not shown; the others are."""
        for gauge in self._gauges:
            began = time.monotonic()
            if began < self._not_before.get(gauge.name, 0.0):
                continue
            try:
                rows = await pool.fetch(gauge.sql)
                self._not_before[gauge.name] = began + (time.monotonic() - began) / SHARE
            except DATABASE_AWAY as away:
                self._shown.pop(gauge.name, None)
                log.warning("gauge_missing", gauge=gauge.name, error=type(away).__name__)
                continue
            found = dict.fromkeys(gauge.every(), 0.0)
            for row in rows:
                key = tuple(
                    row[label] if row[label] in values else OTHER for label, values in gauge.labels.items()
                )
                found[key] = found.get(key, 0.0) + float(row["value"])
            self.show(gauge.name, gauge.says, tuple(gauge.labels), found)

    async def measure_transport(self, bus: "Bus") -> None:
        """Ask JetStream about this service's stream, and about its place in those it follows."""
        stream = subjects.stream(self._service)
        try:
            js = bus.client.jetstream(timeout=2)
            state = (await js.stream_info(stream)).state
            places = {
                (source,): await js.consumer_info(subjects.stream(source), self._service)
                for source in self._follows
            }
        except (NotFoundError, *NATS_AWAY) as away:
            for name in _TRANSPORT:
                self._shown.pop(name, None)
            log.info("transport_unmeasured", error=type(away).__name__)
            return
        found: dict[str, dict[tuple[str, ...], float]] = {
            "wd_stream_messages": {(stream,): state.messages},
            "wd_stream_bytes": {(stream,): state.bytes},
            "wd_stream_consumers": {(stream,): state.consumer_count},
            "wd_consumer_pending": {key: each.num_pending or 0 for key, each in places.items()},
            "wd_consumer_unacknowledged": {key: each.num_ack_pending or 0 for key, each in places.items()},
            "wd_consumer_redelivered": {key: each.num_redelivered or 0 for key, each in places.items()},
        }
        for name, values in found.items():
            self.show(name, _TRANSPORT[name][0], (_TRANSPORT[name][1],), values)

    def show(
        self, name: str, says: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
    ) -> None:
        """Show these values by their labels, in place of what had this name."""
        family = GaugeMetricFamily(name, says, labels=labels)
        for key, value in values.items():
            family.add_metric(key, value)
        self._shown[name] = family


_TRANSPORT = {
    "wd_stream_messages": ("Messages in this service's stream", "stream"),
    "wd_stream_bytes": ("Size of this service's stream", "stream"),
    "wd_stream_consumers": ("Who reads this service's stream", "stream"),
    "wd_consumer_pending": ("Messages not yet brought to this service", "source"),
    "wd_consumer_unacknowledged": ("Messages brought, and not yet acknowledged", "source"),
    "wd_consumer_redelivered": ("Messages brought more than once", "source"),
}
