"""Somebody who must notice nothing: their stream stays exact and quick while others send rubbish."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx2
import psutil

from service.client import mint_token
from tests.faults.realtime.listeners import SocketListener
from tests.faults.realtime.sight import Sight
from tests.faults.site import SECRET, Site

NOTICED_SECONDS = 2.0
PAUSE_SECONDS = 0.01
MEBIBYTE = 1024 * 1024
NEVER = frozenset({"Traceback", '"level": "error"', "[error"})


@dataclass
class Witness:
    """A user who listens to their own jobs, which end all the time."""

    site: Site
    listener: SocketListener
    latencies: list[float] = field(default_factory=list)
    changes: int = 0

    @property
    def sight(self) -> Sight:
        return self.listener.sights[0]

    async def work(self, client: httpx2.AsyncClient) -> None:
        """Submit a job, cancel it, see its end; again and again."""
        while True:
            body = {"kind": "noted", "delay": 3600}
            job = (await client.post("/api/jobs", json=body)).raise_for_status().json()["id"]
            (await client.delete(f"/api/jobs/{job}")).raise_for_status()
            committed = time.monotonic()
            self.changes += 2
            await self.sees(f"job:{job}")
            self.latencies.append(time.monotonic() - committed)
            await asyncio.sleep(PAUSE_SECONDS)

    async def sees(self, subject: str) -> None:
        """Wait for a job's end."""
        while self.sight.states.get(subject) != "cancelled":
            self.listener.news.clear()
            await self.listener.news.wait()

    async def goes_on(self, times: int = 20) -> None:
        """Wait until so many more ends were seen."""
        wanted = len(self.latencies) + times
        async with asyncio.timeout(30):
            while len(self.latencies) < wanted:
                self.listener.news.clear()
                await self.listener.news.wait()

    def noticed_nothing(self) -> None:
        """Assert that the stream was exact, on one connection, and never late."""
        assert self.latencies, "nothing was seen"
        assert self.sight.trouble == []
        assert self.listener.said == {"welcome": 1}, self.listener.said
        assert self.sight.counts["jumps"] == 0
        assert self.sight.offset in {self.changes, self.changes + 1, self.changes + 2}
        assert max(self.latencies) < NOTICED_SECONDS, sorted(self.latencies)[-5:]
        for started in self.site.started:
            lines = started.said().splitlines()
            wrong = [line for line in lines if is_trouble(line)]
            assert not wrong, "\n".join(wrong)[-3000:]


def is_trouble(line: str) -> bool:
    """Say whether a line of the log tells of something that must not be."""
    return any(words in line for words in NEVER)


@asynccontextmanager
async def witness(site: Site) -> AsyncIterator[Witness]:
    """Listen and work while the block runs, and assert at its end that nothing was noticed."""
    token = mint_token(SECRET, user="ann")
    listener = SocketListener(token, [Sight("me")])
    found = Witness(site, listener)
    async with httpx2.AsyncClient(
        base_url=site.base, headers=listener.headers, timeout=30, trust_env=False
    ) as client:
        listening = asyncio.create_task(listener.listen(site.base))
        working = asyncio.create_task(found.work(client))
        try:
            await found.goes_on()
            yield found
            await found.goes_on()
        finally:
            for task in (working, listening):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(working, listening)
    found.noticed_nothing()


def memory(site: Site) -> float:
    """Return the web process's resident memory in MiB."""
    return float(psutil.Process(site.started[0].pid).memory_info().rss) / MEBIBYTE
