"""Letting go the jobs that a limit held: when slots come free, and when a rate's time has come."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

from jobs import store
from jobs.arq_queue import ArqQueue
from jobs.db import Database
from jobs.limits import Limits

MOST = 1_000


class Gate:
    """Knows the limits and who is held by them."""

    def __init__(self, db: Database, line: ArqQueue, limits: Limits) -> None:
        self._db = db
        self._line = line
        self.limits = limits
        self._one_by_one = asyncio.Lock()

    async def freed(self, slots: Iterable[str] | Mapping[str, int]) -> None:
        """Let as many jobs go as slots were given back or left, right after the commit they are free by."""
        if room := Counter(slots):
            await self._let_go(room)

    async def let_go(self) -> float:
        """Let every job go that has room now; return in how many seconds a rate has room again."""
        room: dict[str, int] = {}
        soonest = float("inf")
        for key, limit in (await store.holding(self._db)).items():
            room[key], seconds = store.room_of(self.limits, key, limit, MOST)
            soonest = min(soonest, seconds)
        await self._let_go(room)
        return soonest

    async def _let_go(self, room: Mapping[str, int]) -> None:
        """Hand over before the next are let go, or a later job of a key might start before an earlier."""
        async with self._one_by_one:
            await self._line.hand_over(await store.let_go(self._db, room))
