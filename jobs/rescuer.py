"""Rescuing the jobs of dead workers: leaderless, in every worker, by leases that ran out."""

import asyncio
import random

import structlog

from jobs import store, troubles
from jobs.announcer import Announcer
from jobs.db import Database
from jobs.flows import Flows
from jobs.lease import Lease
from jobs.measures import RESCUED

log = structlog.get_logger(__name__)


class Rescuer:
    """Looks five times per lease. Waits while this worker cannot trust its own view of the database."""

    def __init__(
        self, db: Database, announcer: Announcer, flows: Flows, lease: Lease, max_crashes: int
    ) -> None:
        self._db = db
        self._announcer = announcer
        self._flows = flows
        self._lease = lease
        self._max_crashes = max_crashes

    async def step(self) -> None:
        """Wait a little and rescue."""
        pause = self._lease.seconds / 5
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreading load
        if self._lease.proven:
            await self.rescue()

    async def rescue(self) -> None:
        """Queue again what ran on workers whose lease ran out."""
        rescued = await store.rescue(
            self._db, self._lease.seconds, self._max_crashes, self._lease.worker
        )
        for row in rescued:
            RESCUED.add(row.state)
            if row.state == "failed":
                troubles.job_lost(row)
            log.warning("job.rescued", id=str(row.id), kind=row.kind, state=row.state)
        await self._announcer.announce(rescued)
        await self._flows.follow_up(rescued)
