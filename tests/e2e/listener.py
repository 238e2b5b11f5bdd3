"""Everybody a product tells of itself, played by one server: a collector, Sentry, a service, a webhook."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """One span as it arrived. Times in ns."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    kind: int
    failed: bool
    attributes: dict[str, Any]


@dataclass
class Heard:
    """What arrived; ``requests`` are (path, headers) of what was called, webhooks among it."""

    base: str
    spans: list[Span] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def dsn(self) -> str:
        return self.base.replace("//", "//public@") + "/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return Sentry's events out of their envelopes."""
        found = []
        for envelope in self.envelopes:
            lines = envelope.split(b"\n")
            items = zip(lines[1::2], lines[2::2], strict=False)
            found += [orjson.loads(body) for head, body in items if b'"event"' in head]
        return found

    def headers_at(self, path: str) -> dict[str, str]:
        return next(headers for at, headers in self.requests if at.startswith(path))

    def wait_for(self, path: str, seconds: float = 20) -> None:
        """Wait until somebody has called this path."""
        with self.changed:
            assert self.changed.wait_for(lambda: any(p == path for p, _ in self.requests), seconds)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        with self.changed:
            if path == "/v1/traces":
                self.spans += spans_of(ExportTraceServiceRequest.FromString(body))
            elif path.endswith("/envelope/"):
                self.envelopes.append(body)
            else:
                self.requests.append((path, headers))
            self.changed.notify_all()


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for group in request.resource_spans:
        service = values(group.resource.attributes)["service.name"]
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.name, service, span.trace_id.hex(), span.span_id.hex(),
                    span.parent_span_id.hex(), span.start_time_unix_nano, span.end_time_unix_nano,
                    span.kind, span.status.code == 2, values(span.attributes),
                )  # fmt: skip


def values(attributes: Any) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in attributes
    }


@contextmanager
def listening() -> Iterator[Heard]:
    """Listen for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._take(body)

        def do_GET(self) -> None:
            self._take(b"")

        def _take(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard.take(self.path, headers, body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard = Heard(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
