"""The loop that fires schedules. Runs in every worker without a leader.

A pass is one transaction by the database's clock: due rows are locked, their ticks become jobs whose ids
follow from (schedule, tick), and the rows move on. So a tick exists once or not yet, whoever dies when.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from jobs import store
from jobs.acceptance import Acceptance, new_rows
from jobs.announcer import Announcer
from jobs.db import Database, Statements
from jobs.flows import Flows
from jobs.measures import SCHEDULE_LATENESS
from jobs.processor import Registry
from jobs.schedules.firing import Firing, fire, stopped
from jobs.schedules.missed import due_ticks
from jobs.schedules.wanted import rule_of
from jobs.settings import JobsSettings
from jobs.store import JobRow
from jobs.store import due_schedules as table
from jobs.store.due_schedules import Unfinished
from jobs.store.schedules import ScheduleRow, now

log = structlog.get_logger(__name__)

PAGE = 200
MOST_JOBS = 1_000
SPOILED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


@dataclass(slots=True)
class Fired:
    """What one pass did. ``more`` says that not all that is due was dealt with."""

    jobs: list[JobRow] = field(default_factory=list)
    overtaken: list[UUID] = field(default_factory=list)
    more: bool = False
    next_seconds: float | None = None


class Scheduler:
    """Fires what is due, then waits for the next tick, but never long: others make schedules too."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        registry: Registry,
        acceptance: Acceptance,
        flows: Flows,
        announcer: Announcer,
    ) -> None:
        self._settings = settings
        self._db = db
        self._kinds = tuple(registry)
        self._acceptance = acceptance
        self._flows = flows
        self._announcer = announcer
        self._grace = timedelta(seconds=settings.schedule_grace_seconds)
        self._newest_first = False
        self._page = PAGE
        self._held: list[ScheduleRow] = []

    async def step(self) -> None:
        """Make a pass; wait unless there is more to do."""
        fired = await self.fire()
        if not fired.more:
            await asyncio.sleep(self._pause(fired.next_seconds))

    async def fire(self) -> Fired:
        """Make one pass and tell of it.

        Passes take turns between what has waited longest and what has just become due, so that a
        schedule with much to make up for delays nobody.
        """
        try:
            fired = await self._db.in_transaction(self._pass)
        except SPOILED as error:
            return await self._find_spoiled(error)
        if fired.jobs:
            log.info("scheduler.fired", jobs=len(fired.jobs))
            SCHEDULE_LATENESS.observe_all([lateness(row) for row in fired.jobs])
        await self._announcer.announce(fired.jobs)
        if fired.overtaken:
            stopped = await store.cancel(self._db, store.ANYBODY, fired.overtaken)
            await self._flows.cancelled(stopped)
        return fired

    async def _find_spoiled(self, error: Exception) -> Fired:
        """Let the one schedule rest that the database refuses; go on one by one until it is found."""
        if len(self._held) == 1:
            await table.move(self._db, [stopped(self._held[0], error).move])
        self._page = PAGE if len(self._held) == 1 else 1
        return Fired(more=True)

    async def _pass(self, db: Statements) -> Fired:
        self._held = due = await self._due(db)
        if not due:
            self._page = PAGE
            return Fired(next_seconds=await table.next_due(db))
        moment = await now(db)
        early = await self._unfinished(db, due)
        overtaken = {row.id: ids for row in due if (ids := overtaken_by(row, early))}
        firings = [
            self._firing(row, moment, MOST_JOBS // len(due), unfinished=row.id in early)
            for row in due
            if row.id not in overtaken
        ]
        rows = await self._write(db, firings)
        behind = any(f.move.next_at is not None and f.move.next_at <= moment for f in firings)
        return Fired(
            jobs=rows,
            overtaken=[job for ids in overtaken.values() for job in ids],
            more=behind or bool(overtaken) or len(due) == self._page,
            next_seconds=await table.next_due(db),
        )

    async def _due(self, db: Statements) -> list[ScheduleRow]:
        self._newest_first = not self._newest_first
        grace = self._grace.total_seconds()
        return await table.lock_due(db, self._kinds, grace, self._page, newest=self._newest_first)

    async def _unfinished(
        self, db: Statements, due: Sequence[ScheduleRow]
    ) -> Mapping[UUID, list[Unfinished]]:
        """Return the jobs that have not ended, of those schedules that care."""
        found: dict[UUID, list[Unfinished]] = {}
        caring = [row.id for row in due if row.overlap != "allow"]
        for job in await table.unfinished(db, caring, MOST_JOBS) if caring else ():
            found.setdefault(job.schedule_id, []).append(job)
        return found

    def _firing(self, row: ScheduleRow, moment: datetime, most: int, *, unfinished: bool) -> Firing:
        rule, first = rule_of(row), row.next_at or moment
        try:
            due = due_ticks(rule, first, moment, missed=row.missed, grace=self._grace, most=most)
        except Exception as error:
            return stopped(row, error)
        return fire(row, due, self._acceptance, unfinished=unfinished)

    async def _write(self, db: Statements, firings: Sequence[Firing]) -> list[JobRow]:
        """Move the rows on and accept the jobs. A clock set back may name a tick again: it has its job."""
        await table.move(db, [firing.move for firing in firings])
        jobs = [job for firing in firings for job in firing.jobs]
        known = await table.known(db, [job.id for job in jobs]) if jobs else set()
        new = [job for job in jobs if job.id not in known]
        return new_rows(await store.accept(db, new)) if new else []

    def _pause(self, next_seconds: float | None) -> float:
        pause = self._settings.relay_seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load
        return pause if next_seconds is None else min(pause, max(next_seconds, 0.0))


def overtaken_by(row: ScheduleRow, early: Mapping[UUID, list[Unfinished]]) -> list[UUID]:
    """Return the jobs that have to be told to stop before the schedule's next one is accepted."""
    if row.overlap != "cancel_old":
        return []
    return [job.id for job in early.get(row.id, ()) if not job.stopping]


def lateness(row: JobRow) -> float:
    """Return how many seconds after its tick a schedule's job was made, by Postgres' clock."""
    tick = datetime.fromisoformat(row.metadata["tick"])
    return max((row.created_at - tick).total_seconds(), 0.0)
