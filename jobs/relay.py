"""The sweep behind the fast path: what became due, and what somebody forgot to do after a commit.

Due jobs are queued and expired ones ended, jobs let go that waited for others or for a limit, finished
batches completed, queued jobs that Redis forgot handed over again. Runs in every worker without a
leader; each step may be done twice or late.
"""

import asyncio
import random
from uuid import UUID

import structlog

from jobs import store
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.db import Database
from jobs.flows import Flows
from jobs.gate import Gate

log = structlog.get_logger(__name__)

PAGE = 1_000
SHORTEST_PAUSE_SECONDS = 0.02
FIRST = (float("-inf"), UUID(int=0))


class Relay:
    """One pass per ``seconds``, or sooner when something is due sooner."""

    def __init__(
        self,
        db: Database,
        line: ArqQueue,
        announcer: Announcer,
        flows: Flows,
        gate: Gate,
        seconds: float,
    ) -> None:
        self._db = db
        self._line = line
        self._announcer = announcer
        self._flows = flows
        self._gate = gate
        self._seconds = seconds
        self._next_rate = float("inf")
        self._after = ""

    async def step(self) -> None:
        """Wait for the next pass and make it."""
        await asyncio.sleep(await self._pause())
        await self.promote()
        await self.expire()
        self._next_rate = await self._gate.let_go()
        elected = await self._line.elected(self._seconds)
        if elected or self._line.away:  # without Redis nobody is elected: then everybody does it
            await self._flows.go_on()
        if elected:
            await self.sweep()

    async def promote(self) -> None:
        """Queue the jobs whose time has come."""
        while due := await store.promote(self._db, PAGE):
            await self._announcer.announce(due)

    async def expire(self) -> None:
        """End the jobs whose time ran out before they started."""
        while expired := await store.expire(self._db, PAGE):
            await self._line.remove(expired)
            await self._announcer.announce(expired)
            await self._flows.follow_up(expired)

    async def sweep(self) -> None:
        """Hand queued jobs over again, org by org."""
        while orgs := await store.queued_orgs(self._db, self._after, PAGE):
            for org in orgs:
                await self._sweep_org(org)
            self._after = orgs[-1]
        self._after = ""

    async def _sweep_org(self, org: str) -> None:
        """Hand over page by page until nothing is missing on the org's queue in Redis."""
        known = await self._line.depth(org)
        if known is None:
            return
        missing = await store.queue_depth(self._db, org, self._line.per_org) - known
        after, full = FIRST, True
        while missing > 0 and full:
            page = await store.backlog(self._db, org, after, PAGE, self._seconds)
            added = await self._line.add([(org, job_id, score) for job_id, score in page])
            if added is None:
                return
            if added:
                log.info("relay.handed_over", jobs=added)
            missing, full = missing - added, len(page) == PAGE
            if page:
                after = page[-1][1], page[-1][0]

    async def _pause(self) -> float:
        due = await store.next_due(self._db)
        pause = self._seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load
        soonest = min(pause, self._next_rate, float("inf") if due is None else due)
        return max(soonest, SHORTEST_PAUSE_SECONDS)
