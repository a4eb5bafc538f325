"""Traces (OpenTelemetry): one trace from an HTTP request to the last effect of it in another service.

What carries a trace is `traceparent` (W3C Trace Context), in requests, events and the log. With
`[traces]` in region.toml each step on the way becomes a span; without it its SDK need not even be
installed, and a step passes on the traceparent that it was given. Spans name commands, events and
outcomes; never an id, a path or what someone typed.
"""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from services.kernel.errors import Misconfigured
from services.kernel.settings import Region

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

BATCH_MILLISECONDS = 500


class Step:
    """One step on the way. `traceparent` is what goes on with what follows from it."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, traceparent: str | None, span: "OtelSpan | None" = None) -> None:
        self.traceparent = traceparent
        self._span = span

    def name(self, name: str, **attributes: str | int) -> None:
        """Say what it was, once that is known."""
        if self._span is not None:
            self._span.update_name(name)
            self._span.set_attributes(attributes)

    def end(self) -> None:
        if self._span is not None:
            self._span.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Not as a context manager of OpenTelemetry's: that one would record what an exception says.
        self.end()


class Tracing:
    """The traces of this process."""

    def __init__(self) -> None:
        self._tracer: Tracer | None = None
        self._propagator: Any = None

    @property
    def on(self) -> bool:
        return self._tracer is not None

    def set_up(self, region: Region, service: str, replica: str) -> None:
        """Begin to trace where region.toml says where to. Raises Misconfigured without the packages."""
        traces = region.traces
        if not traces.otlp and traces.folder is None:
            return
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            exporter = self._exporter(region, service, replica)
        except ImportError:
            raise Misconfigured(
                "region.toml has [traces], and the packages for it are missing. Install wederdienst[traces]."
            ) from None
        provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": f"wederdienst-{service}",
                    "service.namespace": region.region,
                    "service.instance.id": replica,
                }
            ),
            sampler=ParentBased(TraceIdRatioBased(traces.share)),
        )
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=BATCH_MILLISECONDS))
        self._tracer = provider.get_tracer("wederdienst")
        self._propagator = TraceContextTextMapPropagator()

    def _exporter(self, region: Region, service: str, replica: str) -> Any:
        if region.traces.folder is not None:
            from opentelemetry.sdk.trace.export import ConsoleSpanExporter

            region.traces.folder.mkdir(parents=True, exist_ok=True)
            lines = (region.traces.folder / f"{service}-{replica}.jsonl").open("a", encoding="utf-8")
            return ConsoleSpanExporter(out=lines, formatter=lambda span: f"{span.to_json(indent=None)}\n")
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=f"{region.traces.otlp.rstrip('/')}/v1/traces")

    def begin(self, name: str, parent: str | None, **attributes: str | int) -> Step:
        """A step that begins now and ends with its block, or when it is told to."""
        if self._tracer is None:
            return Step(parent)
        return self._step(name, parent, None, attributes)

    def passed(self, name: str, parent: str | None, began: datetime | float, **attributes: str | int) -> None:
        """A step that began at `began` (UTC, or seconds of the epoch) and ends now. None without a parent."""
        if self._tracer is None or parent is None:
            return
        at = began.timestamp() if isinstance(began, datetime) else began
        self._step(name, parent, int(at * 1e9), attributes).end()

    def _step(self, name: str, parent: str | None, began: int | None, attributes: dict[str, Any]) -> Step:
        assert self._tracer is not None
        context = self._propagator.extract({"traceparent": parent} if parent else {})
        span = self._tracer.start_span(name, context=context, start_time=began, attributes=attributes)
        carrier: dict[str, str] = {}
        from opentelemetry.trace import set_span_in_context

        self._propagator.inject(carrier, context=set_span_in_context(span))
        return Step(carrier.get("traceparent", parent), span)


TRACING = Tracing()


def clock() -> float:
    """Seconds of the epoch, for `passed`; 0 while nobody traces."""
    return time.time() if TRACING.on else 0.0
