"""The arq queue: ids of queued jobs, one sorted set an org, taken in fair turns between the orgs.

Losing it loses nothing: the relay hands queued jobs over again, and without Redis workers claim
straight from Postgres. So its troubles are answers (False, None), not errors.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis

from jobs import keys
from jobs.store import JobRow
from realtime.breaker import REDIS_TROUBLE, Breaker

log = structlog.get_logger(__name__)

LUA = Path(__file__).with_name("lua")
FAIR = (keys.RING, keys.CLOCK, keys.RESTED, keys.WAKE, keys.BEHIND, keys.TAKEN)
MOST_TOKENS = 64
MOST_ORGS = 1_000
PAGE = 500

Entry = tuple[str, UUID, float]
"""An org, a job's id and its score: milliseconds since 1970 less the priority's head start."""


class ArqQueue:
    """Ids in the order they should start: of each org the first ``per_org``, the rest is in Postgres."""

    def __init__(
        self, redis: "Redis", timeout_seconds: float, breaker: Breaker, per_org: int = 10_000
    ) -> None:
        self._redis = redis
        self._timeout = timeout_seconds
        self._breaker = breaker
        self.per_org = per_org
        self._hand_over = redis.register_script((LUA / "hand_over.lua").read_text("utf-8"))
        self._place = redis.register_script((LUA / "place.lua").read_text("utf-8"))

    async def hand_over(self, queued: Iterable[JobRow]) -> bool:
        """Put queued jobs on the queue and so wake workers; what a limit holds is not for them yet."""
        entries = [
            (row.org_id, row.id, row.score)
            for row in queued
            if row.state == "queued" and row.held_by is None
        ]
        return await self.add(entries) is not None

    async def add(self, entries: Sequence[Entry], *, refill: bool = False) -> int | None:
        """Put jobs on the queue and return how many were not there; None when Redis was not reached.

        Those of an org with more jobs in the record than here wait for their turn there, unless they are
        the next ones (``refill``).
        """
        added = 0
        for start in range(0, len(entries), PAGE):
            page = entries[start : start + PAGE]
            flat = [part for org, job_id, score in page for part in (org, str(job_id), score)]
            arguments = [keys.QUEUE_PREFIX, MOST_TOKENS, self.per_org, int(refill), *flat]
            new = await self._ask(self._hand_over, keys=FAIR, args=arguments)
            if new is None:
                return None
            added += new
        return added

    async def depths(self, orgs: Sequence[str]) -> list[int] | None:
        """Return how many jobs of each org are here, None when Redis was not reached."""
        pipeline = self._redis.pipeline(transaction=False)
        for org in orgs:
            pipeline.zcard(keys.QUEUE_PREFIX + org)
        known: list[int] | None = await self._ask(pipeline.execute)
        return known

    async def last(self, org: str) -> tuple[float, UUID] | None:
        """Return the score and id of an org's last job here; None when there is none."""
        found = await self._ask(
            self._redis.zrange, keys.QUEUE_PREFIX + org, -1, -1, withscores=True
        )
        return (found[0][1], UUID(found[0][0].decode())) if found else None

    async def behind(self) -> list[str]:
        """Return the orgs with more queued jobs in the record than here."""
        members: Any = self._redis.smembers
        found = await self._ask(members, keys.BEHIND)
        return sorted(org.decode() for org in found or ())

    async def caught_up(self, org: str) -> None:
        """Take note that all of an org's queued jobs are here."""
        remove: Any = self._redis.srem
        await self._ask(remove, keys.BEHIND, org)

    async def remove(self, rows: Iterable[JobRow]) -> None:
        """Take jobs off the queue: cancelled ones need no worker to find out."""
        for row in rows:
            await self._ask(self._redis.zrem, keys.QUEUE_PREFIX + row.org_id, str(row.id))

    async def position(self, org: str, job_id: UUID) -> int | None:
        """Return a queued job's place from 1, None when the queue does not know."""
        arguments = [keys.QUEUE_PREFIX, org, str(job_id), MOST_ORGS]
        before = await self._ask(self._place, keys=[keys.RING], args=arguments)
        return None if before is None else int(before) + 1

    async def tell_workers(self, *words: str) -> bool:
        """Send a control message, such as ``cancel <job id>``, to every worker."""
        return await self._ask(self._redis.publish, keys.CONTROL, " ".join(words)) is not None

    @property
    def away(self) -> bool:
        """Return whether Redis was not reached a moment ago."""
        return self._breaker.open

    async def elected(self, seconds: float, what: str = keys.RELAY) -> bool:
        """Return whether this process is the one to do ``what`` (a key) for so long."""
        lifetime = int(seconds * 1000)
        return bool(await self._ask(self._redis.set, what, b"1", nx=True, px=lifetime))

    async def _ask(
        self, command: Callable[..., Awaitable[Any]], *args: object, **options: object
    ) -> Any:
        """Return Redis's answer, or None when it is away: at most one time-out per second."""
        if self._breaker.open:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                return await command(*args, **options)
        except REDIS_TROUBLE as error:
            self._breaker.trip()
            log.warning("queue.redis_trouble", error=type(error).__name__)
            return None
