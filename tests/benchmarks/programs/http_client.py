"""HTTP/1.1 over one kept connection, as cheap as Python can: no header is looked at but the length."""

import asyncio
from collections.abc import Callable
from typing import Any

LENGTH = b"content-length: "
END = b"\r\n\r\n"


def unasked(_: bytes) -> None:
    """Take no notice: the server has closed a connection that was idle."""


class Connection(asyncio.Protocol):
    """One request at a time; ``answered`` is called with all of the answer, empty when it never came."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.lost = False
        self.answered: Callable[[bytes], None] = unasked
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, request: bytes, answered: Callable[[bytes], None]) -> None:
        """Send a request; its answer goes to ``answered``."""
        self.answered = answered
        self.transport.write(request)

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return its answer."""
        future = asyncio.get_running_loop().create_future()
        self.send(request, future.set_result)
        return bytes(await future)

    def data_received(self, data: bytes) -> None:
        if self._data:
            data = self._data + data
        if is_whole(data):
            self._data = b""
            self._answer(data)
        else:
            self._data = data

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self._answer(b"")

    def _answer(self, data: bytes) -> None:
        answered, self.answered = self.answered, unasked
        answered(data)


def is_whole(data: bytes) -> bool:
    """Return whether an answer has come to its end."""
    end = data.find(END)
    if end < 0:
        return False
    at = data.lower().find(LENGTH, 0, end)
    if at < 0:
        return True
    at += len(LENGTH)
    return len(data) >= end + len(END) + int(data[at : data.find(b"\r", at)])


def check(answer: bytes, status: bytes) -> bytes:
    """Return an answer's body. Raises RuntimeError for any other status than ``status``."""
    if answer[9:12] != status:
        raise RuntimeError(f"refused: {answer[:600]!r}")
    return answer.partition(END)[2]


def posting(port: int, path: str, token: str, body: str) -> bytes:
    """Return a request that posts JSON, as a browser's ``fetch`` would."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


async def connected(port: int, count: int) -> list[Connection]:
    """Open connections."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]
