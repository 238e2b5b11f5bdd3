"""The arq queue: ids of queued jobs, one sorted set an org, taken in fair turns between the orgs.

Losing it loses nothing: the relay hands queued jobs over again, and without Redis workers claim
straight from Postgres. So its troubles are answers (False, None), not errors.
"""

from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from jobs import keys
from jobs.store import JobRow
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.redis_connection import Word
from realtime.shared_connection import Script, SharedConnection

log = structlog.get_logger(__name__)

LUA = Path(__file__).with_name("lua")
HAND_OVER, PLACE = Script(LUA / "hand_over.lua"), Script(LUA / "place.lua")
FAIR = (keys.RING, keys.CLOCK, keys.RESTED, keys.WAKE, keys.BEHIND, keys.TAKEN)
MOST_TOKENS = 64
MOST_ORGS = 1_000
PAGE = 500

Entry = tuple[str, UUID, float]
"""An org, a job's id and its score: milliseconds since 1970 less the priority's head start."""


class ArqQueue:
    """Ids in the order they should start: of each org the first ``per_org``, the rest is in Postgres."""

    def __init__(self, redis: SharedConnection, breaker: Breaker, per_org: int = 10_000) -> None:
        self._redis = redis
        self._breaker = breaker
        self.per_org = per_org

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
            arguments = (keys.QUEUE_PREFIX, MOST_TOKENS, self.per_org, int(refill), *flat)
            new = await self._answer(self._redis.run(HAND_OVER, FAIR, *arguments))
            if new is None:
                return None
            added += new
        return added

    async def depths(self, orgs: Sequence[str]) -> list[int] | None:
        """Return how many jobs of each org are here, None when Redis was not reached."""
        counts = [("ZCARD", keys.QUEUE_PREFIX + org) for org in orgs]
        known: list[int] | None = await self._answer(self._redis.ask_all(counts))
        return known

    async def last(self, org: str) -> tuple[float, UUID] | None:
        """Return the score and id of an org's last job here; None when there is none."""
        found = await self._ask("ZRANGE", keys.QUEUE_PREFIX + org, -1, -1, "WITHSCORES")
        return (found[0][1], UUID(found[0][0].decode())) if found else None

    async def behind(self) -> list[str]:
        """Return the orgs with more queued jobs in the record than here."""
        found = await self._ask("SMEMBERS", keys.BEHIND)
        return sorted(org.decode() for org in found or ())

    async def caught_up(self, org: str) -> None:
        """Take note that all of an org's queued jobs are here."""
        await self._ask("SREM", keys.BEHIND, org)

    async def remove(self, rows: Iterable[JobRow]) -> None:
        """Take jobs off the queue: cancelled ones need no worker to find out."""
        for row in rows:
            await self._ask("ZREM", keys.QUEUE_PREFIX + row.org_id, str(row.id))

    async def position(self, org: str, job_id: UUID) -> int | None:
        """Return a queued job's place from 1, None when the queue does not know."""
        asked = (keys.QUEUE_PREFIX, org, str(job_id), MOST_ORGS)
        before = await self._answer(self._redis.run(PLACE, (keys.RING,), *asked))
        return None if before is None else int(before) + 1

    async def tell_workers(self, *words: str) -> bool:
        """Send a control message, such as ``cancel <job id>``, to every worker."""
        return await self._ask("PUBLISH", keys.CONTROL, " ".join(words)) is not None

    @property
    def away(self) -> bool:
        """Return whether Redis was not reached a moment ago."""
        return self._breaker.open

    async def elected(self, seconds: float, what: str = keys.RELAY) -> bool:
        """Return whether this process is the one to do ``what`` (a key) for so long."""
        lifetime = int(seconds * 1000)
        return bool(await self._ask("SET", what, "1", "NX", "PX", lifetime))

    async def _ask(self, *words: Word) -> Any:
        return await self._answer(self._redis.ask(*words))

    async def _answer(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """Return Redis's answer, or None when it is away: at most one time-out per second."""
        if self._breaker.open:
            asked.close()
            return None
        try:
            return await asked
        except REDIS_TROUBLE as error:
            self._breaker.trip()
            log.warning("queue.redis_trouble", error=type(error).__name__)
            return None
