"""Web and worker as processes of their own, and a browser's stand-in that watches over SSE."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx2
import orjson

from service.client import mint_token
from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.program import ROOT, Program, started

SECRET = "a secret of these tests alone, 32 bytes and more"
LEASE_SECONDS = 2.0


@dataclass
class Product:
    """Servers are the tests' own; every process is started when a test asks for it."""

    environment: dict[str, str]
    parts: AsyncExitStack
    port: int = field(default_factory=free_port)

    @property
    def base(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    async def web(self) -> Program:
        program = await self._start("web")
        await program.says("Uvicorn running")
        program.keep_listening()
        return program

    async def worker(self) -> Program:
        program = await self._start("worker")
        await program.says("worker.started")
        program.keep_listening()
        return program

    def client(self, user: str = "42") -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user=user)}"}
        return httpx2.AsyncClient(base_url=self.base, headers=headers, timeout=60, trust_env=False)

    async def _start(self, name: str) -> Program:
        command = (sys.executable, "-m", "service", name)
        environment = {**self.environment, "PORT": str(self.port)}
        return await self.parts.enter_async_context(
            started(*command, cwd=ROOT, environment=environment)
        )


@asynccontextmanager
async def product(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Product]:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "STORAGE_URL": f"file://{folder}/uploads",
        "PROCESSORS": "tests.kinds",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "WORKER_GRACE_SECONDS": "6",
        "DRAIN_SECONDS": "0.5",
    }
    async with AsyncExitStack() as parts:
        yield Product(environment, parts)


def kill(program: Program) -> None:
    """End a process as a crash would."""
    program.process.send_signal(signal.SIGKILL)


@dataclass
class Watcher:
    """Reads one user's events, comes back by Last-Event-ID, and keeps everything it saw."""

    client: httpx2.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    cursor: str | None = None

    def types_of(self, job_id: str) -> list[str]:
        return [e["type"] for e in self.events if e["subject"] == f"job:{job_id}"]

    @property
    def offsets(self) -> list[int]:
        return [e["offset"] for e in self.events]

    async def begin(self) -> Self:
        """Learn the place from which on everything is to be seen."""
        async with self.client.stream("GET", "/api/events?channel=me") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self.cursor = line.removeprefix("id: ")
                    return self
        raise AssertionError("the stream ended without a welcome")

    async def until(self, job_id: str, kind: str) -> Self:
        """Listen, again and again if need be, until this event of this job was seen."""

        async def seen() -> bool:
            if kind not in self.types_of(job_id):
                await self._listen(job_id, kind)
            return kind in self.types_of(job_id)

        await becomes_true(seen, 60)
        return self

    async def _listen(self, job_id: str, kind: str) -> None:
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        params = {"channel": "me"}
        try:
            async with self.client.stream(
                "GET", "/api/events", params=params, headers=headers
            ) as answer:
                fields: dict[str, str] = {}
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    if not line:
                        self._take(fields)
                        fields = {}
                        if kind in self.types_of(job_id):
                            return
        except httpx2.TransportError:
            return

    def _take(self, fields: dict[str, str]) -> None:
        self.kinds.append(fields.get("event", ""))
        self.cursor = fields.get("id", self.cursor)
        body = orjson.loads(fields.get("data", "null"))
        if isinstance(body, dict) and body.get("offset") and "specversion" in body:
            self.events.append(body)
