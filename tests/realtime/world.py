"""Everything a realtime test needs, wired as the service wires it, and a server to talk to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime import keys
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.connections import Connections
from realtime.delivery import Delivery, Event, Gap, Joined, State
from realtime.ephemeral import Ephemeral
from realtime.hub import Hub
from realtime.long_lived import LongLived
from realtime.message import Message
from realtime.publisher import Publisher
from realtime.revocations import Revocation, Revocations
from realtime.routes import routes
from realtime.settings import RealtimeSettings
from realtime.shared_connection import SharedConnection
from realtime.tickets import Tickets
from realtime.waiter import Waiter
from service.protocols import HttpProtocol, SocketProtocol
from tests.realtime.memory_source import MemorySource

ME = Channel.user("acme", "42")
JOB = Channel.job("j1")
SECRET = "a secret only this test knows"


class Journal:
    """Plays the table of revocations; when they were made plays no part."""

    def __init__(self) -> None:
        self.rows: list[Revocation] = []
        self.reads: list[timedelta] = []
        self.down = False

    async def read(self, age: timedelta) -> Sequence[Revocation]:
        self.reads.append(age)
        if self.down:
            raise ConnectionError
        return self.rows

    def revoke(self, session: str) -> Revocation:
        """Commit a revocation, and tell nobody."""
        self.rows.append(Revocation(session, datetime.now(UTC) + timedelta(hours=1)))
        return self.rows[-1]


@dataclass
class World:
    """One web process's way back, and the truth it tells about."""

    realtime: Realtime
    source: MemorySource
    redis: "Redis"
    journal: Journal
    spent: set[str] = field(default_factory=set)

    @property
    def hub(self) -> Hub:
        return self.realtime.hub

    async def tell(
        self, channel: Channel, kind: str = "job.started", *, final: bool = False, part: str = ""
    ) -> Message:
        """Commit a change, then publish it."""
        message = self.source.record(channel, kind, final=final, part=part)
        await self.realtime.publisher.publish([(channel, message)])
        return message

    async def kill_links(self) -> None:
        """Let Redis drop every pub/sub connection."""
        await self.redis.client_kill_filter(_type="pubsub")

    async def until_heard(self, channel: Channel, listeners: int = 1) -> None:
        """Wait until Redis knows that ``channel`` is listened to."""
        name = keys.events(channel)
        while dict(await self.redis.pubsub_numsub(name))[name.encode()] < listeners:
            await asyncio.sleep(0)


@asynccontextmanager
async def open_world(redis_url: str, **changed: Any) -> AsyncIterator[World]:
    """Open a world with quick clocks; ``changed`` are settings."""
    quick: dict[str, Any] = {
        "redis_url": redis_url,
        "position_check_seconds": 0.1,
        "redis_timeout_seconds": 1.0,
        "drain_seconds": 0.2,
        "stall_seconds": 2.0,
    }
    settings = RealtimeSettings(**(quick | changed))
    source, journal = MemorySource(), Journal()
    spent: set[str] = set()

    async def spend(nonce: str, expires_at: datetime) -> bool:
        fresh = nonce not in spent
        spent.add(nonce)
        return fresh

    async with Redis.from_url(redis_url, socket_timeout=5) as redis:
        ephemeral = Ephemeral(redis, settings)
        connections = Connections(settings)
        asked = SharedConnection(redis_url, timeout_seconds=10)  # these two cores may be busy
        publisher = Publisher(asked)
        revocations = Revocations(journal.read, publisher.order, connections.end_session)
        hub = Hub(settings, source, redis_url, ephemeral)
        hub.controls.append(revocations.hear)
        hub.checks.append(revocations.check)
        async with hub:
            realtime = Realtime(
                settings,
                hub,
                source,
                Tickets(SECRET, spend, revoked=revocations),
                publisher,
                ephemeral,
                connections,
                revocations,
                {},
            )
            yield World(realtime, source, redis, journal, spent)
        asked.close()


class Identity:
    """Plays the service's auth: header ``x-user`` is a bearer's, cookie ``user`` a session's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {k.decode(): v.decode() for k, v in scope.get("headers", [])}
        scope["user"] = None
        if user := headers.get("x-user"):
            scope["user"] = caller(user)
        elif user := parse_qs(headers.get("cookie", "")).get("user", [""])[0]:
            scope["user"] = Caller(user, "acme", frozenset({"jobs:read"}), via="cookie")
        await self.app(scope, receive, send)


def caller(user: str = "42", *scopes: str, expires_at: datetime | None = None) -> Caller:
    """Return a caller of the org ``acme``."""
    return Caller(user, "acme", frozenset({"jobs:read", *scopes}), expires_at=expires_at)


class Server(uvicorn.Server):
    """Runs inside the test's loop, and drains as the service's server does."""

    def __init__(self, world: World, *, at_once: bool = True) -> None:
        app: ASGIApp = Identity(Starlette(routes=routes(world.realtime)))
        app = LongLived(app) if at_once else app
        super().__init__(
            uvicorn.Config(
                app,
                port=0,
                lifespan="off",
                log_config=None,
                http=HttpProtocol if at_once else "httptools",
                ws=SocketProtocol if at_once else "websockets-sansio",
                ws_max_size=world.realtime.settings.max_frame_bytes,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=10,
            )
        )
        self.up = asyncio.Event()
        self.end = asyncio.Event()
        self._world = world

    @property
    def address(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()
        return f"{host}:{port}"

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.end.wait()

    async def shutdown(self, sockets: Any = None) -> None:
        await self._world.realtime.drain()
        await super().shutdown(sockets)


@asynccontextmanager
async def serving(world: World, *, at_once: bool = True) -> AsyncIterator[Server]:
    """Serve the world's routes on a free port; ``at_once``: by a server that offers outlets."""
    server = Server(world, at_once=at_once)
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    try:
        yield server
    finally:
        server.end.set()
        await task


async def collect(subscriber: Waiter, count: int) -> list[Delivery]:
    """Take deliveries until ``count`` of them came."""
    taken: list[Delivery] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            taken += await subscriber.next_batch()
    return taken


async def offsets_until(subscriber: Waiter, last: int) -> list[int]:
    """Take durable offsets, in order, until ``last`` came."""
    seen: list[int] = []
    async with asyncio.timeout(20):
        while not seen or seen[-1] < last:
            seen += offsets(await subscriber.next_batch())
    return seen


def offsets(batch: Sequence[Delivery]) -> list[int]:
    """Return the durable offsets a reader of ``batch`` gets to know, snapshots included."""
    found: list[int] = []
    for delivery in batch:
        match delivery:
            case Event(_, message) if message.durable:
                found.append(message.offset)
            case State(_, cursor):
                found.append(cursor.offset)
            case Joined(_, _, _, first):
                found += offsets(first)
            case Gap():
                pass
    return found
