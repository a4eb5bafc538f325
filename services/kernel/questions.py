"""Questions that every service answers about its own log, asked by followers, sources and operators."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import Query, View

MAX_STRETCH = 500
MAX_STRETCH_BYTES = 600 * 1024


class ReadLog(Query):
    """A stretch of the log after position `after`, as CloudEvents."""

    after: int = Field(ge=0)
    limit: int = Field(default=MAX_STRETCH, ge=1, le=MAX_STRETCH)


class LogStretch(View):
    """`epochs` maps each epoch to its first position; `head` is the log's last position."""

    epoch: int
    head: int
    epochs: dict[int, int]
    events: tuple[dict[str, Any], ...]


class GetMarks(Query):
    """How far this service has followed its sources."""


class SourceMark(View):
    epoch: int
    position: int
    event_id: str


class Marks(View):
    marks: dict[str, SourceMark]


class RetryParked(Query):
    """Try parked events again; without a lane, all of them."""

    lane: UUID | None = None


class Retried(View):
    applied: int


class GetState(Query):
    """How this service is doing: all its replicas, its log, what waits and what went wrong."""


class ReplicaState(View):
    """What a replica said of itself last. `silent`: too long ago. `trouble`: its last bad lines."""

    replica: str
    seen_at: datetime
    silent: bool
    version: str
    started_at: datetime
    leading: bool
    waits_for: dict[str, str]
    relay_lag: int
    p99_ms: float | None
    trouble: tuple[dict[str, Any], ...]


class ParkedState(View):
    """One parked event without its payload. `behind`: it waits for another of its lane."""

    source: str
    position: int
    lane: UUID
    name: str
    reason: str
    behind: bool
    parked_at: datetime


class StreamState(View):
    """A service's stream in JetStream."""

    messages: int
    bytes: int
    consumers: int
    oldest_at: datetime | None


class JobState(View):
    """Work that returns: when it ended last, how, and what it said in a few words."""

    job: str
    ended_at: datetime
    ok: bool
    said: str


class ServiceState(View):
    """`marks`: how far each source was followed. Of what is parked at most the first MOST_PARKED."""

    service: str
    head: int
    epoch: int
    marks: dict[str, int]
    replicas: tuple[ReplicaState, ...]
    parked: tuple[ParkedState, ...]
    parked_count: int
    forks: int
    timers: int
    timers_late: int
    jobs: tuple[JobState, ...]
    level: str
    stream: StreamState | None


MOST_PARKED = 50


class SetLogLevel(Query):
    """Write lines from this level on, in all replicas, for some minutes; then the usual again."""

    level: Literal["debug", "info", "warning", "error"]
    minutes: int = Field(default=30, ge=1, le=24 * 60)


class LogLevelSet(View):
    until: datetime


KERNEL_QUERIES: dict[str, type[Query]] = {
    kind.__name__: kind for kind in (ReadLog, GetMarks, RetryParked, GetState, SetLogLevel)
}
