"""Logs and metrics: JSON lines without personal data, and numbers with bounded labels.

A log line says what happened, to which id, how it ended. Never a name, an address, free
text, a key or a request body: `forbid_personal` drops fields that could hold one.
"""

import json
import logging
import sys
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
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


def set_up(service: str, region: str, replica: str) -> None:
    """Send this process's logs to standard output, one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            forbid_personal,
            structlog.processors.JSONRenderer(),
        ],
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
    """What one replica counts. All labels are bounded: service names and outcomes, no ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        buckets = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
        self.commands = Counter("wd_commands_total", "Commands answered by commit", registry=self.registry)
        self.refused_busy = Counter(
            "wd_busy_total", "Commands turned away: queue full", registry=self.registry
        )
        self.commit_seconds = Histogram(
            "wd_commit_seconds", "Time of one commit", buckets=buckets, registry=self.registry
        )
        self.batch_size = Histogram(
            "wd_commit_batch_size",
            "Items per commit",
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
            registry=self.registry,
        )
        self.command_seconds = Histogram(
            "wd_command_seconds", "Time from request to answer", buckets=buckets, registry=self.registry
        )
        self.leading = Gauge("wd_leading", "1 where this replica commits", registry=self.registry)
        self.head = Gauge("wd_log_head", "Position of the log's head", registry=self.registry)
        self.relay_lag = Gauge(
            "wd_relay_lag", "Events not yet acknowledged by JetStream", registry=self.registry
        )
        self.follower_lag = Gauge(
            "wd_follower_lag", "Events of a source not yet followed", ["source"], registry=self.registry
        )
        self.parked = Gauge("wd_parked", "Followed events that wait", registry=self.registry)
        self.waiting = Gauge("wd_queue", "Items waiting for the commit loop", registry=self.registry)
        self.mails = Counter("wd_mails_total", "Mails by outcome", ["outcome"], registry=self.registry)
        self.webhooks = Counter(
            "wd_webhooks_total",
            "Webhooks tried, by outcome",
            ["outcome"],
            registry=self.registry,
        )
