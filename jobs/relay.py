"""The sweep behind the fast path: due jobs are queued, queued jobs that Redis forgot handed over again.

Runs in every worker without a leader. Handing an id over twice is harmless: only one start finds the
row still queued.
"""

import asyncio
import random

import structlog

from jobs import store
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.db import Database

log = structlog.get_logger(__name__)

PAGE = 1_000


class Relay:
    """One pass per ``seconds``, or sooner when a job is due sooner."""

    def __init__(self, db: Database, line: ArqQueue, announcer: Announcer, seconds: float) -> None:
        self._db = db
        self._line = line
        self._announcer = announcer
        self._seconds = seconds

    async def step(self) -> None:
        """Wait for the next pass and make it."""
        await asyncio.sleep(await self._pause())
        await self.promote()
        if await self._line.elected(self._seconds):
            await self.sweep()

    async def promote(self) -> None:
        """Queue the jobs whose time has come."""
        while due := await store.promote(self._db, PAGE):
            await self._announcer.announce(due)

    async def sweep(self) -> None:
        """Hand queued jobs over again, page by page while Redis turns out to have forgotten them."""
        after = float("-inf")
        while page := await store.backlog(self._db, after, PAGE, self._seconds):
            added = await self._line.add({str(job_id): score for job_id, score in page})
            if added:
                log.info("relay.handed_over", jobs=added)
            if not added or len(page) < PAGE:
                return
            after = page[-1][1]

    async def _pause(self) -> float:
        due = await store.next_due(self._db)
        pause = self._seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load
        return pause if due is None else min(pause, max(due, 0.0))
