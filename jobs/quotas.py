"""How much one org or user may ask for: how fast they submit, and how much may wait.

Rates are kept in Redis by GCRA. A Redis that was emptied no longer knows who had submitted what: for one
period from then on it is told from the record. Without Redis each process keeps the rates by itself, and
begins with what the record tells.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis

from jobs import keys, store
from jobs.db import Database
from jobs.errors import TooMany
from jobs.limits import Quota, unambiguous
from jobs.settings import JobsSettings
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.caller import Caller

log = structlog.get_logger(__name__)

SCRIPT = Path(__file__).with_name("lua") / "rate.lua"
DEPTH_SECONDS = 1.0
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Charge:
    """One rate that a submission counts against."""

    name: str
    quota: Quota
    org: str
    user: str | None

    @property
    def key(self) -> str:
        """Return the rate's key in Redis."""
        org = unambiguous(self.org)
        who = org if self.user is None else f"{org}:{self.user}"
        return keys.rate(f"{self.name}:{who}")

    @property
    def interval(self) -> float:
        """Return the seconds between two jobs at the quota's pace."""
        return self.quota.period_seconds / self.quota.count


@dataclass(slots=True)
class Depth:
    """How many jobs of an org are queued: as it was read, and what came through here since."""

    read_at: float = float("-inf")
    jobs: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def old(self) -> bool:
        """Return whether it has to be read again."""
        return time.monotonic() - self.read_at > DEPTH_SECONDS


class Quotas:
    """Refuses what is too much, before anything is written."""

    def __init__(
        self, settings: JobsSettings, db: Database, redis: "Redis", breaker: Breaker
    ) -> None:
        self._settings = settings
        self._db = db
        self._breaker = breaker
        self._script = redis.register_script(SCRIPT.read_text(encoding="utf-8"))
        self._org = Quota.parse(settings.org_submit_rate) if settings.org_submit_rate else None
        self._user = Quota.parse(settings.user_submit_rate) if settings.user_submit_rate else None
        self._refused: dict[str, float] = {}
        self._alone: dict[str, float] = {}
        self._depths: dict[str, Depth] = {}

    async def check(self, caller: Caller, jobs: int) -> None:
        """Take ``jobs`` from the caller's quotas. Raises TooMany, with the seconds to wait."""
        if charges := self._charges(caller):
            await self._charge(charges, jobs)
        if self._settings.org_queue_depth:
            await self._check_depth(caller.org, jobs)

    def _charges(self, caller: Caller) -> list[Charge]:
        org = [Charge("org", self._org, caller.org, None)] if self._org else []
        user = [Charge("user", self._user, caller.org, caller.user)] if self._user else []
        return org + user

    async def _charge(self, charges: Sequence[Charge], jobs: int) -> None:
        now = time.monotonic()
        for charge in charges:
            if (until := self._refused.get(charge.key, 0.0)) > now:
                raise refusal(charge, until - now)  # a flood costs no round trips
        refused = await self._ask_redis(charges, jobs)
        if refused is None:
            refused = await self._charge_alone(charges, jobs)
        else:
            self._alone.clear()  # Redis knows better than what we kept while it was away
        if refused:
            charge, seconds = refused
            if len(self._refused) > MOST_REMEMBERED:
                self._refused.clear()
            self._refused[charge.key] = now + min(seconds, 1.0)
            raise refusal(charge, seconds)

    async def _ask_redis(
        self, charges: Sequence[Charge], jobs: int
    ) -> tuple[Charge, float] | tuple[()] | None:
        """Return what refuses and for how long, nothing when all is well, None without Redis."""
        used = dict.fromkeys(range(len(charges)), -1)
        for _ in range(len(charges) + 1):
            answer = await self._run(charges, jobs, list(used.values()))
            if answer is None:
                return None
            if answer[0] == 1:
                return ()
            charge = charges[answer[1] - 1]
            if answer[0] == 0:
                return charge, answer[2] / 1000
            used[answer[1] - 1] = await self._used(charge)
        return ()

    async def _used(self, charge: Charge) -> int:
        """Return what the record tells of the charge's last period."""
        period = charge.quota.period_seconds
        return await store.submitted(self._db, charge.org, charge.user, period)

    async def _run(
        self, charges: Sequence[Charge], jobs: int, used: Sequence[int]
    ) -> "list[int] | None":
        names = [keys.AWAKE, *(charge.key for charge in charges)]
        numbers: list[Any] = [jobs]
        for charge, before in zip(charges, used, strict=True):
            quota = charge.quota
            period = quota.period_seconds * 1000
            numbers += [charge.interval * 1000, quota.count, period, before]
        if self._breaker.open:
            return None
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                answer: list[int] = await self._script(keys=names, args=numbers)
                return answer
        except REDIS_TROUBLE as error:
            self._breaker.trip()
            log.warning("quotas.redis_trouble", error=type(error).__name__)
            return None

    async def _charge_alone(
        self, charges: Sequence[Charge], jobs: int
    ) -> tuple[Charge, float] | tuple[()]:
        if len(self._alone) > MOST_REMEMBERED:
            self._alone.clear()
        for charge in charges:
            if charge.key not in self._alone:
                used = min(await self._used(charge), charge.quota.count)
                self._alone.setdefault(charge.key, time.monotonic() + used * charge.interval)
        now = time.monotonic()
        arrivals = {}
        for charge in charges:
            cost = min(jobs, charge.quota.count)
            arrival = max(self._alone.get(charge.key, now), now) + cost * charge.interval
            late = arrival - charge.quota.period_seconds - now
            if late > 0:
                return charge, late
            arrivals[charge.key] = arrival
        self._alone |= arrivals
        return ()

    async def _check_depth(self, org: str, jobs: int) -> None:
        """Count what waits, at most once a second; what came through here since then is added."""
        most = self._settings.org_queue_depth
        if len(self._depths) > MOST_REMEMBERED:
            self._depths.clear()
        depth = self._depths.get(org) or self._depths.setdefault(org, Depth())
        if depth.old:
            async with depth.reading:
                if depth.old:
                    depth.jobs = await store.queue_depth(self._db, org, most)
                    depth.read_at = time.monotonic()
        if depth.jobs + jobs > most:
            message = f"Your org has {depth.jobs} jobs in the queue; at most {most} may wait."
            raise TooMany(message, after_seconds=5.0, code="queue_full")
        depth.jobs += jobs


def refusal(charge: Charge, seconds: float) -> TooMany:
    """Return the error for a rate that is used up."""
    quota = charge.quota
    message = f"At most {quota.count} jobs per {quota.period_seconds:g} s for each {charge.name}."
    rate = (charge.name, quota.count, quota.period_seconds)
    return TooMany(message, after_seconds=seconds, code="rate_limited", quota=rate)
