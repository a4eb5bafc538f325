"""Questions that every service answers about its own log, asked by followers, sources and operators."""

from typing import Any
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


KERNEL_QUERIES: dict[str, type[Query]] = {kind.__name__: kind for kind in (ReadLog, GetMarks, RetryParked)}
