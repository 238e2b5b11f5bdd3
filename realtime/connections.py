"""The open connections of this process: how many there may be, who looks after them, how they end."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from ipaddress import IPv6Network
from typing import Any

from realtime.caller import Caller
from realtime.close_codes import DRAIN, LOGGED_OUT
from realtime.connection import Connection
from realtime.errors import OverCapacity, TooManyConnections
from realtime.settings import RealtimeSettings
from realtime.subscriber import Subscriber

TICK_SECONDS = 1.0
SOONEST_RETRY_MS, LATEST_RETRY_MS = 500, 5_000
FAREWELL_SECONDS = 2.0

Recheck = Callable[[Connection], Awaitable[None]]


class Connections:
    """Admits connections within their limits, looks after them, and drains them before a shutdown.

    ``recheck`` reads again what a connection's caller may hear. One timer serves all connections.
    """

    def __init__(self, settings: RealtimeSettings) -> None:
        self.recheck: Recheck | None = None
        self._settings = settings
        self._open: set[Connection] = set()
        self._of_user: Counter[tuple[str, str]] = Counter()
        self._of_address: Counter[str] = Counter()
        self._of_session: dict[str, set[Connection]] = {}
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._ticking: asyncio.TimerHandle | None = None
        self._to_recheck: set[Connection] = set()
        self._rechecking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def admit(
        self, caller: Caller, subscriber: Subscriber, address: str = ""
    ) -> Iterator[Connection]:
        """Count a connection for the time of the block. Raises TooManyConnections, OverCapacity."""
        connection = self.enter(caller, subscriber, address)
        try:
            yield connection
        finally:
            self.leave(connection)

    def enter(self, caller: Caller, subscriber: Subscriber, address: str = "") -> Connection:
        """Count a connection until it ``leave``s. Raises TooManyConnections, OverCapacity."""
        who = (caller.org, caller.user)
        self._check_limits(who, address)
        connection = Connection(caller, subscriber, address, self._settings)
        self._open.add(connection)
        self._of_user[who] += 1
        self._of_address[address] += 1
        self._file(connection)
        self._empty.clear()
        if self._ticking is None:
            self._tick_later()
        return connection

    def leave(self, connection: Connection) -> None:
        """Count a connection no more. Harmless when called again."""
        if connection in self._open:
            self._open.discard(connection)
            subtract(self._of_user, (connection.caller.org, connection.caller.user))
            subtract(self._of_address, connection.address)
            self._unfile(connection)
        if not self._open:
            self._empty.set()

    def renew(self, connection: Connection, caller: Caller) -> None:
        """Let an open connection be ``caller``'s from now on, by another session perhaps."""
        self._unfile(connection)
        connection.renew(caller)
        self._file(connection)

    def end_session(self, session: str) -> None:
        """Close every connection of a session or key that was revoked."""
        for connection in tuple(self._of_session.get(session, ())):
            connection.end(LOGGED_OUT)

    async def drain(self, seconds: float) -> None:
        """Admit nobody any more and say bye to everybody, spread over ``seconds``.

        Returns when all are gone. Who does not go is cut off a moment later.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        for connection in self._open:
            retry_ms = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)  # noqa: S311 -- a spread
            loop.call_later(random.uniform(0, seconds), connection.end, DRAIN, retry_ms)  # noqa: S311
        try:
            async with asyncio.timeout(seconds + FAREWELL_SECONDS):
                await self._empty.wait()
        except TimeoutError:
            for connection in list(self._open):
                connection.subscriber.abort()

    def _check_limits(self, who: tuple[str, str], address: str) -> None:
        settings = self._settings
        if self._draining or len(self._open) >= settings.max_connections:
            raise OverCapacity
        if self._of_user[who] >= settings.max_connections_per_user:
            raise TooManyConnections
        if address and self._of_address[address] >= settings.max_connections_per_ip:
            raise TooManyConnections("Your address has as many open connections as it may.")

    def _file(self, connection: Connection) -> None:
        if connection.caller.session:
            self._of_session.setdefault(connection.caller.session, set()).add(connection)

    def _unfile(self, connection: Connection) -> None:
        session = connection.caller.session
        if same := self._of_session.get(session):
            same.discard(connection)
            if not same:
                del self._of_session[session]

    def _tick_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._ticking = loop.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._ticking = None
        if self._open:
            self._tick_later()
        now = asyncio.get_running_loop().time()
        due = [connection for connection in self._open if now >= connection.due_at]
        self._to_recheck.update(connection for connection in due if connection.look(now))
        if self._to_recheck and self.recheck is not None and self._rechecking is None:
            self._rechecking = asyncio.create_task(self._recheck_all(self.recheck))

    async def _recheck_all(self, recheck: Recheck) -> None:
        try:
            while self._to_recheck:
                connection = self._to_recheck.pop()
                if connection in self._open:
                    await recheck(connection)
        finally:
            self._rechecking = None

    async def aclose(self) -> None:
        """Stop the clocks."""
        if self._ticking is not None:
            self._ticking.cancel()
        if self._rechecking is not None:
            self._rechecking.cancel()
            await asyncio.wait([self._rechecking])


def subtract(counter: "Counter[Any]", key: object) -> None:
    """Count one less, and forget what is at none."""
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def address_of(scope: MutableMapping[str, Any]) -> str:
    """Return the address a request comes from, "" if the server does not know it.

    Of an IPv6 address the first half: whoever has one has all that begin alike.
    """
    client = scope.get("client")
    address = str(client[0]).partition("%")[0] if client else ""
    return str(IPv6Network((address, 64), strict=False)) if ":" in address else address
