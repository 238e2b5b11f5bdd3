"""The process's one pub/sub connection to Redis: kept alive, and all its subscriptions with it.

It asks for a sign of life when it is quiet, and starts over with everything on any trouble.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import structlog

from realtime import keys
from realtime.breaker import REDIS_TROUBLE
from realtime.redis_connection import RedisConnection, connect
from realtime.settings import RealtimeSettings

log = structlog.get_logger(__name__)

CONTROL, STAMPS = keys.CONTROL.encode(), keys.STAMPS.encode()  # always listened to

BATCH = 500
MAX_PAUSE_SECONDS = 2.0
Command = Sequence[bytes | str | int]


class Link:
    """Hears the channels it was told to; tells by ``on_change`` when all of them are heard (again)."""

    def __init__(
        self,
        settings: RealtimeSettings,
        url: str,
        *,
        on_message: Callable[[bytes, bytes], None],
        on_change: Callable[[bool], None],
    ) -> None:
        self.up = False
        self._url = url
        self._tls_verify = settings.redis_tls_verify
        self._quiet_seconds = settings.position_check_seconds
        self._timeout_seconds = settings.redis_timeout_seconds
        self._on_message = on_message
        self._on_change = on_change
        self._wanted: set[bytes] = set()
        self._acks: dict[bytes, asyncio.Future[None]] = {}
        self._connection: RedisConnection | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = 0
        while True:
            try:
                await self._session()
            except REDIS_TROUBLE as error:
                log.warning("link.lost", error=type(error).__name__, was_up=self.up)
            except Exception:
                log.exception("link.broken")
            failures = 0 if self.up else failures + 1
            self._down()
            pause = min(MAX_PAUSE_SECONDS, 0.05 * 2 ** min(failures, 10))
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 -- spreads, hides nothing

    async def subscribe(self, name: bytes) -> None:
        """Return when ``name`` is heard; at once while disconnected (``on_change`` tells later)."""
        self._want(name)
        ack = self._acks.get(name)
        if ack is not None:
            await asyncio.wait([ack], timeout=self._timeout_seconds)

    async def subscribe_and_read(
        self, name: bytes, commands: Sequence[Command], then: Callable[[], None]
    ) -> list[Any] | None:
        """Hear ``name``, and return the answers to ``commands`` as of the moment ``then`` is called.

        One round trip, none of it before the name is heard. None while Redis is not reached.
        """
        connection = self._connection
        if connection is None:
            self._want(name)
            return None
        with connection.together():
            self._want(name)
            connection.ask(b"MULTI")
            for command in commands:
                connection.ask(*command)
            answer = connection.ask(b"EXEC", then=then)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answers: list[Any] = await answer
        except REDIS_TROUBLE:
            return None
        return answers

    def unsubscribe(self, names: Iterable[bytes]) -> None:
        """Hear these no more."""
        known = [name for name in names if name in self._wanted]
        for name in known:
            self._wanted.discard(name)
            self._acks.pop(name, None)
        for batch in batches(known):
            if self._connection is not None:
                self._connection.say(b"UNSUBSCRIBE", *batch)

    def _want(self, name: bytes) -> None:
        if name not in self._wanted:
            self._wanted.add(name)
            self._begin([name])

    async def _session(self) -> None:
        connection = await connect(
            self._url,
            self._heard,
            timeout_seconds=self._timeout_seconds * 2,
            tls_verify=self._tls_verify,
        )
        try:
            self._connection = connection
            self._begin([CONTROL, STAMPS, *self._wanted])
            await self._alive(connection)  # its answer comes after all acknowledgements
            self.up = True
            self._on_change(True)
            await self._keep(connection)
        finally:
            connection.close()

    def _begin(self, names: Iterable[bytes]) -> None:
        if self._connection is None:
            return
        loop = asyncio.get_running_loop()
        for batch in batches(names):
            self._acks |= {name: loop.create_future() for name in batch}
            self._connection.say(b"SUBSCRIBE", *batch)

    async def _keep(self, connection: RedisConnection) -> None:
        """Return when the connection is lost. Raises TimeoutError when it is dead but open."""
        clock = asyncio.get_running_loop().time
        while not connection.lost.done():
            quiet = clock() - connection.last_heard
            if quiet >= self._quiet_seconds:
                await self._alive(connection)
            else:
                await asyncio.wait([connection.lost], timeout=self._quiet_seconds - quiet)

    async def _alive(self, connection: RedisConnection) -> None:
        async with asyncio.timeout(self._timeout_seconds):
            await connection.ask(b"PING")

    def _down(self) -> None:
        was_up, self.up, self._connection = self.up, False, None
        for ack in self._acks.values():
            ack.cancel()
        self._acks.clear()
        if was_up:
            self._on_change(False)

    def _heard(self, push: list[Any]) -> None:
        kind = push[0]
        if kind == b"message":
            self._on_message(push[1], push[2])
        elif kind == b"subscribe" and (ack := self._acks.pop(push[1], None)) and not ack.done():
            ack.set_result(None)


def batches(names: Iterable[bytes]) -> Iterable[list[bytes]]:
    """Yield the names, at most ``BATCH`` at a time: one command holds up Redis no longer than that."""
    left = iter(names)
    while batch := list(islice(left, BATCH)):
        yield batch
