"""One connection to Redis (RESP3) that hears and asks at once, read by hiredis as the bytes come in.

redis-py reads a pub/sub message through a coroutine, a lock and a time-out each, which costs more than
everything else on a message's way. Its URL forms and TLS options are kept. RESP3 lets one connection be
subscribed and asked: what is asked right after SUBSCRIBE is answered as of the moment listening began.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import hiredis
from redis.asyncio.connection import parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

Heard = Callable[[list[Any]], None]
Word = bytes | str | int | float


class RedisConnection(asyncio.Protocol):
    """Open it with ``connect``. ``heard`` is called with each push (a message, an acknowledgement)."""

    def __init__(self, heard: Heard) -> None:
        loop = asyncio.get_running_loop()
        self.last_heard = loop.time()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._heard = heard
        self._reader = hiredis.Reader(protocolError=RedisConnectionError, replyError=ResponseError)
        self._answers: deque[tuple[asyncio.Future[Any], Callable[[], None] | None]] = deque()
        self._transport: asyncio.Transport | None = None
        self._held: list[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on every reply that is complete."""
        self.last_heard = self._loop.time()
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                if isinstance(reply, hiredis.PushNotification):
                    self._heard(reply)
                else:
                    self._answered(reply)
        except RedisConnectionError as error:  # not Redis's protocol
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what was asked."""
        self._end(exc or RedisConnectionError("the connection was closed"))

    def ask(self, *words: Word, then: Callable[[], None] | None = None) -> "asyncio.Future[Any]":
        """Send a command; the future has its answer, or ResponseError, or what ended the connection.

        ``then`` is called between what was heard before the answer and what is heard after it.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        if self.lost.done():
            _fail(future, RedisConnectionError("the connection is lost"))
            return future
        self._answers.append((future, then))
        self.say(*words)
        return future

    def say(self, *words: Word) -> None:
        """Send a command that is answered by pushes (SUBSCRIBE), not by a reply."""
        packed = hiredis.pack_command(words)  # type: ignore[arg-type]  # any number of words
        if self._held is not None:
            self._held.append(packed)
        else:
            self._write(packed)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what is said within the block at its end, as one piece: it is one round trip."""
        held = self._held = []
        try:
            yield
        finally:
            self._held = None
            self._write(b"".join(held))

    def _write(self, packed: bytes) -> None:
        """Send it, unless the connection ends: uvloop raises when it is written to then."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packed)

    def close(self) -> None:
        """End the connection at once."""
        self._end(RedisConnectionError("closed"))

    def _answered(self, reply: Any) -> None:
        if not self._answers:  # SUBSCRIBE was refused: whoever waits for it would wait for ever
            self._end(RedisConnectionError(f"nothing was asked: {reply!r}"))
            return
        future, then = self._answers.popleft()
        if future.done():
            return
        if then is not None:
            then()
        if isinstance(reply, ResponseError):
            _fail(future, reply)
        else:
            future.set_result(reply)

    def _end(self, error: Exception) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        if self._transport is not None:
            self._transport.abort()
        while self._answers:
            future, _ = self._answers.popleft()
            if not future.done():
                _fail(future, error)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    future.set_exception(error)
    future.exception()  # whoever does not wait for it does not mind


async def connect(
    url: str, heard: Heard, *, timeout_seconds: float, tls_verify: bool = True
) -> RedisConnection:
    """Connect and sign in. Raises OSError (time-outs among them) or RedisError."""
    where = cast("dict[str, Any]", parse_url(url))
    loop = asyncio.get_running_loop()
    connection = RedisConnection(heard)
    try:
        async with asyncio.timeout(timeout_seconds):
            if "path" in where:
                await loop.create_unix_connection(lambda: connection, where["path"])
            else:
                tls = _tls(url, where, verify=tls_verify)
                host, port = where.get("host", "localhost"), where.get("port", 6379)
                await loop.create_connection(lambda: connection, host, port, ssl=tls)
            await connection.ask(*_hello(where))
            if database := where.get("db"):  # pub/sub knows none, what is remembered is in one
                await connection.ask("SELECT", database)
    except BaseException:
        connection.close()
        raise
    return connection


def _hello(where: dict[str, Any]) -> list[str]:
    if not where.get("password"):
        return ["HELLO", "3"]
    return ["HELLO", "3", "AUTH", where.get("username") or "default", where["password"]]


def _tls(url: str, where: dict[str, Any], *, verify: bool) -> ssl.SSLContext | None:
    if not url.startswith("rediss:"):
        return None
    context = ssl.create_default_context(cafile=where.get("ssl_ca_certs"))
    if not verify or where.get("ssl_cert_reqs") == "none":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
