"""OpenTelemetry, loaded only where spans are recorded; its own variables choose the rest.

OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS and the others
of the specification hold, read by the library itself.
"""

import os
import threading
from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from jobs.trail import SPAN_ID, TRACE_ID

STOP_SECONDS = 3.0
KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
FLAGS = slice(53, 55)


class Recorder:
    """Makes spans and sends them in the background, in batches, by OTLP over HTTP."""

    def __init__(self, endpoint: str, service: str, version: str) -> None:
        self._provider = TracerProvider(resource=resource(service, version), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter(endpoint)))
        self._tracer = self._provider.get_tracer("jobcast", version)

    def begin(
        self,
        name: str,
        kind: str,
        parent: str,
        attributes: Mapping[str, Any],
        at: int | None = None,
    ) -> Span:
        """Begin a span below ``parent`` (a traceparent), or a new trace; ``at`` in ns, now when None."""
        told = {name.replace("__", "."): value for name, value in attributes.items()}
        return self._tracer.start_span(
            name, context=context_of(parent), kind=KINDS[kind], attributes=told, start_time=at
        )

    def past(
        self, name: str, parent: str, took: tuple[int, int], attributes: Mapping[str, Any]
    ) -> None:
        """Record a span that is over already: ``took`` is its start and its end, in ns."""
        began, ended = took
        self.begin(name, "internal", parent, attributes, began).end(ended)

    def say(self, span: Span, attributes: Mapping[str, Any]) -> None:
        """Add attributes to a span; ``name`` names it anew, ``error`` marks it as failed."""
        for name, value in attributes.items():
            if name == "name":
                span.update_name(value)
            elif name == "error":
                span.set_attribute("error.type", value)
                span.set_status(Status(StatusCode.ERROR))
            else:
                span.set_attribute(name.replace("__", "."), value)

    def traceparent(self, span: Span) -> str:
        """Return how a span is named to others."""
        at = span.get_span_context()
        return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"

    def stop(self) -> None:
        """Send what is left, for ``STOP_SECONDS`` at most."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_SECONDS)


def context_of(traceparent: str) -> Context:
    """Return the library's form of a parent; an empty one begins a trace of its own."""
    if not traceparent:
        return Context()
    parent = SpanContext(
        trace_id=int(traceparent[TRACE_ID], 16),
        span_id=int(traceparent[SPAN_ID], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[FLAGS], 16)),
    )
    return set_span_in_context(NonRecordingSpan(parent), Context())


def exporter(endpoint: str) -> OTLPSpanExporter:
    """Return what sends spans: to ``endpoint``, unless a variable of the library names another."""
    named = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return OTLPSpanExporter(endpoint=None if named else f"{endpoint.rstrip('/')}/v1/traces")


def resource(service: str, version: str) -> Resource:
    """Return who tells; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come first."""
    ours = {"service.name": f"jobcast-{service}", "service.version": version}
    return Resource(ours).merge(Resource.create({})) if named_outside() else Resource.create(ours)


def named_outside() -> bool:
    """Return whether the environment names the service."""
    told = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return bool(os.environ.get("OTEL_SERVICE_NAME")) or "service.name=" in told
