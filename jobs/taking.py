"""Taking ids off the arq queue: one call for all free slots, a blocking pop when there is nothing."""

import asyncio
from pathlib import Path
from uuid import UUID

import structlog

from jobs import keys
from jobs.arq_queue import FAIR
from realtime.redis_connection import Word
from realtime.shared_connection import Script, SharedConnection

log = structlog.get_logger(__name__)

WAIT_SECONDS = 1.0
PROBE_LIFETIME_MS = 1_000
TAKE = Script(Path(__file__).with_name("lua") / "take.lua")


class Taking:
    """One worker's end of the queue, on a connection of its own, for it blocks.

    Raises REDIS_TROUBLE's errors: then there is Postgres. ``hungry`` is set when an org with more jobs in
    the record has fewer than ``low`` ids left.
    """

    def __init__(self, redis: SharedConnection, low: int, hungry: asyncio.Event) -> None:
        self._redis = redis
        self._low = low
        self._hungry = hungry

    async def take(self, most: int) -> list[UUID]:
        """Take what is there; if nothing is, wait to be woken, but not long, and take what came.

        Woken and taken is one round trip. Who is cancelled meanwhile hangs up, so that nothing is taken
        for nobody; what was on its way already is found by the sweep.
        """
        arguments = (keys.QUEUE_PREFIX, most, self._low)
        taken = self._noted(await self._redis.run(TAKE, FAIR, *arguments))
        if not taken:
            take = ("EVALSHA", TAKE.digest, len(FAIR), *FAIR, *arguments)
            taken = self._noted(await self._woken(take))
        return [found for member in taken if (found := job_id(member))]

    async def probe(self) -> None:
        """Write something: a full or read-only Redis answers a ping as if all were well."""
        await self._redis.ask("SET", keys.PROBE, "1", "PX", PROBE_LIFETIME_MS)

    def close(self) -> None:
        """Hang up."""
        self._redis.close()

    def _noted(self, answer: tuple[int, list[bytes]]) -> list[bytes]:
        """Return what was taken; take note when somebody wants more."""
        hungry, taken = answer
        if hungry:
            self._hungry.set()
        return taken

    async def _woken(self, take: tuple[Word, ...]) -> tuple[int, list[bytes]]:
        """Return what ``take`` answers once there is a wake token, or none came in time."""
        wait = ("BLPOP", keys.WAKE, WAIT_SECONDS)
        try:
            _, (hungry, taken) = await self._redis.ask_all([wait, take], WAIT_SECONDS)
        except asyncio.CancelledError:
            self._redis.close()
            raise
        return hungry, taken


def job_id(member: bytes) -> UUID | None:
    """Return a job's id; None for anything else somebody may have put on the queue."""
    try:
        return UUID(member.decode())
    except ValueError:
        log.warning("taking.not_a_job", member=member[:60].decode(errors="replace"))
        return None
