"""The open connections of this process: how many a user may have, and how all of them end."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from realtime.caller import Caller
from realtime.close_codes import DRAIN, EXPIRED, LOGGED_OUT
from realtime.delivery import Beat, Bye, Expiring
from realtime.errors import OverCapacity, TooManyConnections
from realtime.settings import RealtimeSettings
from realtime.subscriber import Subscriber

NOTICE_SECONDS = 60.0
SOONEST_RETRY_MS, LATEST_RETRY_MS = 500, 5_000


class Connection:
    """The clock of one connection: heart-beats, and the end of the caller's session."""

    def __init__(self, caller: Caller, subscriber: Subscriber, heartbeat_seconds: float) -> None:
        self.caller = caller
        self.subscriber = subscriber
        self._seconds = heartbeat_seconds
        self._loop = asyncio.get_running_loop()
        self._ends: list[asyncio.TimerHandle] = []
        self._next = self._loop.call_later(self._seconds, self._beat)

    def ends_at(self, moment: datetime | None) -> None:
        """Say so a minute before ``moment``, and end then; None lifts the end."""
        for handle in self._ends:
            handle.cancel()
        self._ends = []
        if moment is None:
            return
        left = (moment - datetime.now(UTC)).total_seconds()
        notice = Expiring(int(min(left, NOTICE_SECONDS)))
        self._ends = [
            self._loop.call_later(left - NOTICE_SECONDS, self.subscriber.put, notice),
            self._loop.call_later(left, self.subscriber.close, Bye(EXPIRED.number)),
        ]

    def stop(self) -> None:
        """Stop every clock."""
        self.ends_at(None)
        self._next.cancel()

    def _beat(self) -> None:
        self.subscriber.put(Beat())
        self._next = self._loop.call_later(self._seconds, self._beat)


class Connections:
    """Admits connections within their limits and drains them before a shutdown."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._settings = settings
        self._open: set[Connection] = set()
        self._of_user: Counter[tuple[str, str]] = Counter()
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def admit(self, caller: Caller, subscriber: Subscriber) -> Iterator[Connection]:
        """Count a connection while it is open. Raises TooManyConnections, OverCapacity."""
        who = (caller.org, caller.user)
        if self._draining or len(self._open) >= self._settings.max_connections:
            raise OverCapacity
        if self._of_user[who] >= self._settings.max_connections_per_user:
            raise TooManyConnections
        connection = Connection(caller, subscriber, self._settings.heartbeat_seconds)
        self._open.add(connection)
        self._of_user[who] += 1
        self._empty.clear()
        try:
            yield connection
        finally:
            connection.stop()
            self._leave(connection, who)

    def end_session(self, session: str) -> None:
        """Close every connection of this session or key: its owner signed out, or revoked it."""
        for connection in self._open:
            if connection.caller.session == session:
                connection.subscriber.close(Bye(LOGGED_OUT.number))

    async def drain(self, seconds: float) -> None:
        """Admit nobody any more and say bye to everybody, spread over ``seconds``.

        Returns when all are gone, or a stall's time later.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        for connection in self._open:
            retry_ms = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)  # noqa: S311 -- a spread
            bye = Bye(DRAIN.number, retry_ms)
            delay = random.uniform(0, seconds)  # noqa: S311 -- a spread
            loop.call_later(delay, connection.subscriber.close, bye)
        try:
            async with asyncio.timeout(seconds + self._settings.stall_seconds):
                await self._empty.wait()
        except TimeoutError:
            return

    def _leave(self, connection: Connection, who: tuple[str, str]) -> None:
        self._open.discard(connection)
        self._of_user[who] -= 1
        if not self._of_user[who]:
            del self._of_user[who]
        if not self._open:
            self._empty.set()
