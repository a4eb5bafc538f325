"""How a service is doing, out of its own tables and JetStream: for operators, and whoever watches."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.catalogue import event_name
from services.kernel.deciding import BEHIND
from services.kernel.errors import NATS_AWAY
from services.kernel.forks import OPEN
from services.kernel.log import Connection, Pool, parse
from services.kernel.pulse import SILENT_SECONDS
from services.kernel.questions import (
    MOST_PARKED,
    JobState,
    LogLevelSet,
    ParkedState,
    ReplicaState,
    ServiceState,
    SetLogLevel,
    StreamState,
)
from services.kernel.telemetry import USUAL_LEVEL, log

if TYPE_CHECKING:
    from services.kernel.runtime import Replica

_COUNTS = f"""
SELECT h.position AS head, h.epoch,
       (SELECT count(*) FROM parked) AS parked_count, ({OPEN}) AS forks,
       (SELECT count(*) FROM timers) AS timers,
       (SELECT count(*) FROM timers WHERE due_at < now() - interval '1 minute') AS timers_late,
       (SELECT level FROM log_level WHERE until > now()) AS level
  FROM log_head h
"""
_PARKED = (
    "SELECT source, position, lane, reason, parked_at, event->>'type' AS type FROM parked "
    "ORDER BY parked_at, position LIMIT $1"
)


async def get_state(replica: "Replica") -> ServiceState:
    """How this service is doing now."""
    pool = replica.pool
    counts = await pool.fetchrow(_COUNTS)
    assert counts is not None
    said = dict(counts)
    return ServiceState(
        service=replica.service.name,
        marks={row[0]: row[1] for row in await pool.fetch("SELECT source, position FROM watermarks")},
        replicas=await _replicas(pool),
        parked=tuple(
            ParkedState(
                **{name: row[name] for name in ("source", "position", "lane", "reason", "parked_at")},
                name=_name(row["type"]),
                behind=row["reason"] == BEHIND,
            )
            for row in await pool.fetch(_PARKED, MOST_PARKED)
        ),
        jobs=tuple(JobState(**dict(row)) for row in await pool.fetch("SELECT * FROM jobs ORDER BY job")),
        stream=await _stream(replica),
        **{**said, "level": said["level"] or USUAL_LEVEL},
    )


def _name(event_type: str | None) -> str:
    """`MatchConfirmed` out of a CloudEvents type; what is none of ours stays as it is, cut short."""
    parts = (event_type or "").split(".")
    return event_name(parts[3]) if len(parts) == 5 else (event_type or "?")[:60]


async def _replicas(pool: Pool) -> tuple[ReplicaState, ...]:
    rows = await pool.fetch(
        "SELECT replica, seen_at, state, seen_at < now() - make_interval(secs => $1) AS silent "
        "FROM replicas ORDER BY replica",
        SILENT_SECONDS,
    )
    return tuple(
        ReplicaState(
            **orjson.loads(row["state"]),
            replica=row["replica"],
            seen_at=row["seen_at"],
            silent=row["silent"],
        )
        for row in rows
    )


async def _stream(replica: "Replica") -> StreamState | None:
    """The service's stream; None where JetStream does not answer, or has none yet."""
    try:
        js = replica.bus.client.jetstream(timeout=1)
        name = subjects.stream(replica.service.name)
        state = (await js.stream_info(name)).state
        oldest = await js.get_msg(name, seq=state.first_seq) if state.messages else None
        oldest_at = parse(oldest.data or b"").at if oldest is not None else None
    except (NotFoundError, ValueError, *NATS_AWAY):
        return None
    return StreamState(
        messages=state.messages,
        bytes=state.bytes,
        consumers=state.consumer_count,
        oldest_at=oldest_at,
    )


async def set_log_level(replica: "Replica", query: SetLogLevel) -> LogLevelSet:
    """Ask all replicas of this service for other lines, for a while."""
    until = datetime.now(UTC) + timedelta(minutes=query.minutes)
    await replica.pool.execute(
        "INSERT INTO log_level (level, until) VALUES ($1, $2) "
        "ON CONFLICT (one) DO UPDATE SET level = excluded.level, until = excluded.until",
        query.level,
        until,
    )
    return LogLevelSet(until=until)


async def job_ended(database: Connection | Pool, job: str, *, ok: bool, said: str) -> None:
    """Keep how a job ended. `said` is a few words without personal data: what was done, how much."""
    await database.execute(
        "INSERT INTO jobs (job, ended_at, ok, said) VALUES ($1, clock_timestamp(), $2, $3) "
        "ON CONFLICT (job) DO UPDATE "
        "SET ended_at = excluded.ended_at, ok = excluded.ok, said = excluded.said, "
        "good_before = CASE WHEN jobs.ok THEN jobs.ended_at ELSE jobs.good_before END",
        job,
        ok,
        said,
    )
    log.info("job_ended", job=job, ok=ok, said=said)
