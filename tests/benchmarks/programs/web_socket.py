"""A browser's WebSocket that speaks ``jobcast.v1``: says hello, hands on every event it is told."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from typing import Any

import orjson

PING, CLOSE = 9, 8
Hear = Callable[[dict[str, Any]], None]


class Socket(asyncio.Protocol):
    """One connection, joined to its user's own channel once ``joined`` is done."""

    def __init__(self, port: int, token: str, hear: Hear) -> None:
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hear = hear
        self._opening = (
            f"GET /api/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Protocol: jobcast.v1\r\n\r\n"
        ).encode()
        self._open = False
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._opening)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            self._greet()
        while self._open and (found := frame_in(self._data)):
            code, body, size = found
            self._data = self._data[size:]
            self._take(code, body)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.joined.done():
            self.joined.set_exception(RuntimeError(f"the socket closed: {self._data[:300]!r}"))

    def _greet(self) -> None:
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if end and head.split(b" ")[1] == b"101":
            self._open, self._data = True, rest
            hello = {"t": "hello", "subs": [{"channel": "me", "snapshot": False}]}
            self._transport.write(masked(0x81, json.dumps(hello).encode()))

    def _take(self, code: int, body: bytes) -> None:
        if code == PING:
            self._transport.write(masked(0x8A, body))
        elif code == CLOSE:
            self._transport.close()
        else:
            told = orjson.loads(body)
            for message in told if isinstance(told, list) else [told]:
                self._understand(message)

    def _understand(self, message: dict[str, Any]) -> None:
        if message["t"] == "subbed":
            self.joined.set_result(None)
        for event in message["e"] if message["t"] == "ev" else ():
            self._hear(event)


def frame_in(data: bytes) -> tuple[int, bytes, int] | None:
    """Return the first frame's code and body and its size; None while it is not complete."""
    if len(data) < 2:
        return None
    length, head = data[1] & 127, 2
    if length >= 126:
        head = 4 if length == 126 else 10
        length = int.from_bytes(data[2:head], "big")
    if len(data) < head + length:
        return None
    return data[0] & 15, data[head : head + length], head + length


def masked(first: int, body: bytes) -> bytes:
    """Return a client's frame; masked with zeros, which leaves the body as it is."""
    short = len(body) < 126
    length = bytes([0x80 | len(body)]) if short else b"\xfe" + struct.pack("!H", len(body))
    return bytes([first]) + length + b"\0\0\0\0" + body


async def joined(port: int, token: str, hear: Hear) -> Socket:
    """Open a socket and join; return it when events will be heard."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(port, token, hear), "127.0.0.1", port)
    async with asyncio.timeout(15):
        await socket.joined
    return socket
