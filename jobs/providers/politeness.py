"""When a site may be asked: one request at a time per host, its crawl delay, its Retry-After."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from protego import Protego

from jobs.errors import ProviderError

MAX_HOSTS = 1_000
LONGEST_DELAY = 10.0
LONGEST_WAIT = 30.0
ROBOTS_LIFETIME = 3_600.0


class HostBusy(ProviderError):
    """This host is not asked now: others wait to ask it, or it told one of them to wait."""

    code = "host_busy"


@dataclass(slots=True)
class Host:
    """What is remembered of one origin, for this process only. Times are of the monotonic clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    ready_at: float = 0.0
    delay: float = 0.0
    rules: Protego | None = None
    rules_until: float = 0.0


class Politeness:
    """Gives out turns. A host is asked by one caller at a time, with its delay in between."""

    def __init__(self, delay: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._delay = delay
        self._clock = clock
        self._hosts: OrderedDict[str, Host] = OrderedDict()

    @asynccontextmanager
    async def turn(self, origin: str, patience: float | None = None) -> AsyncIterator[Host]:
        """Wait until ``origin`` may be asked. Raises HostBusy when that is too far off.

        Who has no more ``patience`` (seconds) for those before it leaves the line, also with HostBusy.
        """
        host = self._host(origin)
        host.waiting += 1
        try:
            await self._line_up(host, origin, patience)
            try:
                await self._wait(host, origin)
                try:
                    yield host
                finally:
                    self.hold(host, host.delay)
            finally:
                host.lock.release()
        finally:
            host.waiting -= 1

    def hold(self, host: Host, seconds: float) -> None:
        """Ask ``host`` nothing for the next ``seconds``."""
        host.ready_at = max(host.ready_at, self._clock() + seconds)

    def known_rules(self, host: Host) -> Protego | None:
        """Return the host's robots rules while they are fresh."""
        return host.rules if self._clock() < host.rules_until else None

    def learn(self, host: Host, rules: Protego, agent: str) -> None:
        """Remember a robots.txt and the crawl delay it asks for, within reason."""
        asked = rules.crawl_delay(agent)
        host.rules, host.rules_until = rules, self._clock() + ROBOTS_LIFETIME
        host.delay = self._delay if asked is None else min(max(asked, self._delay), LONGEST_DELAY)

    async def _line_up(self, host: Host, origin: str, patience: float | None) -> None:
        try:
            async with asyncio.timeout(patience):
                await host.lock.acquire()
        except TimeoutError as error:
            after = timedelta(seconds=patience or 0.0)
            raise HostBusy(f"Too many wait to ask {origin}.", after=after) from error

    async def _wait(self, host: Host, origin: str) -> None:
        seconds = host.ready_at - self._clock()
        if seconds > LONGEST_WAIT:
            raise HostBusy(
                f"{origin} asked not to be asked for a while.", after=timedelta(seconds=seconds)
            )
        if seconds > 0:
            await asyncio.sleep(seconds)

    def _host(self, origin: str) -> Host:
        host = self._hosts.setdefault(origin, Host())
        self._hosts.move_to_end(origin)
        if len(self._hosts) > MAX_HOSTS:
            oldest = next((name for name, kept in self._hosts.items() if not kept.waiting), None)
            if oldest is not None and oldest != origin:
                del self._hosts[oldest]
        return host
