"""A worker's own port, spoken to by checks, scrapers and strangers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from jobs.settings import JobsSettings
from service.dev.ports import LOOPBACK, free_port
from service.worker_check import check
from service.worker_port import worker_port
from tests.jobs.conftest import working


@pytest.fixture
async def port(settings: JobsSettings) -> AsyncIterator[int]:
    chosen = free_port()
    changed = settings.model_copy(update={"worker_health_port": chosen})
    async with working(changed) as worker, worker_port(worker):
        yield chosen


async def said(port: int, request: bytes) -> bytes:
    """Send bytes, end the sending, and return all that comes back."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"HEAD /readyz HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /metrics?x=1 HTTP/1.1\r\n\r\n", b"200"),
        (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /healthz HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", b"405"),
        (b"\x16\x03\x01nonsense\r\n\r\n", b"405"),
        (b"GET /healthz", b""),
        (b"", b""),
        (b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", b""),
    ],
)
async def test_whatever_is_sent_is_answered_or_hung_up_on(
    port: int, request_: bytes, status: bytes
) -> None:
    try:
        answer = await said(port, request_)
    except ConnectionError:  # hung up before it had said all
        answer = b""

    assert answer[9:12] == status
    assert b"200" in await said(port, b"GET /healthz HTTP/1.1\r\n\r\n")


async def test_its_figures_are_for_who_brings_the_token_and_its_health_for_all(
    settings: JobsSettings,
) -> None:
    chosen, token = free_port(), SecretStr("for prometheus alone")
    changed = settings.model_copy(update={"worker_health_port": chosen, "metrics_token": token})
    asked = {
        b"/metrics": (b"", b"Bearer", b"Bearer for prometheus", b"Basic for prometheus alone"),
        b"/healthz": (b"",),
    }
    async with working(changed) as worker, worker_port(worker):
        refused = [
            (await said(chosen, b"GET %b HTTP/1.1\r\nauthorization: %b\r\n\r\n" % (path, given)))[
                9:12
            ]
            for path, tries in asked.items()
            for given in tries
        ]
        head = b"GET /metrics HTTP/1.1\r\nAUTHORIZATION: bearer for prometheus alone\r\n\r\n"
        answer = await said(chosen, head)

    assert refused == [b"401"] * 4 + [b"200"]
    assert b"jobcast_" in answer


async def test_a_worker_that_stops_is_not_ready_but_alive(settings: JobsSettings) -> None:
    chosen = free_port()
    changed = settings.model_copy(update={"worker_health_port": chosen})
    async with working(changed) as worker, worker_port(worker):
        worker.shut_down()

        ready = await said(chosen, b"GET /readyz HTTP/1.1\r\n\r\n")
        alive = await said(chosen, b"GET /healthz HTTP/1.1\r\n\r\n")

    assert ready.startswith(b"HTTP/1.1 503 ")
    assert alive.startswith(b"HTTP/1.1 200 ")


async def test_without_a_port_the_check_looks_for_a_lease_of_this_host(
    settings: JobsSettings,
) -> None:
    before = await asyncio.to_thread(check, settings)
    async with working(settings):
        during = await asyncio.to_thread(check, settings)

    assert (before, during) == (1, 0)


async def test_without_postgres_the_check_cannot_tell(
    settings: JobsSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = settings.model_copy(update={"database_url": f"postgresql://{LOOPBACK}:1/none"})

    assert await asyncio.to_thread(check, nowhere) == 1
    assert "WORKER_HEALTH_PORT" in capsys.readouterr().err
