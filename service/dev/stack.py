"""What `make run` starts: servers, migrations, web and worker; all of it, or nothing is left."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import asyncpg
import httpx2
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from jobs.errors import Unavailable
from jobs.settings import JobsSettings
from service.dev.child import ServerFailedError, becomes_true
from service.dev.data_folder import DataFolder, FolderHeldError
from service.dev.minded import minded
from service.dev.ports import is_free
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.dev.sandbox import Sandbox, open_sandbox
from service.dev.sandbox.told import settings_at
from service.dev.supervised import Supervised, say
from service.dev.welcome import welcome
from service.schema import upgrade
from service.settings import ServiceSettings

DATA = Path(".data")
READY_SECONDS = 60.0
GRACE_SECONDS = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NotUpError(RuntimeError):
    """A part of the stack did not come up."""


def run(host: str | None = None, port: int | None = None) -> int:
    """Run the whole product until a signal ends it; return the exit code.

    Data is kept in `.data` below the current folder. DATABASE_URL and REDIS_URL are used when
    they are set, and nothing is embedded in their place.
    """
    settings = ServiceSettings()
    host, port = host or settings.host, port or settings.port
    if not is_free(port, host):
        return refuse(f"Port {port} is taken: stop what uses it, or choose another with PORT=….")
    stack = Stack(host, port, DataFolder(DATA))
    try:
        with stack.folder.held():
            return asyncio.run(until_told(stack))
    except FolderHeldError as error:
        return refuse(str(error))


def refuse(reason: str) -> int:
    """Say in one sentence why nothing was started."""
    sys.stderr.write(f"{reason}\n")
    return 1


async def until_told(stack: "Stack") -> int:
    """Bring the stack up and take it down again on the first signal; a second one hurries."""
    work = asyncio.create_task(stack.stay_up())
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stack.stop, work)
    await asyncio.wait({work})
    if work.cancelled():
        say("dev", "everything has stopped")
        return 0
    error = work.exception()
    if isinstance(error, NotUpError | ServerFailedError):
        return refuse(str(error))
    work.result()
    return 0


class Stack:
    """The parts of a running product, started in order and stopped in reverse."""

    def __init__(self, host: str, port: int, folder: DataFolder) -> None:
        self.host = host
        self.port = port
        self.base = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared
        self.folder = folder
        self.programs: list[Supervised] = []
        self.told_to_stop = False

    def stop(self, work: asyncio.Task[None]) -> None:
        """Take everything down; when told again, without waiting for jobs and browsers."""
        if self.told_to_stop:
            for program in self.programs:
                program.kill()
            return
        self.told_to_stop = True
        say("dev", "stopping (once more to hurry)")
        work.cancel()

    async def stay_up(self) -> None:
        """Start everything, say so, and keep it running until cancelled."""
        async with AsyncExitStack() as parts:
            sandbox = parts.enter_context(open_sandbox(self.folder.sandbox_port()))
            environment = self.environment(sandbox) | await self.servers(parts)
            await migrate(environment["DATABASE_URL"])
            parts.enter_context(self.folder.told(environment))
            for name in ("web", "worker"):
                program = Supervised(name, command(name), environment, GRACE_SECONDS)
                self.programs.append(program)
                await parts.enter_async_context(program)
            await self.ready()
            secret = environment["JWT_SECRET"]
            sys.stdout.write(welcome(self.base, secret, sandbox.url, str(self.folder.path)) + "\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    async def servers(self, parts: AsyncExitStack) -> dict[str, str]:
        """Start the servers whose address the caller's environment does not give."""
        addresses = {}
        if not os.environ.get("DATABASE_URL"):
            postgres = PostgresServer(self.folder.postgres, durable=True)
            await parts.enter_async_context(postgres)
            await parts.enter_async_context(minded("postgres", postgres))
            addresses["DATABASE_URL"] = postgres.url()
        if not os.environ.get("REDIS_URL"):
            redis = await parts.enter_async_context(RedisServer(self.folder.redis))
            await parts.enter_async_context(minded("redis", redis))
            addresses["REDIS_URL"] = redis.url
        return addresses

    def environment(self, sandbox: Sandbox) -> dict[str, str]:
        """Return what the programs are told: the caller's own words first, then ours.

        A provider the caller has not configured is played by the sandbox.
        """
        ours = {
            "ENV": "dev",
            "LOG_FORMAT": "console",
            "STORAGE_URL": f"file://{self.folder.uploads}",
            "PUBLIC_URL": self.base,
            "WORKER_GRACE_SECONDS": "3",
            "DRAIN_SECONDS": "1",
            **settings_at(sandbox.url, os.environ, sandbox.smtp_url),
            **self.folder.secrets(),
        }
        given = {name: value for name, value in os.environ.items() if value}
        private = ",".join(filter(None, (os.environ.get("WEB_ALLOW_PRIVATE"), sandbox.host)))
        fixed = {"HOST": self.host, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        return {**ours, **given, **fixed, "WEB_ALLOW_PRIVATE": private}

    async def ready(self) -> None:
        """Wait until the web process sees both servers and a live worker."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            try:
                await becomes_true(partial(answers_ready, client, self.base), READY_SECONDS)
            except TimeoutError as error:
                raise NotUpError(f"{self.base}/readyz did not become ready.") from error


async def answers_ready(client: httpx2.AsyncClient, base: str) -> bool:
    """Ask once."""
    try:
        return (await client.get(f"{base}/readyz")).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


async def migrate(url: str) -> None:
    """Bring the database to the newest schema; raise NotUpError when that fails."""
    try:
        await asyncio.to_thread(upgrade, JobsSettings(database_url=url))
    except (OSError, asyncpg.PostgresError, SQLAlchemyError, CommandError, Unavailable) as error:
        raise NotUpError(f"The database could not be migrated: {error}") from error


def command(name: str) -> list[str]:
    """Return how a command of ours is started: with this interpreter, wherever it lives."""
    return [sys.executable, "-m", "service", name]
