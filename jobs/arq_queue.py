"""The arq queue: ids of queued jobs in a sorted set, handed over so that a worker starts them at once.

Losing it loses nothing: the relay hands queued jobs over again, and without Redis workers claim
straight from Postgres. So its troubles are answers (False, None), not errors.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis

from jobs import keys
from jobs.store import JobRow
from realtime.breaker import REDIS_TROUBLE, Breaker

log = structlog.get_logger(__name__)


class ArqQueue:
    """Ids in the order they should start; the score is the job's own (see models.Job)."""

    def __init__(self, redis: "Redis", timeout_seconds: float, breaker: Breaker) -> None:
        self._redis = redis
        self._timeout = timeout_seconds
        self._breaker = breaker

    async def hand_over(self, queued: Iterable[JobRow]) -> bool:
        """Put queued jobs on the queue and so wake a worker."""
        scores = {str(row.id): row.score for row in queued if row.state == "queued"}
        return await self.add(scores) is not None

    async def add(self, scores: Mapping[str, float]) -> int | None:
        """Put ids on the queue and return how many were not there; None when Redis was not reached."""
        if not scores:
            return 0
        added: int | None = await self._ask(self._redis.zadd, keys.QUEUE, dict(scores), nx=True)
        return added

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Take ids off the queue: cancelled jobs need no worker to find out."""
        if ids:
            await self._ask(self._redis.zrem, keys.QUEUE, *map(str, ids))

    async def position(self, job_id: UUID) -> int | None:
        """Return a queued job's place from 1, None when the queue does not know."""
        rank = await self._ask(self._redis.zrank, keys.QUEUE, str(job_id))
        return None if rank is None else rank + 1

    async def tell_workers(self, *words: str) -> bool:
        """Send a control message, such as ``cancel <job id>``, to every worker."""
        return await self._ask(self._redis.publish, keys.CONTROL, " ".join(words)) is not None

    async def elected(self, seconds: float) -> bool:
        """Return whether this process sweeps the backlog in this round."""
        lifetime = int(seconds * 1000)
        return bool(await self._ask(self._redis.set, keys.RELAY, b"1", nx=True, px=lifetime))

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
