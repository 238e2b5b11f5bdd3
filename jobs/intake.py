"""Getting work: ids from the arq queue in one call for all free slots, started in one statement.

Without Redis the worker claims straight from Postgres. It waits for work in a blocking pop and is
woken at once, never by polling.
"""

import asyncio
import random
from collections.abc import Collection
from uuid import UUID

import structlog
from redis.asyncio import Redis

from jobs import keys, store
from jobs.announcer import Announcer
from jobs.attempts import Attempts
from jobs.db import Database
from jobs.lease import Lease
from jobs.store import Starter
from jobs.supervision import wait_until
from realtime.breaker import REDIS_TROUBLE

log = structlog.get_logger(__name__)

WAIT_SECONDS = 1.0
PROBE_SECONDS = 0.5
MOST = 200


class Intake:
    """Fills the free slots of ``attempts`` with jobs of known ``kinds``."""

    def __init__(
        self,
        redis: "Redis",
        db: Database,
        announcer: Announcer,
        attempts: Attempts,
        lease: Lease,
        kinds: Collection[str],
        suspicious: int,
    ) -> None:
        self._redis = redis
        self._db = db
        self._announcer = announcer
        self._attempts = attempts
        self._lease = lease
        self._kinds = kinds
        self._suspicious = suspicious
        self._redis_up = True

    async def fill(self) -> None:
        """Wait for a free slot and for work, then begin as much as fits."""
        free = min(self._attempts.free, MOST)
        if free <= 0:
            self._attempts.changed.clear()
            await wait_until(self._attempts.changed, WAIT_SECONDS)
        elif self._redis_up:
            await self._start_handed_over(free)
        else:
            await self._claim(free)

    async def _start_handed_over(self, free: int) -> None:
        try:
            ids = await self._pop(free)
        except REDIS_TROUBLE as error:
            self._redis_up = False
            log.warning("intake.without_redis", error=type(error).__name__)
            return
        if ids:
            starter = self._starter()
            await self._begin(starter, await store.start(self._db, starter, ids))

    async def _pop(self, free: int) -> list[UUID]:
        """Take what is there; if nothing is, wait for the next id and take what came with it."""
        async with asyncio.timeout(WAIT_SECONDS + PROBE_SECONDS):
            popped = await self._redis.zpopmin(keys.QUEUE, free)
            if not popped:
                first = await self._redis.bzpopmin(keys.QUEUE, timeout=WAIT_SECONDS)
                if first is None:
                    return []
                rest = await self._redis.zpopmin(keys.QUEUE, free - 1) if free > 1 else []
                popped = [first[1:], *rest]
        return [found for member, _ in popped if (found := as_uuid(member))]

    async def _claim(self, free: int) -> None:
        starter = self._starter()
        rows = await store.claim(self._db, starter, free)
        await self._begin(starter, rows)
        await self._probe()
        if not rows and not self._redis_up:
            await asyncio.sleep(WAIT_SECONDS * random.uniform(0.3, 0.7))  # noqa: S311 - spread

    def _starter(self) -> Starter:
        """Return who we are right now: a lost lease begins a new life in between."""
        return Starter(self._lease.worker, self._lease.name, self._kinds, self._suspicious)

    async def _begin(self, starter: Starter, rows: list[store.JobRow]) -> None:
        if rows:
            # Announced first: a fast attempt's ending must not overtake its beginning.
            await self._announcer.publish(rows)
            self._attempts.begin(rows, starter.worker)

    async def _probe(self) -> None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._redis.ping()
        except REDIS_TROUBLE:
            return
        self._redis_up = True
        log.info("intake.redis_is_back")


def as_uuid(member: bytes) -> UUID | None:
    """Return a job's id; None for anything else somebody may have put on the queue."""
    try:
        return UUID(member.decode())
    except ValueError:
        log.warning("intake.not_a_job", member=member[:60].decode(errors="replace"))
        return None
