"""The sweep behind the fast path: what became due, and what somebody forgot to do after a commit.

Due jobs are queued and expired ones ended, jobs let go that waited for others or for a limit, finished
batches completed, queued jobs that Redis forgot handed over again. Runs in every worker without a
leader; each step may be done twice or late.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from jobs import keys, store
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.db import Database
from jobs.flows import Flows
from jobs.gate import Gate
from jobs.measures import EXPIRED, HANDED_OVER, PROMOTED, RELAY_PASSES

log = structlog.get_logger(__name__)

PAGE = 1_000
SHORTEST_PAUSE_SECONDS = 0.02
FEW = 100
COUNT_AT_ONCE = 20_000
REFILL_SECONDS = 0.05
Place = tuple[float, UUID]
"""A job's score and id: its place among its org's queued ones."""

FIRST: Place = (float("-inf"), UUID(int=0))


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
        hungry: asyncio.Event | None = None,
    ) -> None:
        self._db = db
        self._line = line
        self._announcer = announcer
        self._flows = flows
        self._gate = gate
        self._seconds = seconds
        self._next_rate = float("inf")
        self._after = self._counted_last = ""
        self.hungry = hungry or asyncio.Event()

    async def step(self) -> None:
        """Wait for the next pass and make it."""
        await asyncio.sleep(await self._pause())
        RELAY_PASSES.add()
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
            PROMOTED.add(by=len(due))
            await self._announcer.announce(due)

    async def expire(self) -> None:
        """End the jobs whose time ran out before they started."""
        while expired := await store.expire(self._db, PAGE):
            EXPIRED.add(by=len(expired))
            await self._line.remove(expired)
            await self._announcer.announce(expired)
            await self._flows.follow_up(expired)

    async def sweep(self) -> None:
        """Hand queued jobs over again of the orgs that have more in the record than in Redis."""
        while orgs := await store.queued_orgs(self._db, self._after, PAGE):
            depths = await self._line.depths(orgs)
            if depths is None:
                return
            known = self._to_count(dict(zip(orgs, depths, strict=True)))
            counted = await store.queue_depths(self._db, list(known), self._line.per_org)
            for (org, here), there in zip(known.items(), counted, strict=True):
                if here < there:
                    await self._sweep_org(org)
            self._after = orgs[-1]
        self._after = ""

    def _to_count(self, known: Mapping[str, int]) -> dict[str, int]:
        """Return the orgs whose queued jobs are to be counted in this pass.

        All with few ids in Redis, for something may be forgotten that nothing else waits before; those
        with many take turns, for counting them takes its time.
        """
        chosen = {org: depth for org, depth in known.items() if depth < FEW}
        many = [org for org in known if org not in chosen]
        room = COUNT_AT_ONCE
        for org in sorted(many, key=lambda org: (org <= self._counted_last, org)):
            if room <= 0:
                break
            chosen[org] = known[org]
            room -= known[org]
            self._counted_last = org
        return chosen

    async def keep_filled(self) -> None:
        """Wait until a queue in Redis runs low (``hungry``), and refill it.

        A loop of its own: under a mountain it is always about to run low, and the passes go on meanwhile.
        """
        await self.hungry.wait()
        self.hungry.clear()
        await self.refill()
        await asyncio.sleep(REFILL_SECONDS)

    async def refill(self) -> None:
        """Hand over the next jobs of the orgs that have more of them than Redis holds."""
        if await self._line.elected(REFILL_SECONDS, keys.REFILL):
            for org in await self._line.behind():
                await self._hand_over_behind_last(org)

    async def _sweep_org(self, org: str) -> None:
        """Hand over what was forgotten of the first ones, then those behind the last in Redis.

        One that was forgotten in between is found when it is among the first: in time for its turn.
        """
        after, new = FIRST, PAGE
        while new:
            page, new = await self._hand_over(org, after, self._seconds)
            if new:
                HANDED_OVER.add(by=new)
                log.info("relay.handed_over", jobs=new)
            if len(page) < PAGE:
                return
            after = place_of(page[-1])
        await self._hand_over_behind_last(org)

    async def _hand_over_behind_last(self, org: str) -> None:
        """Hand over as many as Redis may hold; if those were the last, the org is no longer behind."""
        after = await self._line.last(org) or FIRST
        while True:
            page, new = await self._hand_over(org, after, 0.0)
            if new < len(page):
                return
            if len(page) < PAGE:
                await self._line.caught_up(org)
                return
            after = place_of(page[-1])

    async def _hand_over(
        self, org: str, after: Place, older_seconds: float
    ) -> tuple[Sequence[tuple[UUID, float]], int]:
        """Hand over an org's next queued jobs behind ``after``; return them and how many were new."""
        page = await store.backlog(self._db, org, after, PAGE, older_seconds)
        entries = [(org, job_id, score) for job_id, score in page]
        return page, await self._line.add(entries, refill=True) or 0

    async def _pause(self) -> float:
        due = await store.next_due(self._db)
        pause = self._seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load
        soonest = min(pause, self._next_rate, float("inf") if due is None else due)
        return max(soonest, SHORTEST_PAUSE_SECONDS)


def place_of(job: tuple[UUID, float]) -> Place:
    """Return a job's place, from its id and score."""
    return job[1], job[0]
