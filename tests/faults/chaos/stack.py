"""Durable servers, two web processes and three workers as deployed, kept up by a supervisor.

The last of each goes to its servers by a way that can be made bad.
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from service.dev.child import CHECK_SECONDS, Child, becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.faults.journal import VARIABLE, Journal
from tests.faults.proxy import Proxy, proxy

ROOT = Path(__file__).parents[3]
SECRET = "the chaos run's own secret, 32 bytes or more"
LEASE_SECONDS = 3.0
START_SECONDS = 60.0
STOP_SECONDS = 40.0
BACK_OFF_SECONDS = 0.2


@dataclass
class Post:
    """A process that has to be there: started again whenever it ends."""

    name: str
    role: str
    environment: dict[str, str]
    log: Path
    child: Child | None = None
    starts: int = 0
    expected: int = 0

    @property
    def self_crashes(self) -> int:
        """Return how often it ended though nobody asked it to."""
        return max(self.starts - 1 - self.expected, 0)

    def hit(self, number: int) -> None:
        """Send a signal; one that ends the process is remembered as ours."""
        if self.child is not None and self.child.running:
            self.expected += number in {signal.SIGKILL, signal.SIGTERM}
            self.child.signal(number)

    async def keep(self) -> None:
        """Start it, again and again."""
        while True:
            self.child = Child(
                [sys.executable, "-m", "service", self.role], self.log, signal.SIGKILL
            )
            self.child.start(cwd=ROOT, environment=self.environment)
            self.starts += 1
            while self.child.running:
                await asyncio.sleep(CHECK_SECONDS)
            await asyncio.sleep(BACK_OFF_SECONDS)


@dataclass
class Stack:
    """What is up."""

    postgres: PostgresServer
    redis: RedisServer
    to_postgres: Proxy
    to_redis: Proxy
    folder: Path
    direct_url: str
    webs: list[Post] = field(default_factory=list)
    workers: list[Post] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal")

    @property
    def posts(self) -> list[Post]:
        return [*self.webs, *self.workers]

    def environment(self, *, bad_way: bool) -> dict[str, str]:
        """Return what every process is told; those on the bad way get other addresses."""
        database, redis = self.direct_url, self.redis.url
        if bad_way:
            database, redis = self.to_postgres.url(database), self.to_redis.url(redis)
        return os.environ | {
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "HOST": LOOPBACK,
            "JWT_SECRET": SECRET,
            "SECRET_KEY": SECRET,
            "PROCESSORS": "tests.faults.kinds",
            "STORAGE_URL": f"file://{self.folder}/uploads",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "HEARTBEAT_SECONDS": "2",
            "WORKER_CONCURRENCY": "50",
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            VARIABLE: str(self.journal.path),
        }

    def add(self, role: str, number: int, *, bad_way: bool) -> Post:
        """Add a post and, for a web process, its address."""
        environment = self.environment(bad_way=bad_way)
        posts = self.webs if role == "web" else self.workers
        if role == "web":
            port = free_port()
            environment["PORT"] = str(port)
            self.bases.append(f"http://{LOOPBACK}:{port}")
        posts.append(
            Post(f"{role} {number}", role, environment, self.folder / f"{role}{number}.log")
        )
        return posts[-1]

    async def ready(self) -> None:
        """Wait until every web process sees every worker."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            for base in self.bases:
                await becomes_true(lambda base=base: answers(client, base), START_SECONDS)  # type: ignore[misc]


async def answers(client: httpx2.AsyncClient, base: str) -> bool:
    try:
        return (await client.get(f"{base}/readyz")).is_success
    except httpx2.TransportError:
        return False


@asynccontextmanager
async def running_stack(webs: int = 2, workers: int = 3) -> AsyncIterator[Stack]:
    """Start servers, migrate, start and keep the processes; everything ends with it."""
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-chaos-")))
        folder.chmod(0o755)
        postgres = await parts.enter_async_context(
            PostgresServer(folder / "postgres", durable=True)
        )
        redis = await parts.enter_async_context(RedisServer())
        ways = [await parts.enter_async_context(proxy(s.port)) for s in (postgres, redis)]
        stack = Stack(postgres, redis, ways[0], ways[1], folder, postgres.url())
        await migrated(stack)
        for number in range(1, webs + 1):
            stack.add("web", number, bad_way=number == webs)
        for number in range(1, workers + 1):
            stack.add("worker", number, bad_way=number == workers)
        keeping = [asyncio.create_task(post.keep()) for post in stack.posts]
        parts.push_async_callback(ended, keeping, stack)
        await stack.ready()
        yield stack


async def migrated(stack: Stack) -> None:
    migration = Child(
        [sys.executable, "-m", "service", "migrate"], stack.folder / "migrate.log", signal.SIGKILL
    )
    migration.start(cwd=ROOT, environment=stack.environment(bad_way=False))

    async def over() -> bool:
        return not migration.running

    await becomes_true(over, START_SECONDS)
    if migration.process is None or migration.process.returncode != 0:
        raise RuntimeError(migration.last_words())


async def ended(keeping: list["asyncio.Task[None]"], stack: Stack) -> None:
    """Let nobody be started any more, then end everybody."""
    for task in keeping:
        task.cancel()
    await asyncio.wait(keeping)
    for post in stack.posts:
        if post.child is not None:
            post.child.kill()
