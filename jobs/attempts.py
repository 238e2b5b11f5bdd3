"""The attempts a worker has under way: begun, told to end, reconciled with the record, settled."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from jobs import store
from jobs.announcer import Announcer
from jobs.batching import Batcher
from jobs.db import Database
from jobs.errors import Unavailable
from jobs.executor import Settle, Tools, execute
from jobs.lease import Lease
from jobs.running import Running, Why
from jobs.store import Held, JobRow, Outcome

log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 1.0


class Attempts:
    """Runs attempts as tasks and keeps their number at most ``slots``."""

    def __init__(
        self, tools: Tools, db: Database, announcer: Announcer, lease: Lease, slots: int
    ) -> None:
        self._tools = tools
        self._db = db
        self._announcer = announcer
        self._lease = lease
        self._slots = slots
        self._running: dict[UUID, Running] = {}
        self._strangers: set[Held] = set()
        self._settling = Batcher(self._settle, lanes=4)
        self.changed = asyncio.Event()
        self.ended: Counter[str] = Counter()

    @property
    def free(self) -> int:
        """Return how many more attempts may begin."""
        return self._slots - len(self._running)

    @property
    def tasks(self) -> dict[str, asyncio.Task[None]]:
        """Return what is under way, by job id."""
        return {str(r.job_id): r.task for r in self._running.values() if r.task is not None}

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, rows: Sequence[JobRow], worker: UUID) -> None:
        """Begin attempts for rows that were just started in this life of the worker."""
        settle = self._settle_for(worker)
        for row in rows:
            running = Running(row.id, row.attempt, row.timeout_seconds)
            self._running[row.id] = running
            running.task = asyncio.create_task(execute(self._tools, row, running, settle))
            running.task.add_done_callback(self._ended(running))

    def stop(self, why: Why, job_id: UUID | None = None) -> None:
        """Tell one attempt, or all, to end."""
        for running in list(self._running.values()):
            if job_id in {None, running.job_id}:
                running.stop(why)

    async def finished(self) -> None:
        """Wait until no attempt is under way."""
        while self._running:
            self.changed.clear()
            await self.changed.wait()

    async def reconcile(self) -> None:
        """Compare memory with the record: stop what was cancelled or taken away, return strangers.

        A stranger is a running row of ours that we know nothing of: the reply to its start got lost.
        Seen at two heartbeats running it is given back.
        """
        mine = dict(self._running)
        held = {h.id: h for h in await store.held(self._db, self._lease.worker)}
        for job_id, running in mine.items():
            row = held.get(job_id)
            if row is None or row.attempt != running.attempt:
                running.stop(Why.FENCE)
            elif row.stop:
                running.stop(Why.CANCEL)
            running.insist()
        strangers = {h for h in held.values() if h.id not in self._running}
        lost, self._strangers = strangers & self._strangers, strangers
        if lost:
            await self._give_back(lost)

    async def _give_back(self, lost: set[Held]) -> None:
        log.warning("attempts.given_back", jobs=len(lost))
        outcomes = [Outcome(h.id, h.attempt, "queued", "released") for h in lost]
        await self._announcer.announce(await store.settle(self._db, self._lease.worker, outcomes))

    def _settle_for(self, worker: UUID) -> Settle:
        return lambda outcome: self._settling.add((worker, outcome))

    async def _settle(self, ended: Sequence[tuple[UUID, Outcome]]) -> Sequence[bool]:
        """Record outcomes, however long Postgres is away, as long as our lease may still hold."""
        settled: set[tuple[UUID, int]] = set()
        for worker in dict.fromkeys(worker for worker, _ in ended):
            outcomes = [outcome for owner, outcome in ended if owner == worker]
            rows = await self._persist(worker, outcomes)
            settled |= {(row.id, row.attempt) for row in rows}
            self.ended.update(row.state for row in rows)
            await self._announcer.announce(rows)
        return [(outcome.id, outcome.attempt) in settled for _, outcome in ended]

    async def _persist(self, worker: UUID, outcomes: Sequence[Outcome]) -> list[JobRow]:
        pause = 0.05
        while worker == self._lease.worker:
            try:
                return await store.settle(self._db, worker, outcomes)
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return []

    def _ended(self, running: Running) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            if self._running.get(running.job_id) is running:
                del self._running[running.job_id]
            if not task.cancelled() and (error := task.exception()):
                log.error("attempt.broke", id=str(running.job_id), error=repr(error))
            self.changed.set()

        return done
