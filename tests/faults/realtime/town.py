"""Everything up for a run: two web processes behind fixed ways, a worker, users, crowd and load."""

import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.faults.process import Started
from tests.faults.proxy import Proxy, proxy
from tests.faults.realtime.crowd import Crowd, User
from tests.faults.realtime.load import Load
from tests.faults.site import SECRET, Site, site

PER_ORG = 5
STOP_SECONDS = 25.0
CHOSEN = {
    "max_connections_per_user": "100000",
    "max_connections_per_ip": "100000",
    "position_check_seconds": "1",
    "heartbeat_seconds": "2",
    "stall_seconds": "4",
    "drain_seconds": "1",
    "lease_seconds": "5",
    "log_level": "WARNING",
}


@dataclass(frozen=True)
class Wanted:
    """What a run is like. ``size`` is how many clients are there at once, ``rate`` is jobs per second."""

    seconds: float = 270.0
    size: int = 600
    life_seconds: float = 20.0
    rate: float = 30.0
    users: int = 30
    seed: int = 1
    only: str = ""
    fault_seconds: float = 3.0
    twin: str = ""
    transports: Sequence[str] = ("websocket", "sse", "poll")
    channels: Sequence[str] = ("me", "job", "batch", "org")
    patience_seconds: float = 30.0

    def but(self, **changed: Any) -> "Wanted":
        """Return the same with something changed."""
        return replace(self, **changed)


@dataclass
class Web:
    """A web process; clients come by a proxy, so that all of them can be cut off at once."""

    port: int
    way: Proxy
    started: Started

    @property
    def base(self) -> str:
        return f"http://{LOOPBACK}:{self.way.port}"

    def cut(self) -> None:
        self.way.cut()


@dataclass
class Town:
    """What is up; the servers are the caller's."""

    postgres: PostgresServer
    redis: RedisServer
    site: Site
    crowd: Crowd
    load: Load
    users: list[User]
    dice: random.Random
    seed: int
    webs: list[Web] = field(default_factory=list)

    async def start(self, web: Web) -> None:
        """Start a web process again where it was."""
        web.started = await self.site.web(port=web.port)

    async def deploy(self, web: Web) -> float:
        """Stop a web process in order and start the next; return how long the stop took."""
        began = time.monotonic()
        web.started.signal(signal.SIGTERM)
        await web.started.ends(STOP_SECONDS)
        stopped = time.monotonic() - began
        await self.start(web)
        return stopped


@asynccontextmanager
async def town(
    wanted: Wanted, database_url: str, postgres: PostgresServer, redis: RedisServer, folder: Path
) -> AsyncIterator[Town]:
    """Start everything; nobody listens or submits yet."""
    dice = random.Random(wanted.seed)  # noqa: S311 - a story that can be told again
    async with AsyncExitStack() as parts, site(database_url, redis.url, folder) as opened:
        opened.chosen.update(CHOSEN)
        opened.twin = wanted.twin
        webs = []
        for _ in range(2):
            port = free_port()
            way = await parts.enter_async_context(proxy(port))
            webs.append(Web(port, way, await opened.web(port=port)))
        opened.twin = ""
        await opened.worker()
        opened.twin = wanted.twin
        users = [User(f"user-{n}", f"org-{n // PER_ORG}", SECRET) for n in range(wanted.users)]
        bases = [web.base for web in webs]
        crowd = Crowd(
            users, bases, dice, size=wanted.size, life_seconds=wanted.life_seconds,
            transports=wanted.transports, channels=wanted.channels,
        )  # fmt: skip
        direct = [f"http://{LOOPBACK}:{web.port}" for web in webs]
        load = await parts.enter_async_context(Load(users, direct, dice))
        yield Town(postgres, redis, opened, crowd, load, users, dice, wanted.seed, webs)
