"""A deploy as platforms do it: versions side by side, a router, and customers who notice nothing."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import orjson

from service.client import mint_token
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.processes import SECRET
from tests.e2e.program import ROOT, Program, started

MOST_UNDER_WAY = 12
FINAL = {"job.succeeded", "job.failed", "job.cancelled", "job.expired"}
WORK: list[tuple[str, dict[str, Any]]] = [
    ("echo", {"value": 1}),
    ("slow", {"seconds": 0.3}),
    ("stream", {"words": 5, "pause": 0.02}),
    ("parent", {"each": [{"value": 1}, {"value": 2}]}),
    ("slow", {"seconds": 2}),
]
HEADERS = {"Authorization": f"Bearer {mint_token(SECRET, user='42')}"}


@dataclass(frozen=True)
class Release:
    """A version's processes: one web, one worker."""

    base: str
    web: Program
    worker: Program


@dataclass
class Site:
    """What the platform runs; ``bases`` are the web processes its router knows."""

    environment: Mapping[str, str]
    parts: AsyncExitStack
    bases: list[str] = field(default_factory=list)

    async def migrate(self, tree: Path) -> str:
        """Run a version's release phase to its end; return what it said."""
        program = await self._begin(tree, "migrate")
        assert await program.ends() == 0, program.said
        return program.said

    async def start(self, tree: Path, kinds: str = "tests.kinds") -> Release:
        """Start a version; the router sends it requests when it listens."""
        port = free_port()
        more = {"PORT": str(port), "PROCESSORS": kinds}
        web, worker = await asyncio.gather(
            self._begin(tree, "web", more), self._begin(tree, "worker", more)
        )
        await asyncio.gather(web.says("Uvicorn running"), worker.says("worker.started"))
        for program in (web, worker):
            program.keep_listening()
        self.bases.append(f"http://{LOOPBACK}:{port}")
        return Release(self.bases[-1], web, worker)

    async def stop(self, release: Release) -> None:
        """Stop a version as platforms do: out of the router, SIGTERM, and wait."""
        self.bases.remove(release.base)
        for program in (release.web, release.worker):
            program.process.send_signal(signal.SIGTERM)
        assert [await release.web.ends(), await release.worker.ends()] == [0, 0]

    async def _begin(self, tree: Path, name: str, more: Mapping[str, str] | None = None) -> Program:
        environment = {**self.environment, "PYTHONPATH": f"{tree}:{ROOT}", **(more or {})}
        command = (sys.executable, "-m", "service", name)
        return await self.parts.enter_async_context(
            started(*command, cwd=tree, environment=environment)
        )


@dataclass
class Customer:
    """Submits again and again and watches everything; keeps what it was told."""

    site: Site
    client: httpx2.AsyncClient
    accepted: list[str] = field(default_factory=list)
    endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    offsets: list[int] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    shades: set[str] = field(default_factory=set)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    cursor: str = ""

    async def submit(
        self, kind: str, args: Mapping[str, Any], base: str = "", **options: Any
    ) -> str:
        """Get a job accepted, by ``base`` or whichever web process answers; return its id."""
        key = {"Idempotency-Key": f"job {len(self.accepted)} {kind} {id(args)}"}
        body = {"kind": kind, "args": args, **options}
        for turn in count():
            at = base or self.site.bases[turn % len(self.site.bases)]
            with suppress(httpx2.TransportError):
                answer = await self.client.post(f"{at}/api/jobs", json=body, headers=key)
                if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
                    assert answer.is_success, answer.text
                    self.accepted.append(answer.json()["id"])
                    return self.accepted[-1]
            await asyncio.sleep(0.02)
        raise AssertionError("unreachable")

    async def keep_submitting(self) -> None:
        """Submit one job after the other, as long as not too many are under way."""
        for number in count():
            async with self.heard:
                await self.heard.wait_for(lambda: self.under_way < MOST_UNDER_WAY)
            await self.submit(*WORK[number % len(WORK)])

    @property
    def under_way(self) -> int:
        """How many accepted jobs have not ended, as heard."""
        return len(set(self.accepted) - {job for job, _ in self.endings})

    async def keep_listening(self) -> None:
        """Listen; come back wherever the router leads, with the cursor of before."""
        while True:
            base = self.site.bases[-1]
            with suppress(httpx2.TransportError):
                await self._listen(f"{base}/api/events")
            await asyncio.sleep(0.02)

    async def _listen(self, url: str) -> None:
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        async with self.client.stream(
            "GET", url, params={"channel": "me"}, headers=headers
        ) as answer:
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                fields[name] = value
                if not line:
                    await self._take(fields)
                    fields = {}

    async def _take(self, fields: Mapping[str, str]) -> None:
        self.said[fields.get("event", "")] += 1
        self.cursor = fields.get("id", self.cursor)
        body = orjson.loads(fields.get("data", "null"))
        if not isinstance(body, dict) or "specversion" not in body:
            return
        async with self.heard:
            if "offset" in body:
                self.offsets.append(body["offset"])
            self.shades.add(body["data"].get("shade", "old"))
            if body["type"] in FINAL:
                self.endings[body["subject"].removeprefix("job:"), body["type"]] += 1
            self.heard.notify_all()

    async def some(self, jobs: int) -> None:
        """Wait until so many more jobs have ended, as heard."""
        await self._until(sum(self.endings.values()) + jobs)

    async def all(self) -> None:
        """Wait until the ending of every accepted job was heard."""
        async with self.heard, asyncio.timeout(60):
            await self.heard.wait_for(lambda: not self.under_way)

    async def _until(self, endings: int) -> None:
        async with self.heard, asyncio.timeout(60):
            await self.heard.wait_for(lambda: sum(self.endings.values()) >= endings)


@asynccontextmanager
async def customer(site: Site) -> AsyncIterator[Customer]:
    """Give a customer who listens from the first change on."""
    async with httpx2.AsyncClient(headers=HEADERS, timeout=30, trust_env=False) as client:
        one = Customer(site, client)
        listening = asyncio.create_task(one.keep_listening())
        try:
            yield one
        finally:
            listening.cancel()
            await asyncio.wait([listening])
