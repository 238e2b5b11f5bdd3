"""The others: each runs on a Redis of its own; what they need is fetched for the benchmark alone."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.dev.child import Child
from service.dev.redis_server import RedisServer
from tests.benchmarks.cpu import Groups
from tests.benchmarks.racers import running
from tests.benchmarks.realtime import peers as realtime
from tests.benchmarks.stack import PROGRAMS, Stack

INSTALLED = Path(tempfile.gettempdir()) / "jobcast-bench-peers"
SAQ_FOLDER = INSTALLED / "saq"
BULLMQ_FOLDER = INSTALLED / "bullmq"
ARQ_DEFAULT, ARQ_TUNED, SAQ, BULLMQ = "arq, default", "arq, poll_delay=0.01", "SAQ", "BullMQ (node)"
LEFT_OUT = "left out: {} is not installed (`make bench` fetches it where a registry can be reached)"


@dataclass
class Peer:
    """Another queue over Redis: a program with the words ``fill JOBS`` and ``work``."""

    name: str
    stack: Stack
    redis: RedisServer
    words: tuple[str | Path, ...]
    done: tuple[str, str]
    more: Mapping[str, str] = field(default_factory=dict)
    _started: int = 0

    async def fill(self, jobs: int) -> float:
        """Enqueue with its own client library; return the seconds it took by its own clock."""
        return float(await self.run("fill", jobs))

    async def run(self, what: str, jobs: int, **more: str) -> Any:
        """Let its program do something with so many jobs; return what it tells."""
        process = await asyncio.create_subprocess_exec(
            *(*self.words, what, str(jobs)),
            env=self.stack.environment | self._environment | more,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"{self.name} could not {what}")
        return json.loads(told)

    async def settle(self) -> None:
        """Redis leaves nothing to do."""

    def work(self, slot: int, environment: dict[str, str]) -> Child:
        """Start one worker process."""
        self._started += 1
        name = f"{self.name}-{self._started}".replace("/", "-")
        return self.stack.start(name, [*self.words, "work"], self._environment | environment)

    async def all_recorded(self) -> bool:
        """Ask its Redis whether the key of unfinished jobs is gone."""
        command, key = self.done
        reader, writer = await asyncio.open_connection("127.0.0.1", self.redis.port)
        writer.write(f"{command} {key}\r\n".encode())
        answer = await reader.readline()
        writer.close()
        return answer == b":0\r\n"

    async def is_quiet(self) -> bool:
        """Redis knows no locks."""
        return True

    @property
    def servers(self) -> Groups:
        """Return the servers behind it."""
        return {"redis": running(self.redis.child)}

    @property
    def _environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.redis.url, **self.more}


@asynccontextmanager
async def peer(stack: Stack, name: str) -> AsyncIterator[Peer]:
    """Run one of them, on a Redis of its own."""
    async with RedisServer() as redis:
        if name == SAQ:
            words: tuple[str | Path, ...] = (sys.executable, PROGRAMS / "saq_program.py")
            more = {"PYTHONPATH": str(SAQ_FOLDER)}
            yield Peer(name, stack, redis, words, ("ZCARD", "saq:default:incomplete"), more)
        elif name == BULLMQ:
            words = ("node", PROGRAMS / "bullmq_program.cjs")
            more = {"NODE_PATH": str(BULLMQ_FOLDER / "node_modules")}
            yield Peer(name, stack, redis, words, ("LLEN", "bull:bench:active"), more)
        else:
            delay = "0.01" if name == ARQ_TUNED else "0.5"
            words = (sys.executable, PROGRAMS / "arq_program.py")
            more = {"BENCH_POLL_DELAY": delay}
            yield Peer(name, stack, redis, words, ("ZCARD", "arq:queue"), more)


def there(name: str) -> bool:
    """Return whether a peer can be started."""
    return {SAQ: has_saq, BULLMQ: has_bullmq}.get(name, lambda: True)()


def has_saq() -> bool:
    """Return whether SAQ can be started."""
    return (SAQ_FOLDER / "saq").is_dir()


def has_bullmq() -> bool:
    """Return whether BullMQ can be started."""
    return (BULLMQ_FOLDER / "node_modules" / "ioredis").is_dir() and shutil.which(
        "node"
    ) is not None


def install() -> None:
    """Fetch what is missing into a temporary folder nothing of ours learns of.

    SAQ gets the newest redis-py it allows, which serves it better than the one arq and the product are
    held to. What cannot be had is left out of the tables.
    """
    if not has_saq():
        pip = (sys.executable, "-m", "pip", "install", "-qqq", "--disable-pip-version-check")
        subprocess.run([*pip, "--target", SAQ_FOLDER, "saq[redis,hiredis]", "uvloop"], check=False)
    if not has_bullmq() and shutil.which("npm"):
        BULLMQ_FOLDER.mkdir(parents=True, exist_ok=True)
        npm = ("npm", "install", "--silent", "--no-audit", "--no-fund")
        subprocess.run([*npm, "--prefix", BULLMQ_FOLDER, "bullmq", "ioredis"], check=False)
    realtime.install()
