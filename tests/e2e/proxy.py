"""A proxy between a browser and the product that does what proxies do to long-lived answers."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK

PIECE = 65_536


@dataclass(eq=False)
class Link:
    """One request of the browser and its answer, and whether it became a WebSocket."""

    browser: asyncio.StreamWriter
    server: asyncio.StreamWriter
    path: str
    upgrade: bool

    def cut(self) -> None:
        """End it without a word, in both directions."""
        for end in (self.browser, self.server):
            end.transport.abort()


@dataclass
class Proxy:
    """What it does can be changed at any time; it holds for what comes after."""

    upstream: int
    port: int = 0
    refuses_upgrades: bool = False
    holds_streams_back: bool = False
    closed: bool = False
    cuts_after: int = 0
    """After how many pieces of an answer a WebSocket or stream is cut; 0 for never."""
    loses_answers: int = 0
    """How many answers to come are lost: the line breaks when they have been made."""
    links: set[Link] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    """How often each path was asked for."""
    most_sockets: int = 0

    @property
    def address(self) -> str:
        """Return where the browser finds it."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def sockets(self) -> int:
        """Return how many WebSockets are open."""
        return sum(link.upgrade for link in self.links)

    async def comes_to(self, sockets: int) -> None:
        """Wait until so many sockets are open: one that a page has closed takes a moment to get here."""

        async def has_come() -> bool:
            return self.sockets == sockets

        await becomes_true(has_come, 10)

    def cut(self) -> None:
        """End everything that is under way."""
        for link in list(self.links):
            link.cut()

    async def serve(self, browser: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Pass one request on, and its answer back."""
        try:
            head = (await browser.readuntil(b"\r\n\r\n")).decode("latin-1")
            if self.closed:
                return
            await self._pass(head, browser, answer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # either side went away: that is what proxies see all day
        finally:
            answer.close()

    async def _pass(
        self, head: str, browser: asyncio.StreamReader, answer: asyncio.StreamWriter
    ) -> None:
        path, upgrade = head.split(" ")[1].partition("?")[0], "upgrade: websocket" in head.lower()
        self.asked[path] += 1
        if upgrade and self.refuses_upgrades:
            answer.write(
                b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            await answer.drain()
            return
        if not upgrade:
            head = re.sub(r"(?im)^connection:.*$", "Connection: close\r", head, count=1)
        server, request = await asyncio.open_connection(LOOPBACK, self.upstream)
        link = Link(answer, request, path, upgrade)
        self.links.add(link)
        self.most_sockets = max(self.most_sockets, self.sockets)
        try:
            request.write(head.encode("latin-1"))
            await self._both_ways(link, browser, server)
        finally:
            self.links.discard(link)
            request.close()

    async def _both_ways(
        self, link: Link, browser: asyncio.StreamReader, server: asyncio.StreamReader
    ) -> None:
        asking = asyncio.create_task(_forward(browser, link.server))
        answering = asyncio.create_task(self._answer(link, server))
        try:
            await asyncio.wait([asking, answering], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)

    async def _answer(self, link: Link, server: asyncio.StreamReader) -> None:
        long_lived = link.upgrade or link.path == "/api/events"
        held, pieces = bytearray(), 0
        while piece := await server.read(PIECE):
            pieces += 1
            if self.loses_answers and not long_lived:
                self.loses_answers -= 1
                link.cut()
                return
            if self.holds_streams_back and link.path == "/api/events":
                held += piece
                continue
            if long_lived and pieces == self.cuts_after:
                link.cut()
                return
            link.browser.write(piece)
            await link.browser.drain()
        link.browser.write(held)


async def _forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(PIECE):
        target.write(piece)
        await target.drain()


@asynccontextmanager
async def proxy(upstream: int) -> AsyncIterator[Proxy]:
    """Put a proxy in front of a port of this machine."""
    between = Proxy(upstream)
    server = await asyncio.start_server(between.serve, LOOPBACK, 0)
    between.port = server.sockets[0].getsockname()[1]
    async with server:
        yield between
        between.closed = True
        between.cut()
