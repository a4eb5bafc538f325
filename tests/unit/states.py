"""How a service that is well says that it is, to be changed by a test."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.catalogue import SERVICES
from services.kernel.questions import ReplicaState, ServiceState, StreamState

LATELY = datetime.now(UTC) - timedelta(minutes=5)


def copy(**changed: Any) -> ReplicaState:
    said = {
        "replica": "host-1",
        "seen_at": datetime.now(UTC),
        "silent": False,
        "version": "0.1.0",
        "started_at": LATELY,
        "leading": True,
        "waits_for": {},
        "relay_lag": 0,
        "p99_ms": 4.2,
        "trouble": (),
    }
    return ReplicaState(**{**said, **changed})


def state(service: str, **changed: Any) -> ServiceState:
    said = {
        "service": service,
        "head": 1200,
        "epoch": 1,
        "marks": dict.fromkeys(SERVICES[service].FOLLOWS, 1200),
        "replicas": (copy(), copy(replica="host-2", leading=False)),
        "parked": (),
        "parked_count": 0,
        "forks": 0,
        "timers": 3,
        "timers_late": 0,
        "jobs": (),
        "level": "info",
        "stream": StreamState(messages=1200, bytes=31_400_000, consumers=3, oldest_at=LATELY),
    }
    return ServiceState(**{**said, **changed})
