"""How the web process stops: streams are told first, and nothing holds it up."""

import asyncio
import os
import signal
import socket
from typing import Any

import httpx2
import pytest

from service.protocols import head_of
from service.server import Server, server_of
from service.settings import ServiceSettings
from tests.service.conftest import Headers, serving, url, watched


async def test_an_open_stream_is_told_and_does_not_hold_up_the_end(
    service_settings: ServiceSettings, ann: Headers
) -> None:
    server = server_of(service_settings)

    async with serving(server) as running, httpx2.AsyncClient(base_url=url(server)) as browser:
        async with browser.stream("GET", "/api/events?channel=me", headers=ann) as answer:
            lines = answer.aiter_lines()
            async for line in lines:
                if line == "event: welcome":
                    break

            server.handle_exit(signal.SIGTERM, None)
            rest = [line async for line in lines]

        async with asyncio.timeout(5):
            await running

    assert "event: bye" in rest


async def test_stopping_in_order_does_not_raise_the_signal_again(
    service_settings: ServiceSettings,
) -> None:
    server = server_of(service_settings)

    async with serving(server) as running:
        server.handle_exit(signal.SIGTERM, None)
        await running

    assert server._captured_signals == []


async def test_a_second_signal_stops_without_waiting_for_the_drain(
    service_settings: ServiceSettings, ann: Headers
) -> None:
    patient = service_settings.model_copy(update={"drain_seconds": 3600.0})
    server = server_of(patient)

    async with (
        serving(server) as running,
        httpx2.AsyncClient(base_url=url(server)) as browser,
        browser.stream("GET", "/api/events?channel=me", headers=ann) as answer,
    ):
        async for line in answer.aiter_lines():
            if line == "event: welcome":
                break
        server.handle_exit(signal.SIGTERM, None)
        server.handle_exit(signal.SIGTERM, None)

        async with asyncio.timeout(10):
            await running
    await server.lifespan.shutdown()  # left out by a forced end, where the process ends anyway


async def test_a_request_that_waits_for_a_job_is_answered_at_once(
    service_settings: ServiceSettings, ann: Headers
) -> None:
    server = server_of(service_settings)

    async with serving(server) as running, httpx2.AsyncClient(base_url=url(server)) as browser:
        begun = watched(server.app)
        wanted: dict[str, Any] = {"json": {"kind": "echo"}, "headers": {**ann, "Prefer": "wait=25"}}
        asking = asyncio.create_task(browser.post("/api/jobs", **wanted))
        await begun.get()
        server.handle_exit(signal.SIGTERM, None)
        async with asyncio.timeout(5):
            answer = await asking
            await running

    assert answer.status_code == 202


async def test_a_reader_that_stalls_is_ended_by_the_kernel(server: Server) -> None:
    with socket.socket(fileno=os.dup(server.servers[0].sockets[0].fileno())) as listening:
        limit = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert limit == 30_000


async def test_a_bad_address_ends_the_start(service_settings: ServiceSettings) -> None:
    first = server_of(service_settings)

    async with serving(first):
        port = first.servers[0].sockets[0].getsockname()[1]
        second = server_of(service_settings.model_copy(update={"port": port}))
        codes = []
        try:
            await second._serve()
        except SystemExit as ended:
            codes.append(ended.code)

    assert codes == [3]


@pytest.mark.parametrize("value", [b"/a\r\nSet-Cookie: x=1", b"a\nb", b"a\x00b", b"a\x7fb"])
def test_a_header_that_would_end_early_is_left_to_be_refused(value: bytes) -> None:
    assert head_of(200, [(b"location", b"/"), (b"x", value)]) is None
    assert head_of(200, [(b"x", b"a\tb")]) == b"HTTP/1.1 200 OK\r\nx: a\tb\r\n\r\n"
