"""A throw-away product on free ports: real servers, real web and worker processes, durable commits."""

import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2

from service.auth import mint_token
from service.dev.child import Child, becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer

ROOT = Path(__file__).parents[2]
SECRET = "benchmark-secret-of-32-bytes-or-more"
READY_SECONDS = 60.0
STOP_SECONDS = 40.0


@dataclass
class Stack:
    """What is running, and how to start more of it."""

    url: str
    redis_url: str
    folder: Path
    environment: dict[str, str]
    parts: AsyncExitStack

    def client(self, user: str) -> httpx2.AsyncClient:
        """Return an HTTP client that is ``user``."""
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user=user)}"}
        limits = httpx2.Limits(max_connections=200)
        timeout = httpx2.Timeout(30, read=120)
        return httpx2.AsyncClient(
            base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=False
        )

    def program(self, name: str, *words: str, **more: str) -> Child:
        """Start a Python module, with ``more`` in its environment, that ends with us."""
        log = self.folder / f"{name}.log"
        child = Child([sys.executable, "-m", *words], log, signal.SIGTERM)
        child.start(cwd=ROOT, environment=self.environment | more)
        self.parts.push_async_callback(finished, child)
        return child

    async def worker(self, name: str) -> Child:
        """Start one more worker and wait until it holds its lease."""
        child = self.program(name, "service", "worker")
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(partial(alive, client, self.url, name, self.folder), READY_SECONDS)
        return child


@asynccontextmanager
async def running_stack() -> AsyncIterator[Stack]:
    """Start servers, migrate, start web; workers are the caller's."""
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-bench-")))
        folder.chmod(0o755)
        postgres = await parts.enter_async_context(
            PostgresServer(folder / "postgres", durable=True)
        )
        redis = await parts.enter_async_context(RedisServer())
        port = free_port()
        environment = settings_for(postgres.url(), redis.url, port, folder)
        stack = Stack(f"http://{LOOPBACK}:{port}", redis.url, folder, environment, parts)
        migration = stack.program("migrate", "service", "migrate")
        await becomes_true(partial(ended, migration), READY_SECONDS)
        stack.program("web", "service", "web")
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(partial(answers, client, f"{stack.url}/healthz"), READY_SECONDS)
        yield stack


def settings_for(database: str, redis: str, port: int, folder: Path) -> dict[str, str]:
    """Return the environment of every process: as deployed, but for the log level."""
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "HOST": LOOPBACK,
        "PORT": str(port),
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "PROCESSORS": "tests.kinds",
        "STORAGE_URL": f"file://{folder}/uploads",
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
    }


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
