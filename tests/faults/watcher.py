"""A browser's stand-in: follows one user's events over SSE, resumes by its last id, keeps a view.

It checks while it looks: offsets only grow, a job's versions only grow, so nothing is told twice or out
of order, and a gap is followed by a snapshot.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx2
import orjson

PAUSE_SECONDS = 0.05
QUIET_SECONDS = 4.0


@dataclass(frozen=True)
class Seen:
    """A job as the watcher shows it."""

    version: int
    state: str


def set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Watcher:
    """Looks as long as it is open. ``bases`` are the addresses it tries in turn."""

    client: httpx2.AsyncClient
    user: str
    bases: Sequence[str]
    view: dict[UUID, Seen] = field(default_factory=dict)
    types: dict[UUID, list[str]] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    epoch: str = ""
    offset: int = 0
    quiet_seconds: float = QUIET_SECONDS
    reading: asyncio.Event = field(default_factory=set_event)
    on_event: Callable[[UUID, str], None] | None = None
    _cursor: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _gap: bool = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        await self.until(lambda: bool(self._cursor))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def hang_up(self) -> None:
        """Lose the connection; it is made again."""
        self._listening.cancel()

    async def until(self, check: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until what was seen satisfies ``check``; one caller at a time."""
        async with asyncio.timeout(seconds):
            while not check():
                self._news.clear()
                await self._news.wait()

    def state(self, job: UUID) -> str:
        """Return the state in which a job is shown."""
        return self.view[job].state if job in self.view else ""

    async def sees(self, job: UUID, kind: str, seconds: float = 20) -> None:
        """Wait for an event of a job."""
        await self.until(lambda: kind in self.types.get(job, []), seconds)

    async def _follow(self) -> None:
        for base in itertools.cycle(self.bases):
            self._listening = asyncio.create_task(self._listen(base))
            try:
                await asyncio.wait([self._listening])
            finally:
                self._listening.cancel()
            with suppress(httpx2.TransportError, asyncio.CancelledError):
                self._listening.result()
            self.said["connection lost"] += 1
            self._news.set()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listen(self, base: str) -> None:
        headers = {"Last-Event-ID": self._cursor} if self._cursor else {}
        url = f"{base}/api/events?channel=me&snapshot=1"
        timeout = httpx2.Timeout(self.quiet_seconds)
        async with self.client.stream("GET", url, headers=headers, timeout=timeout) as answer:
            if answer.status_code != httpx2.codes.OK:
                self.said[str(answer.status_code)] += 1
                return
            rest = b""
            async for chunk in answer.aiter_bytes():
                *blocks, rest = (rest + chunk).split(b"\n\n")
                for block in blocks:
                    self._take(block)
                self._news.set()
                await self.reading.wait()

    def _take(self, block: bytes) -> None:
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
        name = fields.get(b"event", b"heartbeat").decode()
        self.said[name] += 1
        if name == "snapshot":
            self._show(orjson.loads(fields[b"data"]))
        elif name == "gap":
            self._gap = True
        elif name.startswith("job.") and b"id" in fields:
            self._follow_up(orjson.loads(fields[b"data"]))
        if b"id" in fields:
            self._cursor = fields[b"id"].decode()
            self.epoch, _, offset = self._cursor.partition(".")
            self.offset = int(offset)

    def _show(self, snapshot: dict[str, Any]) -> None:
        self._gap = False
        for job in snapshot["state"]["jobs"]:
            seen = self.view.get(UUID(job["id"]))
            if seen is not None and job["version"] < seen.version:
                self.trouble.append(f"{job['id']} went back to version {job['version']}")
            self.view[UUID(job["id"])] = Seen(job["version"], job["state"])

    def _follow_up(self, event: dict[str, Any]) -> None:
        job = UUID(event["subject"].removeprefix("job:"))
        seen = self.view.get(job, Seen(0, ""))
        if event["epoch"] == self.epoch and event["offset"] <= self.offset:
            self.trouble.append(f"offset {event['offset']} after {self.offset}")
        if event["seq"] <= seen.version:
            self.trouble.append(f"{job} version {event['seq']} after {seen.version}")
        if self._gap:
            self.trouble.append(f"{event['type']} between a gap and its snapshot")
        self.view[job] = Seen(event["seq"], event["data"]["state"])
        self.types.setdefault(job, []).append(event["type"])
        if self.on_event is not None:
            self.on_event(job, event["type"])
