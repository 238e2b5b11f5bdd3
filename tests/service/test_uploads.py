"""Uploads: forms and raw bodies, streamed; too much is refused before it is read."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.types import Message, Scope

from service.errors import Problem
from service.multipart import FilePart
from service.server import Server
from service.settings import ServiceSettings
from tests.service.conftest import As, Headers, address

LIMIT = 200_000


async def upload(client: httpx2.AsyncClient, headers: Headers, **sent: Any) -> httpx2.Response:
    return await client.post("/api/uploads", headers=headers, **sent)


def stored(settings: ServiceSettings) -> list[Path]:
    folder = settings.storage_path
    assert folder is not None
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_form_is_kept(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await upload(
        client, ann, files={"file": ("outline.pdf", b"%PDF-1.7", "application/pdf")}
    )

    kept = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/uploads/{kept['id']}"
    assert (kept["name"], kept["size"], kept["media_type"]) == ("outline.pdf", 8, "application/pdf")
    assert len(kept["sha256"]) == 64
    assert (await client.get(answer.headers["location"], headers=ann)).json() == kept


@pytest.mark.parametrize(
    ("header", "value", "name"),
    [
        ("X-Filename", "a%20b%C3%BC.txt", "a bü.txt"),
        ("Content-Disposition", 'attachment; filename="c.csv"', "c.csv"),
        ("X-Filename", "../../etc/passwd", "passwd"),
        ("X-Filename", "%00", "upload"),
        ("X-Filename", "%ff%fe.txt", "\ufffd\ufffd.txt"),
        ("X-Nothing", "x", "upload"),
    ],
)
async def test_a_raw_body_is_kept_under_the_name_its_headers_give(
    client: httpx2.AsyncClient, ann: Headers, header: str, value: str, name: str
) -> None:
    answer = await upload(
        client, {**ann, header: value, "Content-Type": "text/csv"}, content=b"a,b"
    )

    assert (answer.status_code, answer.json()["name"]) == (201, name)
    assert answer.json()["media_type"] == "text/csv"


@pytest.mark.parametrize(
    ("media_type", "shown", "how"),
    [
        ("image/png", "image/png", "inline"),
        ("text/html", "text/plain; charset=utf-8", "inline"),
        ("application/json", "text/plain; charset=utf-8", "inline"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("application/pdf", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
    ],
)
async def test_bytes_come_back_as_they_were_and_can_run_nothing(
    client: httpx2.AsyncClient, ann: Headers, media_type: str, shown: str, how: str
) -> None:
    content = b"<script>alert(1)</script>" * 40_000
    kept = (
        await upload(client, ann, files={"file": ("a b.x", content[:LIMIT], media_type)})
    ).json()

    answer = await client.get(f"/api/uploads/{kept['id']}/content", headers=ann)

    assert (answer.status_code, answer.content) == (200, content[:LIMIT])
    assert answer.headers["content-type"] == shown
    assert answer.headers["content-disposition"] == f"{how}; filename*=UTF-8''a%20b.x"
    assert answer.headers["content-security-policy"].endswith("; sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(LIMIT)


async def test_of_several_uploads_those_that_are_kept_and_mine_are_told(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    kept = [
        (await upload(client, who, files={"file": (name, b"x", "text/plain")})).json()
        for who, name in ((ann, "a"), (as_user("bob"), "b"), (ann, "c"))
    ]
    ids = [one["id"] for one in kept] + ["01990000-0000-7000-8000-000000000000"]

    told = await client.get("/api/uploads", params={"id": ids}, headers=ann)

    assert told.json() == {"data": [kept[0], kept[2]]}


async def test_bytes_that_are_gone_are_no_half_an_answer(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings
) -> None:
    kept = (await upload(client, ann, files={"file": ("a.txt", b"x", "text/plain")})).json()
    for path in stored(service_settings):
        path.unlink()

    answer = await client.get(f"/api/uploads/{kept['id']}/content", headers=ann)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\x00b.txt", "..", "", "a/b/../c.txt", "n" * 500]
)
async def test_a_name_in_a_form_never_becomes_a_path(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings, name: str
) -> None:
    answer = await upload(client, ann, files={"file": (name, b"x", "text/plain")})

    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        assert not {"/", "\x00"} & set(answer.json()["name"])
        assert [path.name for path in stored(service_settings)] == [answer.json()["id"]]


async def test_exactly_the_limit_is_kept_and_one_byte_more_is_413(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings
) -> None:
    assert (await upload(client, ann, content=b"x" * LIMIT)).status_code == 201

    answer = await upload(client, ann, content=b"x" * (LIMIT + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["connection"] == "close"
    assert len(stored(service_settings)) == 1


async def test_a_form_without_length_is_refused_while_it_streams(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        while True:
            sent += 10_000
            yield b"x" * 10_000

    headers = {**ann, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await upload(client, headers, content=endless())

    assert answer.status_code == 413
    assert sent < 2 * LIMIT
    assert stored(service_settings) == []


FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nhello'
BAD_FORMS = {
    "no boundary": (400, {"Content-Type": "multipart/form-data"}, FILE),
    "empty": (422, FORM, b""),
    "no part": (422, FORM, b"--b--\r\n"),
    "garbage": (400, FORM, b"what is this"),
    "broken off in the file": (400, FORM, FILE),
    "broken off in a header": (422, FORM, b"--b\r\nContent-Disp"),
    "another field": (422, FORM, FILE.replace(b'name="file"', b'name="other"') + b"\r\n--b--\r\n"),
    "no file name": (422, FORM, FILE.replace(b'; filename="f.txt"', b"") + b"\r\n--b--\r\n"),
    "two files": (422, FORM, FILE + b"\r\n" + FILE + b"\r\n--b--\r\n"),
    "an empty file": (422, FORM, FILE.removesuffix(b"hello") + b"\r\n--b--\r\n"),
    "a header of 100 kB": (400, FORM, b"--b\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "a thousand headers": (400, FORM, b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\n"),
    "a form of another kind": (
        415,
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"file=x",
    ),
    "an empty raw body": (422, {}, b""),
    "a compressed body": (415, {"Content-Encoding": "gzip"}, b"\x1f\x8b"),
}


@pytest.mark.parametrize(("status", "headers", "body"), BAD_FORMS.values(), ids=BAD_FORMS)
async def test_bad_uploads_are_refused_and_leave_nothing(
    client: httpx2.AsyncClient,
    ann: Headers,
    service_settings: ServiceSettings,
    status: int,
    headers: Headers,
    body: bytes,
) -> None:
    answer = await upload(client, {**ann, **headers}, content=body)

    assert answer.status_code == status, answer.text
    assert stored(service_settings) == []


async def test_a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_read(
    server: Server, ann: Headers
) -> None:
    reader, writer = await asyncio.open_connection(*address(server))
    head = f"POST /api/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n"
    writer.write((head + f"Authorization: {ann['Authorization']}\r\n\r\n").encode())

    answer = await reader.read()  # to the end: the server closes

    assert answer.startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_an_upload_that_breaks_off_leaves_nothing(
    app: Starlette, ann: Headers, service_settings: ServiceSettings
) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    await app(post_scope(ann), receive, send)

    assert (messages, answered) == ([], [])
    assert stored(service_settings) == []


def post_scope(headers: Headers) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/api/uploads",
        "raw_path": b"/api/uploads",
        "root_path": "",
        "query_string": b"",
        "http_version": "1.1",
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }


@given(st.binary(min_size=1, max_size=200), st.lists(st.integers(1, 400), max_size=12))
async def test_a_form_is_read_alike_however_it_is_cut(content: bytes, cuts: list[int]) -> None:
    form = FILE.removesuffix(b"hello") + content + b"\r\n--b--\r\n"
    if b"\r\n--b" in content:
        return

    async def pieces() -> AsyncIterator[bytes]:
        edges = sorted({0, *(cut for cut in cuts if cut < len(form)), len(form)})
        for start, stop in pairwise(edges):
            yield form[start:stop]

    part = FilePart(FORM["Content-Type"], pieces())
    await part.open()

    assert part.name == "f.txt"
    assert b"".join([chunk async for chunk in part.chunks()]) == content


@given(st.binary(max_size=300))
async def test_any_bytes_are_a_form_or_a_problem(body: bytes) -> None:
    async def once() -> AsyncIterator[bytes]:
        yield body

    part = FilePart(FORM["Content-Type"], once())

    with pytest.raises(Problem) as refusal:  # 300 random bytes are never a whole form
        await part.open()

    assert refusal.value.status in {400, 422}
