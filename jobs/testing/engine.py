"""What makes jobs live on the bench: a worker, the relay and the rescuer in one.

One task per job follows it through its states; what happens in an attempt is up to ``jobs.executor``.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from jobs.context import Context, CurrentJob
from jobs.errors import WrongState
from jobs.executor import Attempt, execute
from jobs.processor import Registry
from jobs.providers import Providers
from jobs.running import Running, Why
from jobs.settings import JobsSettings
from jobs.storage import OwnStorage
from jobs.store import JobRow, Outcome
from jobs.testing.absent import Sessions
from jobs.testing.context import BenchContext
from jobs.testing.said import Voice
from jobs.testing.stage import Stage
from jobs.testing.uploads import MemoryStorage
from jobs.testing.world import World

INSISTS = 100
WORKER = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What attempts reach outside of their job."""

    providers: Providers
    storage: MemoryStorage
    sessions: Sessions


class Engine:
    """Runs the jobs of a world on a stage. It is what ``jobs.executor`` calls Shared."""

    def __init__(self, world: World, stage: Stage, surroundings: Surroundings) -> None:
        self._world = world
        self._stage = stage
        self._surroundings = surroundings
        self._running: dict[UUID, Running] = {}

    @property
    def settings(self) -> JobsSettings:
        """Return the bounds."""
        return self._world.settings

    @property
    def registry(self) -> Registry:
        """Return the kinds there are."""
        return self._world.registry

    @property
    def ephemeral(self) -> Voice:
        """Return where goes what an attempt says on its way."""
        return self._world.voice

    async def context_for(self, attempt: Attempt) -> Context:
        """Return the attempt's hands, over the bench."""
        row, outside = attempt.row, self._surroundings
        return BenchContext(
            job=CurrentJob(row.id, row.kind, tuple(row.tags), row.metadata),
            attempt=row.attempt,
            user=row.user_id,
            org=row.org_id,
            providers=outside.providers,
            storage=OwnStorage(outside.storage, row.org_id, row.user_id),
            sessions=outside.sessions,
            world=self._world,
            this=attempt,
            restored=self._world.kept[row.id].checkpoint,
        )

    def begin(self, job_id: UUID) -> None:
        """Let a job live."""
        self._stage.start(self._live(job_id))

    def cancel(self, job_id: UUID) -> None:
        """Stop a job and all its descendants; harmless for those that are over."""
        for ident in self._world.record.family(job_id):
            if self._world.record.cancel(ident) and (running := self._running.get(ident)):
                running.stop(Why.CANCEL)
                self._stage.start(insist(running, self.settings.heartbeat_lease_seconds))

    def release(self, job_id: UUID) -> None:
        """Let the worker be shut down under a running job. Raises WrongState."""
        self._attempt_of(job_id, "released").stop(Why.RELEASE)

    def crash(self, job_id: UUID) -> None:
        """Let the worker die under a running job. Raises WrongState."""
        running = self._attempt_of(job_id, "crashed")
        self._world.record.rescue(job_id, self.settings.max_crashes)
        running.stop(Why.FENCE)

    def retry(self, job_id: UUID) -> None:
        """Queue a job again that did not succeed. Raises WrongState."""
        state = self._world.record.rows[job_id].state
        if state not in {"failed", "cancelled"}:
            raise WrongState(state, "retried")
        self._world.record.retry(job_id)
        self.begin(job_id)

    def fence(self) -> None:
        """Let every attempt end without an outcome."""
        for running in self._running.values():
            running.stop(Why.FENCE)

    def _attempt_of(self, job_id: UUID, action: str) -> Running:
        if running := self._running.get(job_id):
            return running
        raise WrongState(self._world.record.rows[job_id].state, action)

    async def _live(self, job_id: UUID) -> None:
        rows = self._world.record.rows
        while not (row := rows[job_id]).final:
            match row.state:
                case "waiting":
                    await self._wait_for_others(row)
                case "scheduled" | "retrying":
                    await self._come_due(row)
                case _:
                    await self._attempt(self._world.record.start(row.id))

    async def _wait_for_others(self, row: JobRow) -> None:
        world = self._world
        await world.bell.until(lambda: self._changed(row) or world.resolved(row.id) is not None)
        if not self._changed(row) and (state := world.resolved(row.id)):
            world.record.resolve(row.id, state)

    async def _come_due(self, row: JobRow) -> None:
        seconds = (row.run_at - self._world.clock.now).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._world.bell.until(lambda: self._changed(row))
        if not self._changed(row):
            self._world.record.promote(row.id)

    async def _attempt(self, row: JobRow) -> None:
        running = self._running[row.id] = Running(row.id, row.attempt, WORKER, row.timeout_seconds)
        running.task = asyncio.create_task(execute(self, row, running, self._settle))
        try:
            # Not awaited itself: closing the bench must reach this task, not only that one.
            await asyncio.wait([running.task])
        finally:
            del self._running[row.id]
            self._world.kept[row.id].asked = None
        running.task.result()

    async def _settle(self, ended: Outcome) -> bool:
        return self._world.record.settle(ended) is not None

    def _changed(self, row: JobRow) -> bool:
        return self._world.record.rows[row.id].version != row.version


async def insist(running: Running, seconds: float) -> None:
    """Interrupt again what swallows its cancellation, as heartbeats do. Raises RuntimeError in the end."""
    task = running.task
    assert task is not None  # noqa: S101 - it performs; for mypy
    for _ in range(INSISTS):
        await asyncio.wait([task], timeout=seconds)
        if task.done():
            return
        running.insist()
    raise RuntimeError(f"Job {running.job_id} swallows its cancellation again and again.")
