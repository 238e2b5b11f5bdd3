"""Servers and cores: the measured server has one to itself, everything else shares the others."""

import asyncio
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.dev.child import Child, becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer

HERE = Path(__file__).parent
SECRET = "benchmark-secret-of-32-bytes-or-more"
SLOTS = 16
PRIORITY = -20
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 180.0
WHOLE_LINES = {"PYTHONUNBUFFERED": ""}
"""An unbuffered stdout drops the rest of a long line when the kernel takes only a part of it."""


class Program:
    """One of our scripts: commands in, one JSON line out for each."""

    def __init__(self, process: asyncio.subprocess.Process, errors: Path) -> None:
        self.process = process
        self.errors = errors
        self.told: dict[str, Any] = {}

    async def hear(self) -> dict[str, Any]:
        """Return the next answer. Raises RuntimeError with the script's last words if it ended."""
        if self.process.stdout is None:
            raise AssertionError("the output is piped")
        async with asyncio.timeout(ANSWER_SECONDS):
            line = await self.process.stdout.readline()
        found: dict[str, Any] = (
            json.loads(line) if line else {"error": self.errors.read_text()[-2000:]}
        )
        if "error" in found:
            raise RuntimeError(found["error"])
        return found

    async def ask(self, line: str) -> dict[str, Any]:
        """Say one line and return the answer."""
        await self.say(line)
        return await self.hear()

    async def say(self, line: str) -> None:
        """Say one line that has no answer."""
        if self.process.stdin is None:
            raise AssertionError("the input is piped")
        self.process.stdin.write(line.encode() + b"\n")
        with suppress(ConnectionError):  # it ended; `hear` says why
            await self.process.stdin.drain()


@dataclass
class Machine:
    """What is running for this benchmark, and how to start more of it."""

    tree: Path
    folder: Path
    redis: RedisServer
    postgres: PostgresServer
    ahead: bool
    environment: dict[str, str] = field(default_factory=dict)
    _files: int = 0
    _people: int = 0

    @property
    def redis_pid(self) -> int:
        """Return the Redis server's process id."""
        return self.redis.child.pid if self.redis.child else 0

    def put_ahead(self, pid: int) -> None:
        """Let a session's processes go first, if that is wanted: the kernel shares by session."""
        group = Path(f"/proc/{pid}/autogroup")
        if self.ahead and group.exists():
            group.write_text(str(PRIORITY))

    def put_first(self, pid: int) -> None:
        """Let a process run at once whenever it can, if that is wanted; it must sleep mostly."""
        if self.ahead:
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(1))

    def newcomers(self, count: int) -> int:
        """Return the number of the first of ``count`` users nobody else has."""
        self._people += count
        return self._people - count

    def file(self, text: str = "") -> Path:
        """Return a new file that holds ``text``."""
        self._files += 1
        path = self.folder / f"{self._files}.txt"
        path.write_text(text)
        return path

    def shared(self) -> Path:
        """Return a file of counters all scripts map into memory."""
        path = self.file()
        path.write_bytes(bytes(8 * SLOTS))
        return path

    @asynccontextmanager
    async def server(
        self, words: Sequence[str | Path], port: int, more: Mapping[str, str] | None = None
    ) -> AsyncIterator[Child]:
        """Run a server that listens on ``port``, alone on the first core, until the block ends."""
        child = Child(words, self.file(), signal.SIGTERM)
        child.start(cwd=self.tree, environment=self.environment | dict(more or {}))
        try:
            await becomes_true(lambda: listens(child, port), READY_SECONDS)
            pin(child.pid, measured_core())
            self.put_ahead(child.pid)
            yield child
        finally:
            await child.stop(signal.SIGTERM, STOP_SECONDS)

    @asynccontextmanager
    async def script(self, name: str, plan: Mapping[str, Any]) -> AsyncIterator[Program]:
        """Run one of our scripts until the block ends; it has said that it is ready."""
        errors = self.file()
        with errors.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(HERE / f"{name}.py"), str(self.file(json.dumps(plan)))),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self.environment | WHOLE_LINES,
                cwd=self.tree,
                limit=2**24,
            )
        program = Program(process, errors)
        try:
            yield program
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def machine(tree: Path, *, ahead: bool = False) -> AsyncIterator[Machine]:
    """Start Redis, and Postgres with the product's tables, away from the measured core.

    ``ahead`` puts this benchmark's processes before the others' on a machine that is not idle.
    """
    pin(os.getpid(), other_cores())
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-bench-")))
        folder.chmod(0o755)
        redis = await parts.enter_async_context(RedisServer())
        postgres = await parts.enter_async_context(PostgresServer(folder / "postgres"))
        found = Machine(tree, folder, redis, postgres, ahead)
        for pid in (os.getpid(), found.redis_pid, postgres.child.pid if postgres.child else 0):
            found.put_ahead(pid)
        found.environment = environment(found)
        await migrate(found)
        yield found


def environment(machine: Machine) -> dict[str, str]:
    """Return the environment of every process: the checkout's product, as deployed."""
    return os.environ | {
        "DATABASE_URL": machine.postgres.url(),
        "REDIS_URL": machine.redis.url,
        "HOST": LOOPBACK,
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "PROCESSORS": "tests.kinds",
        "STORAGE_URL": f"file://{machine.folder}/uploads",
        "LOG_LEVEL": "WARNING",
        "MAX_CONNECTIONS": "20000",
        "MAX_CONNECTIONS_PER_IP": "20000",  # every browser here has one of a few addresses
        "PYTHONPATH": str(machine.tree),
    }


async def migrate(machine: Machine) -> None:
    """Bring the database to the checkout's newest schema."""
    log = machine.file()
    child = Child([sys.executable, "-m", "service", "migrate"], log, signal.SIGTERM)
    child.start(cwd=machine.tree, environment=machine.environment)

    async def ended() -> bool:
        return not child.running

    await becomes_true(ended, READY_SECONDS)
    if child.process is None or child.process.returncode != 0:
        raise RuntimeError(log.read_text()[-2000:])


async def listens(child: Child, port: int) -> bool:
    """Try to connect once; raise when the server has ended meanwhile."""
    if not child.running:
        raise RuntimeError(child.last_words())
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def pin(pid: int, cores: set[int]) -> None:
    """Keep every thread of a process on ``cores``; children started later stay there too."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def all_cores() -> list[int]:
    """Return the cores this machine lets us use."""
    return sorted(range(os.cpu_count() or 1))


def measured_core() -> set[int]:
    """Return where the measured server runs."""
    return {all_cores()[0]}


def other_cores() -> set[int]:
    """Return where everything else runs; the same core when there is only one."""
    return set(all_cores()[1:]) or measured_core()


__all__ = ["SECRET", "Machine", "Program", "free_port", "machine"]
