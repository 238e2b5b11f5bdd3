"""A bad network: a TCP proxy whose connections can be cut, frozen, sliced, or made deaf on one side."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from service.dev.ports import LOOPBACK

NO_LINGER = struct.pack("ii", 1, 0)
BLOCK = 64 * 1024


class Proxy:
    """``mode`` is ok, mute (answers are dropped), hole (nothing passes), slow (a few bytes at a time)."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._mode = "ok"
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode = mode
        if mode == "hole":
            self._open.clear()
        else:
            self._open.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in tuple(self._writers):
            raw = writer.get_extra_info("socket")
            if raw is not None:
                with suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            writer.transport.abort()

    def url(self, upstream: str) -> str:
        """Return an address that leads through here."""
        parts = urlsplit(upstream)
        place = parts.netloc.replace(f":{parts.port}", f":{self.port}")
        return urlunsplit(parts._replace(netloc=place))

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a new connection to the server behind."""
        try:
            back_reader, back_writer = await asyncio.open_connection(LOOPBACK, self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back_writer}
        for way in (
            self._pump(reader, back_writer, answers=False),
            self._pump(back_reader, writer, answers=True),
        ):
            task = asyncio.create_task(way)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def end(self) -> None:
        """End every connection and wait for it."""
        self.mode = "ok"
        self.cut()
        for task in tuple(self._pumps):
            task.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        try:
            while block := await reader.read(7 if self._mode == "slow" else BLOCK):
                await self._open.wait()
                if self._mode == "mute" and answers:
                    continue
                writer.write(block)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


@asynccontextmanager
async def proxy(upstream: int) -> AsyncIterator[Proxy]:
    """Open a proxy before a server's port on this machine."""
    made = Proxy(upstream)
    server = await asyncio.start_server(made.connected, LOOPBACK, 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.end()
