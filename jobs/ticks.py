"""The loop behind the kinds' own clocks (``tick``). Runs in every worker without a leader.

A slot is taken in the transaction that accepts its jobs, by the database's clock: it is dealt with once, or
not yet, whoever dies when. Only the newest slot counts: what an older one would have found is still due.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import BaseModel

from jobs import store
from jobs.acceptance import Acceptance, Submission, new_rows
from jobs.announcer import Announcer
from jobs.db import Database, Statements
from jobs.errors import JobError
from jobs.log_errors import told
from jobs.processor import Kind, Registry
from jobs.schedules.ticks import Rule, newest, next_after
from jobs.store import JobRow, NewJob
from jobs.store import ticks as table
from jobs.store.schedules import now
from jobs.tick import Due, Tick
from jobs.wire_json import moment
from realtime.caller import Caller

log = structlog.get_logger(__name__)

LIMIT = 5_000
PAGE = 500
LONGEST_PAUSE_SECONDS = 15.0
RETRY_SECONDS = 5.0
SPREAD_SECONDS = 0.5
LOOKS_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=1_500))


class Taken(JobError):
    """Another worker has dealt with this slot."""


class Ticks:
    """Looks for slots whose time has come, and submits what is due then."""

    def __init__(
        self, db: Database, registry: Registry, acceptance: Acceptance, announcer: Announcer
    ) -> None:
        self._db = db
        self._acceptance = acceptance
        self._announcer = announcer
        self._ticking = [(kind, kind.tick) for kind in registry.values() if kind.tick is not None]
        self._dealt_with: dict[str, datetime] = {}

    async def step(self) -> None:
        """Wait for the next slot, but never long: clocks are set; then make a pass.

        It begins with a pause, so that a worker that starts is busy with its jobs first.
        """
        await asyncio.sleep(await self._pause() + random.uniform(0, SPREAD_SECONDS))  # noqa: S311 - spread
        await self.fire()

    async def fire(self) -> list[JobRow]:
        """Deal with every slot that is due and return the jobs that were made. Raises Unavailable.

        A kind that cannot tell what is due is tried again, and keeps no other from it.
        """
        moment = await now(self._db)
        made: list[JobRow] = []
        for kind, tick in self._ticking:
            slot = newest_slot(tick.cron, moment)
            if slot is None or self._dealt_with.get(kind.name) == slot:
                continue
            try:
                made += await self._deal_with(kind, tick, slot, moment)
            except Exception as error:
                log.warning("tick.failed", kind=kind.name, error=told(error), exc_info=True)
            else:
                self._dealt_with[kind.name] = slot
        return made

    async def _deal_with(
        self, kind: Kind, tick: Tick, slot: datetime, moment: datetime
    ) -> list[JobRow]:
        """Submit what is due in a slot, a page at a time, unless another worker does."""
        if await table.fired(self._db, kind.name, slot):
            return []
        made: list[JobRow] = []
        taking = True
        while True:
            try:
                rows, full = await self._page(kind, tick, slot, moment, taking=taking)
            except Taken:
                return []
            made += rows
            if not (full and rows):
                log.info("tick.fired", kind=kind.name, slot=slot.isoformat(), jobs=len(made))
                return made
            taking = False

    async def _page(
        self, kind: Kind, tick: Tick, slot: datetime, moment: datetime, *, taking: bool
    ) -> tuple[list[JobRow], bool]:
        """Ask once and submit; says whether there may be more. Raises Taken.

        The slot is taken before anybody is asked: another worker, that finds the rows locked which this one
        is about to move on, must not take it with nothing in its hands.
        """
        async with AsyncExitStack() as committed_after_the_jobs:

            async def work(db: Statements) -> tuple[list[JobRow], bool]:
                if taking and not await table.claim(db, kind.name, slot):
                    raise Taken
                async with AsyncExitStack() as opened:
                    session = await opened.enter_async_context(self._db.session())
                    due = await tick.due(session, moment, LIMIT)
                    rows = await accept(db, self._built(kind, slot, due))
                    committed_after_the_jobs.push_async_exit(opened.pop_all())
                return rows, len(due) >= LIMIT

            rows, full = await self._db.in_transaction(work)
        await self._announcer.announce(rows)
        return rows, full

    def _built(self, kind: Kind, slot: datetime, due: Sequence[Due]) -> list[NewJob]:
        """Return the jobs of what is due; one that does not fit its kind's schema is left out."""
        jobs = []
        for one in due:
            try:
                jobs.append(self._job(kind, slot, one))
            except JobError as error:
                log.warning("tick.refused", kind=kind.name, key=one.unique_key, error=str(error))
        return jobs

    def _job(self, kind: Kind, slot: datetime, due: Due) -> NewJob:
        args = plain(due.args)
        told = {"tick": moment(slot)}
        wanted = Submission(kind.name, args, unique_key=due.unique_key, metadata=told)
        owner = Caller(due.user, due.org, frozenset({"jobs:write"}))
        return self._acceptance.build(owner, wanted)

    async def _pause(self) -> float:
        """Return how many seconds to wait for the next slot, or until what failed is tried again."""
        moment = await now(self._db)
        longest = LONGEST_PAUSE_SECONDS
        for kind, tick in self._ticking:
            if self._dealt_with.get(kind.name) != newest_slot(tick.cron, moment):
                return RETRY_SECONDS
            coming = next_after(Rule(cron=tick.cron), moment)
            if coming is not None:
                longest = min(longest, (coming - moment).total_seconds())
        return longest


async def accept(db: Statements, jobs: Sequence[NewJob]) -> list[JobRow]:
    """Take jobs in; those that are there already under their unique key are not among the rows."""
    rows: list[JobRow] = []
    for first in range(0, len(jobs), PAGE):
        rows += new_rows(await store.accept(db, jobs[first : first + PAGE]))
    return rows


def plain(args: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """Return args as a caller would send them."""
    if isinstance(args, BaseModel):
        return args.model_dump(mode="json", exclude_unset=True)
    return dict(args)


def newest_slot(cron: str, moment: datetime) -> datetime | None:
    """Return the last time, in UTC, that ``cron`` names up to ``moment``; None within four years."""
    rule = Rule(cron=cron)
    for back in LOOKS_BACK:
        first = next_after(rule, moment - back)
        if first is not None and first <= moment:
            return newest(rule, first, moment)
    return None
