"""The process's one pub/sub connection to Redis: kept alive, and all its subscriptions with it.

redis-py's own pub/sub does not notice a dead link, so this reads with a time-out, asks for a sign
of life when it is quiet, and starts over with everything on any trouble.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import structlog
from redis.asyncio.connection import ConnectionPool

from realtime.breaker import REDIS_TROUBLE

log = structlog.get_logger(__name__)

CONTROL = (
    b"jobcast:control"  # always subscribed to, so that Redis is in pub/sub mode from the start
)
BATCH = 500
MAX_PAUSE_SECONDS = 2.0


class Link:
    """Hears the channels it was told to; says ``on_up`` when all of them are heard (again)."""

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        quiet_seconds: float,
        timeout_seconds: float,
        on_message: Callable[[bytes, bytes], None],
        on_change: Callable[[bool], None],
    ) -> None:
        self.up = False
        self._pool = pool
        self._quiet_seconds = quiet_seconds
        self._timeout_seconds = timeout_seconds
        self._on_message = on_message
        self._on_change = on_change
        self._wanted: set[bytes] = set()
        self._acks: dict[bytes, asyncio.Future[None]] = {}
        self._commands: list[tuple[bytes, bytes]] = []
        self._changed = asyncio.Event()
        self._connected = False

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = 0
        while True:
            try:
                await self._session()
            except* REDIS_TROUBLE as group:
                error = group.exceptions[0]
                log.warning("link.lost", error=type(error).__name__, was_up=self.up)
            except* Exception:
                log.exception("link.broken")
            failures = 0 if self.up else failures + 1
            self._down()
            pause = min(MAX_PAUSE_SECONDS, 0.05 * 2 ** min(failures, 10))
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 -- spreads, hides nothing

    async def subscribe(self, name: bytes) -> None:
        """Return when ``name`` is heard; at once while disconnected (``on_change`` tells later)."""
        if name not in self._wanted:
            self._wanted.add(name)
            self._send(b"SUBSCRIBE", name)
        ack = self._acks.get(name)
        if ack is not None:
            await asyncio.wait([ack], timeout=self._timeout_seconds)

    def unsubscribe(self, names: Iterable[bytes]) -> None:
        """Hear these no more."""
        for name in names:
            self._wanted.discard(name)
            self._acks.pop(name, None)
            self._send(b"UNSUBSCRIBE", name)

    def _send(self, command: bytes, name: bytes) -> None:
        if not self._connected:
            return
        if command == b"SUBSCRIBE":
            self._acks[name] = asyncio.get_running_loop().create_future()
        self._commands.append((command, name))
        self._changed.set()

    def _down(self) -> None:
        was_up, self.up, self._connected = self.up, False, False
        for ack in self._acks.values():
            ack.cancel()
        self._acks.clear()
        self._commands.clear()
        if was_up:
            self._on_change(False)

    async def _session(self) -> None:
        connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py
        try:
            async with asyncio.timeout(self._timeout_seconds * 2):
                await connection.connect()
            self._connected = True
            await self._begin(connection)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(connection))
                tasks.create_task(self._read(connection))
        finally:
            await connection.disconnect(nowait=True)

    async def _begin(self, connection: Any) -> None:
        names = iter([CONTROL, *self._wanted])
        while batch := list(islice(names, BATCH)):
            await self._say(connection, "SUBSCRIBE", *batch)
        await self._say(connection, "PING")  # its answer comes after all acknowledgements

    async def _write(self, connection: Any) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            commands, self._commands = self._commands, []
            for command, names in _runs(commands):
                await self._say(connection, command.decode(), *names)

    async def _read(self, connection: Any) -> None:
        asked = True  # by _begin
        while True:
            patience = self._timeout_seconds if asked else self._quiet_seconds
            reply = await connection.read_response(timeout=patience)
            if reply is not None:
                answered = self._take(reply)
                asked = asked and not answered
            elif asked:
                raise TimeoutError
            else:
                asked = True
                await self._say(connection, "PING")

    async def _say(self, connection: Any, command: str, *names: bytes) -> None:
        # Not by redis-py's own socket_timeout: that is asyncio.wait_for, which in Python 3.11 can
        # swallow the cancellation that ends this task.
        async with asyncio.timeout(self._timeout_seconds):
            await connection.send_command(command, *names, check_health=False)

    def _take(self, reply: Any) -> bool:
        """Handle one reply; return whether it was the answer to a ping."""
        match reply:
            case [b"message", name, data]:
                self._on_message(name, data)
            case [b"subscribe", name, _]:
                self._acknowledge(name)
            case [b"unsubscribe", _, _]:
                pass
            case _:
                self._answered()
                return True
        return False

    def _acknowledge(self, name: bytes) -> None:
        ack = self._acks.pop(name, None)
        if ack is not None and not ack.done():
            ack.set_result(None)

    def _answered(self) -> None:
        if not self.up:
            self.up = True
            self._on_change(True)


def _runs(commands: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, list[bytes]]]:
    """Group neighbouring commands of one kind, in order, at most ``BATCH`` names each."""
    kind, names = b"", list[bytes]()
    for command, name in commands:
        if names and (command != kind or len(names) == BATCH):
            yield kind, names
            names = []
        kind = command
        names.append(name)
    if names:
        yield kind, names
