"""Taking ids off the arq queue: one call for all free slots, a blocking pop when there is nothing."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis

from jobs import keys
from jobs.arq_queue import FAIR

log = structlog.get_logger(__name__)

WAIT_SECONDS = 1.0
PROBE_SECONDS = 0.5
PROBE_LIFETIME_MS = 1_000
SCRIPT = Path(__file__).with_name("lua") / "take.lua"


class Taking:
    """One worker's end of the queue. Raises REDIS_TROUBLE's errors: then there is Postgres.

    ``hungry`` is set when an org with more jobs in the record has fewer than ``low`` ids left.
    """

    def __init__(self, redis: "Redis", low: int, hungry: asyncio.Event) -> None:
        self._redis = redis
        self._low = low
        self._hungry = hungry
        self._take = redis.register_script(SCRIPT.read_text(encoding="utf-8"))

    async def take(self, most: int) -> list[UUID]:
        """Take what is there; if nothing is, wait to be woken, but not long, and take what came."""
        async with asyncio.timeout(WAIT_SECONDS + PROBE_SECONDS):
            taken = await self._take_now(most)
            if not taken and await self._woken():
                taken = await self._take_now(most)
        return [found for member in taken if (found := job_id(member))]

    async def probe(self) -> None:
        """Write something: a full or read-only Redis answers a ping as if all were well."""
        async with asyncio.timeout(PROBE_SECONDS):
            await self._redis.set(keys.PROBE, b"1", px=PROBE_LIFETIME_MS)

    async def _take_now(self, most: int) -> list[bytes]:
        hungry, taken = await self._take(keys=FAIR, args=[keys.QUEUE_PREFIX, most, self._low])
        if hungry:
            self._hungry.set()
        return list(taken)

    async def _woken(self) -> bool:
        """Wait for a wake token; False when none came in time."""
        waiting: Any = self._redis.blpop([keys.WAKE], timeout=WAIT_SECONDS)  # type: ignore[arg-type]
        return bool(await waiting)


def job_id(member: bytes) -> UUID | None:
    """Return a job's id; None for anything else somebody may have put on the queue."""
    try:
        return UUID(member.decode())
    except ValueError:
        log.warning("taking.not_a_job", member=member[:60].decode(errors="replace"))
        return None
