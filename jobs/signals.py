"""What an autoscaler needs: how much waits, how full the workers are, how many there should be."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from jobs import store
from jobs.db import Database
from jobs.errors import Unavailable
from jobs.settings import JobsSettings
from jobs.store import Standing, WorkerLoad

GUESSED_SECONDS = 1.0
"""How long an attempt takes, while no worker knows."""


@dataclass(frozen=True)
class Picture:
    """The work at one moment. What waits in a paused queue, or for a limit, asks for no worker."""

    standings: Sequence[Standing]
    workers: Sequence[WorkerLoad]
    paused: frozenset[str]
    backlog_seconds: float
    usual_slots: int

    @cached_property
    def ready(self) -> int:
        """Return how many jobs could start now, had the workers room."""
        return sum(s.jobs for s in self._startable)

    @cached_property
    def lag_seconds(self) -> float:
        """Return how long the oldest of them has been waiting."""
        return max((s.oldest_seconds or 0.0 for s in self._startable), default=0.0)

    @cached_property
    def slots(self) -> int:
        """Return how many attempts the workers can run at once."""
        return sum(int(w.info.get("slots", 0)) for w in self.workers)

    @cached_property
    def busy(self) -> int:
        """Return how many of these slots are taken."""
        return sum(int(w.info.get("busy", 0)) for w in self.workers)

    @property
    def utilisation(self) -> float:
        """Return the share of the slots that is taken, 0 to 1; 1 without any."""
        return min(self.busy / self.slots, 1.0) if self.slots else 1.0

    @cached_property
    def jobs_per_second(self) -> float | None:
        """Return how many jobs the workers could get through; None while none has finished one."""
        known = [w.info for w in self.workers if "mean_seconds" in w.info]
        paces = [int(i["slots"]) / max(float(i["mean_seconds"]), 0.001) for i in known]
        return sum(paces) if paces else None

    @cached_property
    def ended_per_second(self) -> float:
        """Return how many attempts end per second."""
        return sum(float(w.info.get("ended_per_second", 0.0)) for w in self.workers)

    @property
    def drain_seconds(self) -> float | None:
        """Return how long the live workers need for all that is ready; None while nobody can know."""
        if not self.ready:
            return 0.0
        return self.ready / self.jobs_per_second if self.jobs_per_second else None

    @property
    def wanted_workers(self) -> int:
        """Return how many workers work off what is ready within ``backlog_seconds``, at least one.

        Slots in use stay in use; by Little's law the backlog takes as many more as jobs end per second,
        times their mean time. One is never taken away: schedules, webhooks and rescues need it.
        """
        each = self.slots / len(self.workers) if self.slots else self.usual_slots
        pace = self.jobs_per_second
        mean = self.slots / pace if pace and self.slots else GUESSED_SECONDS
        wanted = self.busy + self.ready * mean / self.backlog_seconds
        return max(math.ceil(wanted / each), 1)

    @property
    def _startable(self) -> list[Standing]:
        queued = (s for s in self.standings if s.state == "queued")
        return [s for s in queued if s.queue not in self.paused]


class Signals:
    """Reads the picture at most once in ``signals_seconds``, however many ask, and however often."""

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._picture: Picture | None = None

    async def read(self) -> Picture:
        """Return the picture. Raises Unavailable, for as long as a picture would have been kept."""
        async with self._reading:
            if time.monotonic() - self._read_at >= self._settings.signals_seconds:
                self._picture = None
                try:
                    self._picture = await self._look()
                finally:
                    self._read_at = time.monotonic()
            if self._picture is None:
                raise Unavailable
            return self._picture

    async def _look(self) -> Picture:
        return Picture(
            standings=await store.standings(self._db, self._settings.counted_jobs),
            workers=await store.worker_loads(self._db),
            paused=await store.paused_queues(self._db),
            backlog_seconds=self._settings.backlog_seconds,
            usual_slots=self._settings.worker_concurrency,
        )
