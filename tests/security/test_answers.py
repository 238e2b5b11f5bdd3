"""Every answer says how it may be kept and read, and repeats nothing raw (S24, S65, S67, S68)."""

import json
import re
from typing import Any

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from structlog.testing import capture_logs

from jobs.logs import harmless, in_bytes
from service.commands.terminal import clean
from service.routes import TABLE
from tests.service.conftest import As, Headers
from tests.service.test_routes import MATRIX, MISSING, NAMES, WITH_ID, WRITER, Things, call

KEPT = ("/openapi.json", "/asyncapi.json", "/docs")
"""How the paths begin of what is the same for everybody, and holds nothing of anybody."""

EVERY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
SPLITTERS = [
    "a\r\nSet-Cookie: evil=1",
    "a\nX-Evil: 1",
    "a\r\n\r\n<script>alert(1)</script>",
    "a\x00b",
    "\x1b]0;owned\x07\x1b[2J",
    "a\u2028b\u2029c\u0085d",
    "\u202egnp.exe",
]
TAGS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)"]


@pytest.fixture
def things(app: Starlette, client: httpx2.AsyncClient, as_user: As, database_url: str) -> Things:
    return Things(app, client, as_user("ann", WRITER), database_url)


def check(answer: httpx2.Response, key: Any) -> None:
    for name, value in EVERY.items():
        assert answer.headers[name] == value, (key, name)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, key
    assert "frame-ancestors 'none'" in policy, key
    assert "unsafe" not in policy, key
    assert len(answer.headers.get_list("x-request-id")) == 1, key
    assert "server" not in answer.headers, key
    if not key[1].startswith(KEPT) or answer.status_code >= 400:
        assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}, key
    if answer.content:
        assert "content-type" in answer.headers, key


async def test_every_answer_of_every_route_is_kept_by_nobody_and_runs_nothing(
    client: httpx2.AsyncClient, things: Things, as_user: As
) -> None:
    callers: list[Headers] = [{}, as_user("bob", WRITER), as_user("ann", WRITER)]
    for key in MATRIX:
        ident = await things.of(key)
        for headers in callers:
            check(await call(client, key, ident, headers), key)
            client.cookies.clear()


async def test_unknown_paths_and_methods_answer_no_otherwise(client: httpx2.AsyncClient) -> None:
    for method, path in [("GET", "/nothing"), ("PUT", "/api/jobs"), ("OPTIONS", "/api/jobs")]:
        check(await client.request(method, path), (method, path))


async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("SELECT secret FROM inside")

    monkeypatch.setattr(app.state, "resources", Broken())
    for method, path, found in TABLE:
        target = path.format(id=MISSING, **NAMES)
        body = MATRIX[method, path].body
        sent = {"json": body} if body and not isinstance(body, bytes) else {}
        if found.scope:
            with capture_logs():  # a trace is long
                answer = await client.request(method, target, headers=ann, **sent)

            assert "SELECT" not in answer.text, path
            assert "Traceback" not in answer.text, path
            assert "RuntimeError" not in answer.text, path


@pytest.mark.parametrize("text", SPLITTERS)
async def test_no_text_of_a_caller_begins_a_header_or_a_log_line(
    client: httpx2.AsyncClient, as_user: As, text: str
) -> None:
    headers = as_user("ann", WRITER)
    raw = [("X-Request-Id", text), ("X-Filename", "a"), *headers.items()]
    job = {"kind": "say", "args": {"text": text}, "tags": [text[:50]], "metadata": {"n": text}}

    with capture_logs() as logs:
        made = await client.post("/api/jobs", json=job, headers=headers)
        keyed = await client.put("/api/schedules/" + "k%0d%0aX-Evil:1", json={}, headers=headers)
        listed = await client.get("/api/jobs", params={"tag": text, "q": text}, headers=headers)
        named = await client.post(
            "/api/uploads", content=b"x", headers=headers | {"X-Filename": quoted(text)}
        )
        try:
            sent = [await client.get("/api/jobs", headers=raw)]
        except (httpx2.LocalProtocolError, UnicodeEncodeError):
            sent = []

    for answer in [made, keyed, listed, named, *sent]:
        assert not {"set-cookie", "x-evil"} & set(answer.headers)
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])
        assert answer.status_code < 500
        for value in answer.headers.values():
            assert value.isprintable()
    for event in logs:
        line = in_bytes(dict(event))
        assert line.count(b"\n") == 0
        json.loads(line)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize("path", ["/api/jobs/%0d%0aX-Evil:1", "/%1b[2J", "/a%E2%80%A8b", "/%ff"])
async def test_a_path_is_repeated_only_encoded(client: httpx2.AsyncClient, path: str) -> None:
    with capture_logs() as logs:
        answer = await client.get(httpx2.URL("http://test").copy_with(raw_path=path.encode()))

    assert answer.status_code in {404, 401}
    assert answer.json()["instance"].isascii()
    assert answer.json()["instance"].isprintable()
    assert all(in_bytes(dict(event)).count(b"\n") == 0 for event in logs)


@pytest.mark.parametrize("text", TAGS)
async def test_markup_comes_back_as_data_that_no_browser_runs(
    client: httpx2.AsyncClient, ann: Headers, text: str
) -> None:
    job = {"kind": "say", "args": {"text": text}, "tags": [text]}

    made = await client.post("/api/jobs", json=job, headers=ann)
    refused = await client.get(f"/api/kinds/{quoted(text)}", headers=ann)
    page = await client.get(f"/unsubscribe/{quoted(text)}")

    for answer in (made, refused, page):
        if answer.headers["content-type"].startswith("text/html"):
            assert text not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "unsafe-inline" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("text", SPLITTERS)
async def test_an_event_stream_has_a_callers_text_on_one_line_of_data(
    client: httpx2.AsyncClient, ann: Headers, text: str
) -> None:
    tag = text.replace("\x00", "")[:100]
    made = await client.post("/api/jobs", json={"kind": "say", "tags": [tag]}, headers=ann)
    job = made.json().get("id")
    if job is None:
        assert made.status_code == 422
        return
    await client.delete(f"/api/jobs/{job}", headers=ann)

    answer = await client.get(
        "/api/events/poll", params={"channel": f"job:{job}", "wait": 0}, headers=ann
    )

    assert "\n" not in answer.text
    assert answer.status_code == 200


def test_nothing_that_comes_from_elsewhere_drives_the_terminal() -> None:
    for text in SPLITTERS:
        shown = clean(text)

        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_a_console_log_line_is_one_line_too() -> None:
    renderer = structlog.dev.ConsoleRenderer(colors=False)

    for text in SPLITTERS:
        event = harmless(None, "info", {"event": text, "level": "info", "path": text})
        line = renderer(None, "info", event)

        assert "\n" not in line
        assert "\x1b" not in line


def test_every_route_with_an_id_is_tried() -> None:
    assert len(WITH_ID) > 40
