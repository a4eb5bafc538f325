"""Logs and metrics: JSON lines without personal data, and numbers with bounded labels.

A log line says what happened, to which id, how it ended. Never a name, an address, free
text, a key or a request body: `forbid_personal` drops fields that could hold one.
"""

import json
import logging
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from structlog.typing import EventDict, WrappedLogger

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_FORBIDDEN = frozenset(
    {"name", "email", "phone", "street", "text", "body", "data", "key", "password", "token"}
)


def forbid_personal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace fields whose name says that they may hold personal data or a secret."""
    for name in _FORBIDDEN & event.keys():
        event[name] = "[left out]"
    return event


def _without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep an exception's type and place; its text may quote what someone typed."""
    failure = event.pop("exc_info", None)
    if failure:
        if failure is True:
            failure = sys.exc_info()[1]
        elif isinstance(failure, tuple):
            failure = failure[1]
        frames = []
        trace = failure.__traceback__ if isinstance(failure, BaseException) else None
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["error"] = type(failure).__name__
        event["at"] = frames[-6:]
    return event


LEVELS = ("debug", "info", "warning", "error")
USUAL_LEVEL = "info"


def deed(
    action: str, *, actor: object, object: object, result: str = "done", origin: str, **more: object
) -> None:
    """Log what someone did: the action (its `event`), to what, how it ended, from where, who and when.

    Those six are what the Baseline Informatiebeveiliging Overheid 2 asks of a log line (measures on
    logging, after ISO 27002, 8.15). `object` is an id or a list of ids; `origin` where it came in: `api`,
    `console`, `bus`. Written at every level.
    """
    log.info(action, actor=str(actor), object=object, result=result, origin=origin, **more)


DEED = frozenset({"actor", "object", "result", "origin"})


class Lines:
    """Which lines are written: those of a level that can be changed while the process runs.

    Keeps the last lines of trouble (warnings and errors), for whoever asks how it goes.
    """

    def __init__(self) -> None:
        self.level = USUAL_LEVEL
        self.trouble: deque[dict[str, object]] = deque(maxlen=20)
        self.count: Callable[[str], object] = lambda _: None

    def set_level(self, level: str | None) -> None:
        """Write lines from `level` on; None for the usual."""
        wanted = level or USUAL_LEVEL
        if wanted != self.level:
            self.level = wanted
            log.warning("log_level", level_now=wanted)

    def choose(self, _: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Drop what is below the level, except deeds, and what says that the level changed."""
        level = "error" if method in ("exception", "critical") else method
        always = event.get("event") == "log_level" or event.keys() >= DEED
        if LEVELS.index(level) < LEVELS.index(self.level) and not always:
            raise structlog.DropEvent
        self.count(level)
        return event

    def keep_trouble(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Remember warnings and errors, as they are written."""
        if event["level"] in ("warning", "error"):
            self.trouble.append(
                {name: event[name] for name in event if name not in ("service", "region", "replica")}
            )
        return event


LINES = Lines()


def set_up(service: str, region: str, replica: str) -> None:
    """Send this process's logs to standard output, one JSON object a line."""
    structlog.configure(
        processors=[
            LINES.choose,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            forbid_personal,
            LINES.keep_trouble,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, region=region, replica=replica)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _LibraryLines(logging.Formatter):
    """What libraries log: which one, how bad, which error; not their texts, which may quote anything."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"event": "library", "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


class Metrics:
    """What one replica counts: traffic, errors, latency, saturation, and where the log is.

    All labels are bounded: names out of the contracts, routes and outcomes, never an id. What a
    service's own tables say is measured by `services/kernel/gauges.py`.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        seconds = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5)

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(name, says, labels, registry=registry)

        def gauge(name: str, says: str, *labels: str) -> Gauge:
            return Gauge(name, says, labels, registry=registry)

        def histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...] = seconds) -> Histogram:
            return Histogram(name, says, labels, buckets=buckets, registry=registry)

        # Traffic and latency, by how it ended
        self.command_seconds = histogram(
            "wd_command_seconds", "From a command's arrival to its answer", "command", "outcome"
        )
        self.query_seconds = histogram(
            "wd_query_seconds", "From a query's arrival to its answer", "query", "outcome"
        )
        self.http_seconds = histogram(
            "wd_http_seconds",
            "From an HTTP request to its answer",
            *("route", "method", "status"),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5),
        )
        self.lately: deque[float] = deque(maxlen=500)
        self.mails = counter("wd_mails_total", "Mails by outcome", "outcome")
        for outcome in ("sent", "handed_over", "refused", "gave_up", "no_address"):
            self.mails.labels(outcome)
        self.webhooks = counter("wd_webhooks_total", "Attempts to bring a webhook, by outcome", "outcome")
        for outcome in ("delivered", "failed", "gone"):
            self.webhooks.labels(outcome)
        self.messages_refused = counter(
            "wd_link_refused_total", "Messages of other regions refused, by reason", "reason"
        )
        self.log_lines = counter("wd_log_lines_total", "Lines logged, by level", "level")
        for level in ("info", "warning", "error"):
            self.log_lines.labels(level)

        # Saturation
        self.refused_busy = counter("wd_busy_total", "Commands turned away: queue full")
        self.waiting = gauge("wd_queue", "Items waiting for the commit loop")
        self.loop_delay = gauge("wd_loop_delay_seconds", "How late the event loop was, at worst, lately")
        self.commit_seconds = histogram("wd_commit_seconds", "Time of one commit")
        self.batch_size = histogram(
            "wd_commit_batch_size",
            "Items per commit",
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
        )

        # Where the log is, and how far others have it
        self.commands = counter("wd_commands_total", "Commands answered by commit")
        self.leading = gauge("wd_leading", "1 where this replica commits")
        self.ready = gauge("wd_ready", "1 where this replica leads or stands by in good order")
        self.forked = gauge("wd_forked", "1 where others have seen what this log does not hold")
        self.head = gauge("wd_log_head", "Position of the log's head")
        self.relay_lag = gauge("wd_relay_lag", "Events not yet acknowledged by JetStream")
        self.follower_lag = gauge("wd_follower_lag", "Events of a source not yet followed", "source")
        self.parked = gauge("wd_parked", "Followed events that wait")
        self.standbys_missing = gauge(
            "wd_standbys_missing", "Synchronous standbys that PostgreSQL waits for in vain"
        )
        self.nats_connected = gauge("wd_nats_connected", "1 while connected to NATS")
        self.nats_reconnects = gauge("wd_nats_reconnects", "Times the connection to NATS was made again")
        self.nats_messages = gauge("wd_nats_messages", "Messages since the start, by direction", "direction")

    def answered(self, command: str, outcome: str, seconds: float) -> None:
        """Count a command and its answer."""
        self.command_seconds.labels(command, outcome).observe(seconds)
        self.lately.append(seconds)

    def p99_ms(self) -> float | None:
        """The 99th percentile of the last 500 commands, in milliseconds; None before the first."""
        if not self.lately:
            return None
        return round(1000 * sorted(self.lately)[int(0.99 * (len(self.lately) - 1))], 1)


def reading(gauge: Gauge) -> float:
    """What a gauge without labels shows now."""
    return float(next(iter(gauge.collect())).samples[0].value)
