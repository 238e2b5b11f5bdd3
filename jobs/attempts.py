"""The attempts a worker has under way: begun, told to end, reconciled with the record, settled."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import structlog

from jobs import store
from jobs.batching import Batcher
from jobs.errors import Unavailable
from jobs.executor import Tools, execute
from jobs.lease import Lease
from jobs.log_errors import told
from jobs.measuring import measure_endings
from jobs.resources import Resources
from jobs.running import Running, Why
from jobs.store import Held, JobRow, Outcome

log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 1.0
RECENT = 0.1


class Attempts:
    """Runs attempts as tasks: at most ``slots`` at work, and twice as many with those being recorded."""

    def __init__(self, tools: Tools, resources: Resources, lease: Lease, slots: int) -> None:
        self._tools = tools
        self._db = resources.db
        self._announcer = resources.announcer
        self._flows = resources.flows
        self._gate = resources.gate
        self._lease = lease
        self.slots = slots
        self._running: dict[UUID, Running] = {}
        self._strangers: dict[Held, frozenset[object]] = {}
        self._starts: set[object] = set()
        self._settling = Batcher(self._settle)
        self.changed = asyncio.Event()
        self.ended: Counter[str] = Counter()
        self._mean_seconds = 0.0

    @property
    def free(self) -> int:
        """Return how many more attempts may begin.

        One that waits for others takes no slot, nor does one that only waits for its commit. But when
        Postgres cannot keep up with the endings, nothing more is begun.
        """
        at_work = sum(running.at_work for running in self._running.values())
        unrecorded = sum(running.over for running in self._running.values())
        return self.slots - max(at_work, at_work + unrecorded - self.slots)

    @property
    def tasks(self) -> dict[str, asyncio.Task[None]]:
        """Return what is under way, by job id."""
        return {str(r.job_id): r.task for r in self._running.values() if r.task is not None}

    @property
    def figures(self) -> dict[str, float]:
        """Return what others should know of this worker: its slots, how busy, how long attempts take."""
        busy = self.slots - self.free
        figures = {"slots": self.slots, "busy": busy, "running": len(self._running)}
        return figures | ({"mean_seconds": self._mean_seconds} if self._mean_seconds else {})

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, rows: Sequence[JobRow], worker: UUID) -> None:
        """Begin attempts for rows that were just started in this life of the worker."""
        for row in rows:
            running = Running(row.id, row.attempt, worker, row.timeout_seconds)
            running.slots = row.slots
            running.may_park, running.freed = self._may_park, self._freed
            self._running[row.id] = running
            settle = partial(self._record, running)
            running.task = asyncio.create_task(execute(self._tools, row, running, settle))
            running.task.add_done_callback(self._ended(running))

    @contextmanager
    def starting(self) -> Iterator[None]:
        """While jobs are being started: they are ours in the record, but not yet in memory."""
        start = object()
        self._starts.add(start)
        try:
            yield
        finally:
            self._starts.discard(start)

    def stop(self, why: Why, job_id: UUID | None = None) -> None:
        """Tell one attempt, or all, to end."""
        for running in list(self._running.values()):
            if job_id in {None, running.job_id}:
                running.stop(why)

    def wake(self, job_id: UUID) -> None:
        """Let a waiting attempt look again at what it waits for."""
        if running := self._running.get(job_id):
            running.woken.set()

    def release_parked(self) -> None:
        """Give back what only waits for others: it can wait as well elsewhere."""
        for running in list(self._running.values()):
            if running.parked:
                running.stop(Why.RELEASE)

    async def finished(self) -> None:
        """Wait until no attempt is under way."""
        while self._running:
            self.changed.clear()
            await self.changed.wait()

    async def reconcile(self) -> None:
        """Compare memory with the record: stop what was cancelled or taken away, return strangers.

        A stranger is a running row of ours that we know nothing of: the reply to its start got lost.
        Seen at two heartbeats running, with every start over that could explain it, it is given back.
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
            running.woken.set()
        strangers = [h for h in held.values() if h.id not in self._running]
        seen, under_way = self._strangers, frozenset(self._starts)
        lost = {h for h in strangers if h in seen and not seen[h] & under_way}
        self._strangers = {h: seen.get(h, under_way) for h in strangers}
        if lost:
            await self._give_back(lost)

    def _may_park(self) -> bool:
        """Return whether one more attempt may wait here without a slot."""
        parked = sum(running.parked for running in self._running.values())
        return parked < self._tools.settings.parked_attempts

    async def _freed(self, slots: list[str]) -> None:
        """Let others have the slots of an attempt that waits, and its place on this worker."""
        self.changed.set()
        await self._gate.freed(slots)

    async def give_back_rest(self) -> None:
        """Give back whatever the record still has under our lease, when nothing more will be started.

        A start that was cut short by the shutdown, or an attempt that did not let go in time.
        """
        if held := set(await store.held(self._db, self._lease.worker)):
            await self._give_back(held)

    async def _give_back(self, lost: set[Held]) -> None:
        log.warning("attempts.given_back", jobs=len(lost))
        outcomes = [Outcome(h.id, h.attempt, "queued", "released") for h in lost]
        await self._announcer.announce(await store.settle(self._db, self._lease.worker, outcomes))

    async def _record(self, running: Running, outcome: Outcome) -> bool:
        """Have the outcome recorded together with others; its slot is free for the next meanwhile."""
        running.over, running.ended = True, time.monotonic()
        self.changed.set()
        return await self._settling.add((running.worker, outcome))

    async def _settle(self, ended: Sequence[tuple[UUID, Outcome]]) -> Sequence[bool]:
        """Record outcomes, however long Postgres is away, as long as our lease may still hold."""
        settled: set[tuple[UUID, int]] = set()
        for worker in dict.fromkeys(worker for worker, _ in ended):
            outcomes = [outcome for owner, outcome in ended if owner == worker]
            rows = await self._persist(worker, outcomes)
            settled |= {(row.id, row.attempt) for row in rows}
            self.ended.update(row.state for row in rows)
            measure_endings(rows, outcomes, self._running)
            await self._announcer.announce(rows)
            await self._follow_up(rows)
        return [(outcome.id, outcome.attempt) in settled for _, outcome in ended]

    async def _follow_up(self, rows: Sequence[JobRow]) -> None:
        """Do what the endings make due; what cannot be done now is for the relay."""
        try:
            await self._gate.freed(slot for row in rows for slot in self._slots_of(row))
            await self._flows.follow_up(rows)
        except Unavailable:
            log.warning("attempts.follow_up_left", jobs=len(rows))

    def _slots_of(self, row: JobRow) -> list[str]:
        """Return the slots that an attempt held until it was settled just now."""
        running = self._running.get(row.id)
        return running.slots if running is not None and running.attempt == row.attempt else []

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
                log.error("attempt.broke", id=str(running.job_id), error=told(error))
            self._remember(time.monotonic() - running.began)
            self.changed.set()

        return done

    def _remember(self, seconds: float) -> None:
        """Keep the mean time of an attempt, the latest ones weighing most."""
        before = self._mean_seconds or seconds
        self._mean_seconds = before + RECENT * (seconds - before)
