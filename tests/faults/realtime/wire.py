"""HTTP/1.1 and WebSocket by hand over one connection: cheap for a thousand, free to break every rule."""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
BUFFER = 16 * 1024
SMALL = 4 * 1024
NO_STATUS = 1005
OPEN_SECONDS = 10.0


class Refused(Exception):
    """The server answered with something else; ``status`` is HTTP's."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(f"{status} {text[:200]}")
        self.status = status


class Closed(Exception):
    """The server closed the WebSocket; ``code`` is 1006 when it did not say why."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass
class Wire:
    """One TCP connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str

    def end(self) -> None:
        """Drop it without a word."""
        self.writer.transport.abort()

    async def request(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Send a GET; return status and headers of the answer."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        return await self.answer()

    async def answer(self) -> tuple[int, dict[str, str]]:
        """Read the head of an answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in head[1:] if line)
        return int(head[0].split(" ")[1]), {name.lower(): value for name, _, value in pairs}

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read a chunked body."""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)

    async def body(self, headers: Mapping[str, str]) -> bytes:
        """Read a whole body."""
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        if "chunked" not in headers.get("transfer-encoding", ""):
            return b""
        return b"".join([chunk async for chunk in self.chunks()])

    def send(self, payload: bytes, kind: int = TEXT, **how: Any) -> None:
        """Write one frame."""
        self.writer.write(frame(payload, kind, **how))

    def say(self, **message: Any) -> None:
        """Write one message of the protocol."""
        self.send(orjson.dumps(message))

    async def hear(self) -> Any:
        """Read the next message; answers the protocol's own pings. Raises Closed."""
        while True:
            kind, payload = await self.read_frame()
            if kind == TEXT:
                return orjson.loads(payload)
            if kind == PING:
                self.send(payload, PONG)
            elif kind == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) > 1 else NO_STATUS
                self.send(payload[:2], CLOSE)
                raise Closed(code)

    async def until(self, kind: str) -> Any:
        """Read up to a message of this kind."""
        while (message := await self.hear())["t"] != kind:
            pass
        return message

    async def read_frame(self) -> tuple[int, bytes]:
        """Read one frame; servers neither mask nor, here, fragment. Raises Closed at the end."""
        try:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Closed(1006) from error


def frame(
    payload: bytes, kind: int = TEXT, *, final: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """Return a client's frame; ``reserved`` are the bits of extensions nobody agreed on."""
    head = bytes([(0x80 if final else 0) | reserved << 4 | kind])
    size, mask_bit = len(payload), 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    long_key = (key * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(long_key, "big")
    return head + key + mixed.to_bytes(size, "big")


async def connected(base: str, *, small: bool = False) -> Wire:
    """Connect; ``small`` buffers make a reader that stops reading felt at once. Raises OSError."""
    parts = urlsplit(base)
    raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    raw.setblocking(False)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if small:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            await asyncio.get_running_loop().sock_connect(raw, (parts.hostname, parts.port))
            reader, writer = await asyncio.open_connection(
                sock=raw, limit=SMALL if small else BUFFER
            )
    except BaseException:
        raw.close()
        raise
    return Wire(reader, writer, parts.netloc)


def upgrade(headers: Mapping[str, str], protocols: str = "jobcast.v1") -> dict[str, str]:
    """Return the headers of a WebSocket's opening."""
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": protocols,
        **headers,
    }


async def opened(
    base: str, headers: Mapping[str, str], *, small: bool = False, protocols: str = "jobcast.v1"
) -> Wire:
    """Open a WebSocket. Raises Refused, OSError."""
    wire = await connected(base, small=small)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            status, answer = await wire.request("/api/ws", upgrade(headers, protocols))
            if status != 101:
                raise Refused(status, (await wire.body(answer)).decode(errors="replace"))
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        wire.end()
        raise ConnectionError from error
    except BaseException:
        wire.end()
        raise
    return wire
