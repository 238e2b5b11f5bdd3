"""Somebody's site, played: a real HTTP server on 127.0.0.1 that says what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import pytest

from jobs.errors import Discard
from jobs.providers.web import Web
from jobs.settings import JobsSettings

Answer = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def response(
    body: bytes = b"", status: str = "200 OK", length: int | None = None, **headers: str
) -> bytes:
    """Return an HTTP response; ``content_type="text/plain"`` becomes a header."""
    headers = {"content_type": "text/html; charset=utf-8", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body) if length is None else length}", "connection: close"]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


@dataclass
class Site:
    """Pages by path, and what was asked for. ``connections`` counts every TCP connection."""

    pages: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    parallel: int = 0
    most_parallel: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    def headers(self, path: str) -> dict[str, str]:
        return next(headers for asked, headers in reversed(self.requests) if asked == path)

    @classmethod
    @asynccontextmanager
    async def open(cls, **pages: Answer) -> AsyncIterator[Self]:
        site = cls(pages={f"/{name}": page for name, page in pages.items()})
        server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
        site.port = server.sockets[0].getsockname()[1]
        try:
            yield site
        finally:
            server.close()
            await server.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.parallel += 1
        self.most_parallel = max(self.most_parallel, self.parallel)
        try:
            await self.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.parallel -= 1
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        self.requests.append((path, headers))
        self.methods.append(method)
        self.bodies.append(await reader.readexactly(int(headers.get("content-length", 0))))
        self.asked.set()
        answer = self.pages.get(path, response(b"gone", "404 Not Found"))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(reader, writer)


PAGE = response(b"<p>hello</p>", etag='"v1"', last_modified="Mon, 07 Sep 2026 08:00:00 GMT")


def settings_for(*sites: Site, **changes: object) -> JobsSettings:
    allowed = ",".join(site.host for site in sites)
    values = {"web_allow_private": allowed, "web_delay_seconds": 0.0, **changes}
    return JobsSettings().model_copy(update=values)


async def refused(web: Web, url: str) -> str:
    with pytest.raises(Discard) as caught:
        await web.get(url)
    return caught.value.code
