"""What every request passes: its id, its log line, safe headers, the size and pace of its body, CORS."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from jobs.errors import TooLarge
from service.errors import Problem
from service.middleware import BodyLimit
from service.server import Server
from service.settings import ServiceSettings
from tests.service.conftest import Headers, address


async def test_each_answer_has_an_id_and_a_problem_repeats_it(client: httpx2.AsyncClient) -> None:
    first, second = await client.get("/nothing"), await client.get("/nothing")

    assert first.headers["x-request-id"] == first.json()["request_id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_harmless_id_is_echoed(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"X-Request-Id": "trace-1.a_B"})

    assert answer.headers["x-request-id"] == "trace-1.a_B"


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 65, "<script>", "a\tb", "é", "a;b"])
async def test_any_other_id_is_replaced(client: httpx2.AsyncClient, given: str) -> None:
    answer = await client.get("/healthz", headers={b"X-Request-Id": given.encode()})

    assert answer.headers["x-request-id"].isalnum()
    assert len(answer.headers["x-request-id"]) == 32


async def test_one_line_is_logged_for_a_request_and_it_holds_no_secret(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    body = {"kind": "echo", "args": {"value": "canary-in-args"}}

    with structlog.testing.capture_logs() as lines:
        await client.post("/api/jobs?ticket=canary-in-query", json=body, headers=ann)

    written = [line for line in lines if line["event"] == "request"]
    assert [(w["method"], w["path"], w["status"], w["user"]) for w in written] == [
        ("POST", "/api/jobs", 202, "ann")
    ]
    assert "canary" not in repr(lines)
    assert ann["Authorization"].removeprefix("Bearer ") not in repr(lines)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/kinds", "/nothing", "/healthz", "/readyz"])
async def test_answers_of_the_api_are_kept_by_nobody_and_run_nowhere(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    headers = (await client.get(path, headers=ann)).headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


async def test_allowed_pages_may_call_and_others_not(client: httpx2.AsyncClient) -> None:
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }

    allowed = await client.options(
        "/api/jobs", headers={**ask, "Origin": "https://partner.example"}
    )
    foreign = await client.options("/api/jobs", headers={**ask, "Origin": "https://evil.example"})

    assert allowed.headers["access-control-allow-origin"] == "https://partner.example"
    assert foreign.status_code == 400
    assert "access-control-allow-origin" not in foreign.headers


async def test_allowed_pages_can_read_problems_too(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/jobs", headers={"Origin": "https://partner.example"})

    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://partner.example"
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


async def test_a_large_body_is_413_with_and_without_its_length(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings
) -> None:
    headers = {**ann, "Content-Type": "application/json"}
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    declared = b" " * (service_settings.max_body_bytes + 1)
    known = await client.post("/api/jobs", content=declared, headers=headers)
    unknown = await client.post("/api/jobs", content=endless(), headers=headers)

    assert (known.status_code, unknown.status_code) == (413, 413)
    assert sent <= service_settings.max_body_bytes + 2 * 65_536


async def test_over_a_socket_the_rest_of_a_large_body_is_not_read(
    server: Server, ann: Headers, service_settings: ServiceSettings
) -> None:
    _, writer = await asyncio.open_connection(*address(server))
    head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: {ann['Authorization']}\r\n\r\n"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    writer.write(head.encode())

    written = await write_until_refused(writer, piece, 100 * service_settings.max_body_bytes)

    assert written < 20 * service_settings.max_body_bytes


async def write_until_refused(writer: asyncio.StreamWriter, piece: bytes, most: int) -> int:
    """Return how many bytes the other side let us write."""
    for written in range(0, most, len(piece)):
        try:
            writer.write(piece)
            await writer.drain()
        except ConnectionError:
            return written
    return most


async def body_of(limit: int, timeout_seconds: float, receive: Receive, **headers: str) -> bytes:
    """Read a body through the middleware."""
    pieces: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            pieces.append(message["body"])
            more = message["more_body"]

    async def send(message: Message) -> None:
        return None

    scope: Scope = {
        "type": "http",
        "path": "/",
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }
    limited = BodyLimit(app, limit=limit, larger={}, timeout_seconds=timeout_seconds)
    await limited(scope, receive, send)
    return b"".join(pieces)


def receiving(*pieces: bytes) -> Receive:
    left = list(pieces)

    async def receive() -> Message:
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    return receive


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert await body_of(4, 1, receiving(b"ab", b"cd"), content_length="4") == b"abcd"


@pytest.mark.parametrize("length", ["5", "9" * 40, "-1", "x", "", "4 4"])
async def test_a_length_that_is_too_large_or_none_is_refused(length: str) -> None:
    with pytest.raises(TooLarge):
        await body_of(4, 1, receiving(b"ab"), content_length=length)


async def test_a_body_longer_than_it_said_is_refused() -> None:
    with pytest.raises(TooLarge):
        await body_of(4, 1, receiving(b"abc", b"def"), content_length="1")


async def test_a_body_that_stops_coming_is_408() -> None:
    async def silent() -> Message:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(Problem) as refusal:
        await body_of(4, 0.01, silent)

    assert refusal.value.status == 408


async def test_a_body_that_drips_is_408_when_its_time_is_over() -> None:
    async def dripping() -> Message:
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)
        return {"type": "http.request", "body": b".", "more_body": True}

    with pytest.raises(Problem) as refusal:
        await body_of(10**9, 0.05, dripping)

    assert refusal.value.status == 408
