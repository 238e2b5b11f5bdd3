"""A throw-away product on free ports: real servers, real web and worker processes, durable commits."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
from redis.asyncio import Redis

from service.client import mint_token
from service.dev.child import Child, becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
SECRET = "benchmark-secret-of-32-bytes-or-more"
READY_SECONDS = 60.0
STOP_SECONDS = 40.0
TEMPLATE = "jobcast"


@dataclass
class Stack:
    """What is running, and how to start more of it."""

    tree: Path
    folder: Path
    postgres: PostgresServer
    redis: RedisServer
    parts: AsyncExitStack
    port: int = field(default_factory=free_port)
    database: str = TEMPLATE
    programs: dict[str, Child] = field(default_factory=dict)
    used: bool = False

    @property
    def url(self) -> str:
        """Return where the web process listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def database_url(self) -> str:
        """Return the product's database."""
        return self.postgres.url(self.database)

    @property
    def redis_url(self) -> str:
        """Return the product's Redis."""
        return self.redis.url

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of every process: as deployed, all at its defaults."""
        return os.environ | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "HOST": LOOPBACK,
            "PORT": str(self.port),
            "JWT_SECRET": SECRET,
            "SECRET_KEY": SECRET,
            "PROCESSORS": "tests.kinds,noop_kind,lag_kind",
            "STORAGE_URL": f"file://{self.folder}/uploads",
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": f"{self.tree}:{PROGRAMS}",
        }

    async def begin(self, database: str) -> None:
        """Start the web process over an empty database of this name, and an empty Redis."""
        await self.postgres.create_database(database, TEMPLATE)
        self.database = database
        async with Redis.from_url(self.redis.url) as redis:
            await redis.flushall()
        self.program("web", "service", "web")
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(partial(answers, client, f"{self.url}/healthz"), READY_SECONDS)
        self.used = False

    async def renew(self) -> None:
        """Begin anew, without the jobs of before; the servers stay."""
        await asyncio.gather(*(finished(child) for child in self.programs.values()))
        await self.begin(f"bench-{int(self.database.rpartition('-')[2]) + 1}")

    def client(self, user: str) -> httpx2.AsyncClient:
        """Return an HTTP client that is ``user``."""
        headers = {"Authorization": f"Bearer {token(user)}"}
        limits = httpx2.Limits(max_connections=200)
        timeout = httpx2.Timeout(30, read=120)
        return httpx2.AsyncClient(
            base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=False
        )

    def program(self, name: str, *words: str, **more: str) -> Child:
        """Start a Python module, with ``more`` in its environment, that ends with us."""
        return self.start(name, [sys.executable, "-m", *words], more)

    def start(self, name: str, words: Sequence[str | Path], more: dict[str, str]) -> Child:
        """Start any program, with ``more`` in its environment, that ends with us."""
        log = self.folder / f"{name}.log"
        log.unlink(missing_ok=True)  # an earlier program of this name
        child = Child(words, log, signal.SIGTERM)
        child.start(cwd=self.tree, environment=self.environment | more)
        self.parts.push_async_callback(finished, child)
        self.programs[name] = child
        return child

    async def worker(self, name: str, **more: str) -> Child:
        """Start one more worker and wait until it holds its lease."""
        child = self.program(name, "service", "worker", **more)
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(partial(alive, client, self.url, name, self.folder), READY_SECONDS)
        return child


def token(user: str, scopes: str = "jobs:read jobs:write") -> str:
    """Return what lets ``user`` in, who is an org of one."""
    return mint_token(SECRET, user=user, scopes=scopes)


@asynccontextmanager
async def running_stack(tree: Path = ROOT) -> AsyncIterator[Stack]:
    """Start servers, migrate, start web, all of ``tree``'s code; workers are the caller's."""
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-bench-")))
        folder.chmod(0o755)
        postgres = PostgresServer(folder / "postgres", durable=True)
        await parts.enter_async_context(postgres)
        redis = await parts.enter_async_context(RedisServer())
        stack = Stack(tree, folder, postgres, redis, parts)
        migration = stack.program("migrate", "service", "migrate")
        await becomes_true(partial(ended, migration), READY_SECONDS)
        await stack.begin("bench-1")
        yield stack


async def answers(client: httpx2.AsyncClient, url: str) -> bool:
    """Ask once."""
    try:
        return (await client.get(url)).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


async def ended(child: Child) -> bool:
    """Return whether a program has ended; it must have ended well."""
    if child.running:
        return False
    if child.process is None or child.process.returncode != 0:
        raise RuntimeError(f"{child.arguments} failed: {child.log.read_text()[-2000:]}")
    return True


async def alive(client: httpx2.AsyncClient, url: str, name: str, folder: Path) -> bool:
    """Return whether the worker of this log said that it works, and the web process sees one."""
    told = "worker.started" in (folder / f"{name}.log").read_text()
    return told and await answers(client, f"{url}/readyz")


async def finished(child: Child) -> None:
    """End a program the polite way, then the other."""
    child.signal(signal.SIGTERM)
    try:
        await becomes_true(partial(gone, child), STOP_SECONDS)
    except TimeoutError:
        child.signal_family(signal.SIGKILL)


async def gone(child: Child) -> bool:
    """Return whether a program has ended."""
    return not child.running
