"""A worker's own port, where WORKER_HEALTH_PORT asks for one: its health and figures, over plain HTTP/1.1.

Three GETs need no framework: a worker carries none, and a check that answers says that its loop turns.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import orjson
import structlog

from jobs.attempts import Attempts
from jobs.lease import Lease
from jobs.load import Load
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import WorkerLoad
from service.metrics import (
    MEDIA_TYPE,
    Family,
    exposition,
    footprint_families,
    may_read,
    measured_families,
    pool_families,
    worker_families,
)

log = structlog.get_logger(__name__)

MOST_HEAD = 8 * 1024
PATIENCE_SECONDS = 5.0
PHRASES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}
JSON = "application/json"


class Working(Protocol):
    """What is told of a worker."""

    settings: JobsSettings
    resources: Resources
    lease: Lease
    attempts: Attempts
    load: Load

    @property
    def stopping(self) -> bool:
        """Return whether it has been told to end."""


@asynccontextmanager
async def worker_port(worker: Working) -> AsyncIterator[None]:
    """Answer for the time of the block. Raises OSError when the port is taken."""
    settings = worker.settings
    everywhere = "0.0.0.0" if settings.env == "prod" else "127.0.0.1"  # noqa: S104 - behind a router
    host = settings.worker_health_host or everywhere
    port = Port(worker)
    server = await asyncio.start_server(
        port.answer, host, settings.worker_health_port, limit=MOST_HEAD
    )
    log.info("worker.port", host=host, port=settings.worker_health_port)
    async with server:
        yield


class Port:
    """Answers each connection once."""

    def __init__(self, worker: Working) -> None:
        self._worker = worker

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, answer it and hang up; who is slow or sends nonsense is not waited for."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(response(*self._answer(head.decode("latin-1"))))
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    def _answer(self, head: str) -> tuple[int, str, bytes]:
        line, *headers = head.split("\r\n")
        method, _, rest = line.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return 405, JSON, b"{}"
        match path:
            case "/healthz":
                return 200, JSON, orjson.dumps(self._health())
            case "/readyz":
                told = self._health()
                return 200 if told["ready"] else 503, JSON, orjson.dumps(told)
            case "/metrics":
                return self._metrics(headers)
        return 404, JSON, b"{}"

    def _health(self) -> dict[str, Any]:
        worker = self._worker
        held = worker.lease.seconds_left
        return {
            "status": "ok",
            "ready": held > 0 and not worker.stopping,
            "worker": worker.lease.name,
            "stopping": worker.stopping,
            "attempts": len(worker.attempts),
            "lease_seconds_left": round(held, 1),
            "loop_lag_seconds": round(worker.load.lag.worst_seconds, 4),
        }

    def _metrics(self, headers: list[str]) -> tuple[int, str, bytes]:
        if not may_read(header(headers, "authorization"), self._worker.settings):
            return 401, JSON, b"{}"
        return 200, MEDIA_TYPE, exposition(families(self._worker)).encode()


def families(worker: Working) -> Iterator[Family]:
    """Yield what the worker can tell of itself."""
    if worker.load.latest:
        yield from worker_families([WorkerLoad(worker.lease.name, worker.load.latest)])
    yield from measured_families(())
    yield from footprint_families(worker.load.lag)
    yield from pool_families(worker.resources)


def header(headers: list[str], wanted: str) -> str:
    """Return the value of the first header of that name (in small letters), empty if there is none."""
    pairs = (line.partition(":") for line in headers)
    return next((value.strip() for name, _, value in pairs if name.lower() == wanted), "")


def response(status: int, media_type: str, body: bytes) -> bytes:
    """Return a whole answer."""
    head = (
        f"HTTP/1.1 {status} {PHRASES[status]}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
