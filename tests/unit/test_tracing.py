"""Traces: what goes to a collector over OTLP, and the step of an event that could not be applied."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.kernel import follower
from services.kernel.errors import Unreachable
from services.kernel.log import Recorded
from services.kernel.settings import Region, Traces
from services.kernel.telemetry import Metrics
from services.kernel.tracing import Tracing
from tests.harness.waiting import until

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{CALLER}-01"


class Collector:
    """Takes traces over HTTP, and keeps the spans."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.spans: list[Any] = []
        self.resource: dict[str, str] = {}
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                collector.paths.add(self.path)
                for sent in ExportTraceServiceRequest.FromString(raw).resource_spans:
                    collector.resource = {one.key: one.value.string_value for one in sent.resource.attributes}
                    collector.spans += [span for scope in sent.scope_spans for span in scope.spans]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the screen."""

        self._server = HTTPServer(("127.0.0.1", 0), Taking)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    async def first(self) -> Any:
        async def there() -> bool:
            return bool(self.spans)

        await until(there, "a span being sent")
        (span,) = self.spans
        return span


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.close()


@pytest.fixture
def tracing(collector: Collector) -> Tracing:
    found = Tracing()
    region = Region(region="proef", name="Proef", traces=Traces(otlp=collector.address))
    found.set_up(region, "ledger", "ledger-1")
    return found


async def test_a_step_reaches_the_collector_and_hands_on_its_own_place(
    tracing: Tracing, collector: Collector
) -> None:
    with tracing.begin("PlaceHold", PARENT) as step:
        step.name("PlaceHold", outcome="accepted")
    span = await collector.first()
    assert collector.paths == {"/v1/traces"}
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, CALLER)
    assert step.traceparent == f"00-{TRACE}-{span.span_id.hex()}-01"
    assert (span.name, span.attributes[0].value.string_value) == ("PlaceHold", "accepted")
    assert collector.resource["service.name"] == "wederdienst-ledger"
    assert collector.resource["service.namespace"] == "proef"


class MatchReserved:
    """An event that the follower below asks something for."""


class Failing:
    """A commit loop that cannot apply anything."""

    service = SimpleNamespace(follows=(MatchReserved,))

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.marks: dict[str, Any] = {}

    def submit_followed(self, items: list[Any]) -> "asyncio.Future[Any]":
        self.items += items
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_exception(Unreachable())
        return done


async def test_an_event_that_could_not_be_applied_is_a_step_that_ends_and_comes_again(
    tracing: Tracing, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "TRACING", tracing)
    loop, away = Failing(), SimpleNamespace()
    following = follower.Follower(
        Region(region="proef", name="Proef"),
        *("ledger", "exchange"),
        *(away, away, loop, Metrics()),  # type: ignore[arg-type]
    )
    place = ("exchange", 1, 1, str(uuid4()), "MatchReserved", 1, uuid4(), None)
    with pytest.raises(Unreachable):
        await following._apply([Recorded(*place, PARENT, datetime.now(UTC), {})])
    span = await collector.first()
    assert span.name == "follow again"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, CALLER)
    # What it asked for carries the step on.
    assert loop.items[0].traceparent == f"00-{TRACE}-{span.span_id.hex()}-01"
