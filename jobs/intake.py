"""Getting work: ids from the arq queue in one call for all free slots, started in one statement.

Without Redis the worker claims straight from Postgres. It waits for work in a blocking pop and is
woken at once, never by polling.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import structlog

from jobs import store
from jobs.announcer import Announcer
from jobs.attempts import Attempts
from jobs.db import Database
from jobs.errors import Unavailable
from jobs.gate import Gate
from jobs.lease import Lease
from jobs.measuring import measure_starts
from jobs.store import Starter
from jobs.supervision import wait_until
from jobs.taking import WAIT_SECONDS, Taking
from realtime.breaker import REDIS_TROUBLE

log = structlog.get_logger(__name__)

MOST = 200
LANES = 2
SOME_ORGS = 200


class Intake:
    """Fills the free slots of ``attempts`` with jobs of known ``kinds``."""

    def __init__(
        self,
        queue: Taking,
        db: Database,
        announcer: Announcer,
        attempts: Attempts,
        lease: Lease,
        kinds: Sequence[str],
        suspicious: int,
        gate: Gate,
    ) -> None:
        self._queue = queue
        self._db = db
        self._announcer = announcer
        self._attempts = attempts
        self._lease = lease
        self._kinds = kinds
        self._suspicious = suspicious
        self._gate = gate
        self._last_orgs = ""
        self._taking, self._starting = asyncio.Lock(), asyncio.Lock()
        self._on_their_way = 0
        self._share = min(-(-attempts.slots // LANES), MOST)
        self._redis_up = True

    async def fill(self) -> None:
        """Wait for a free slot and for work, then begin as much as fits.

        Called by ``LANES`` loops side by side: while one's jobs are being started the other's run. Only one
        at a time takes, and each takes its share of the slots only, so that there is something to overlap.
        """
        async with self._taking:
            ids = await self._take_some()
            self._on_their_way += len(ids)
        try:
            if ids:
                await self._start(ids)
        finally:
            self._on_their_way -= len(ids)
            self._attempts.changed.set()

    async def _take_some(self) -> Sequence[UUID]:
        """Take ids for the free slots, none when there is no slot or no work for a while."""
        free = min(self._attempts.free - self._on_their_way, self._share)
        if free <= 0:
            self._attempts.changed.clear()
            await wait_until(self._attempts.changed, WAIT_SECONDS)
            return ()
        if not self._redis_up:
            await self._claim(free)
            return ()
        try:
            return await self._queue.take(free)
        except REDIS_TROUBLE as error:
            self._redis_up = False
            log.warning("intake.without_redis", error=type(error).__name__)
            return ()

    async def _claim(self, free: int) -> None:
        ids = await store.in_turn(self._db, self._kinds, self._last_orgs, SOME_ORGS, free)
        rows = await self._start(ids) if ids else []
        again = bool(self._last_orgs)
        # As long as the first orgs fill every slot, the next time begins behind them.
        self._last_orgs = max((row.org_id for row in rows), default="") if len(ids) == free else ""
        await self._probe()
        if not rows and not again and not self._redis_up:
            await asyncio.sleep(WAIT_SECONDS * random.uniform(0.3, 0.7))  # noqa: S311 - spread

    def _starter(self) -> Starter:
        """Return who we are right now: a lost lease begins a new life in between."""
        lease = self._lease
        return Starter(lease.worker, lease.name, self._kinds, self._suspicious, self._gate.limits)

    async def _start(self, ids: Sequence[UUID]) -> list[store.JobRow]:
        """Start what may start of ``ids`` and begin the attempts, which returns at once.

        They are announced before the first attempt's first step, though nobody waits for it: an ending
        comes a commit later.
        """
        with self._attempts.starting():
            starter, rows = await self._started(ids)
            measure_starts(rows)
            async with asyncio.TaskGroup() as telling:
                telling.create_task(self._announcer.publish(rows))
                self._attempts.begin(rows, starter.worker)
        return rows

    async def _started(self, ids: Sequence[UUID]) -> tuple[Starter, list[store.JobRow]]:
        """Start first what no limit concerns, then the rest.

        One lane at a time, in the order in which they took: what shares a key starts in its order, and each
        statement sees whether this worker has a suspect already.
        """
        async with self._starting:
            starter, rows = self._starter(), []
            if not self._gate.limits.per_org:  # with a cap per org a limit concerns every job
                rows = await store.start(self._db, starter, ids)
            if left := list(set(ids) - {row.id for row in rows}):
                with suppress(Unavailable):  # those stay queued; what has been started must begin
                    limited = await store.start_limited(self._db, starter, left)
                    rows += limited.rows
                    await self._gate.freed(limited.passed_on)
        return starter, rows

    async def _probe(self) -> None:
        try:
            await self._queue.probe()
        except REDIS_TROUBLE:
            return
        self._redis_up = True
        log.info("intake.redis_is_back")
