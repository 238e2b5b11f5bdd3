"""The handle a worker keeps of each attempt it runs: by it an attempt is told to end, and why."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from uuid import UUID

OVERDUE_SECONDS = 1.0


class Why(StrEnum):
    """Why an attempt is told to end before its processor is done."""

    CANCEL = "cancel"
    """Somebody asked the job to stop."""
    RELEASE = "release"
    """This worker shuts down; another one runs the job again."""
    FENCE = "fence"
    """The lease is lost; the job belongs to somebody else by now."""


async def ignore(slots: list[str]) -> None:
    """Take no notice of slots that came free."""


class Running:
    """One attempt in this process. Only while it is ``performing`` can it be interrupted.

    ``told`` says that the processor has told the job's owner something for good; ``ended`` is when it had
    an outcome, by the monotonic clock.
    """

    def __init__(self, job_id: UUID, attempt: int, worker: UUID, timeout_seconds: float) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.worker = worker
        self.began = self.ended = time.monotonic()
        self.slots: list[str] = []
        self.parked = False
        self.over = False
        self.told = False
        self.raised: BaseException | None = None
        self.woken = asyncio.Event()
        self.may_park: Callable[[], bool] = lambda: True
        self.freed: Callable[[list[str]], Awaitable[None]] = ignore
        self.why: Why | None = None
        self.task: asyncio.Task[None] | None = None
        self._performing = False
        self._limit: asyncio.Timeout | None = None
        self._pauses = 0
        self._paused_at = 0.0
        self._paused_limit: float | None = None
        self._deadline = time.monotonic() + timeout_seconds + OVERDUE_SECONDS

    @property
    def at_work(self) -> bool:
        """Return whether it takes a place: not while it waits for others, nor once it has an outcome."""
        return not (self.parked or self.over)

    @property
    def seconds_left(self) -> float:
        """Return how long the attempt may still take, and a moment more: its time-out comes first."""
        return max(self._deadline - time.monotonic(), 0.0) + OVERDUE_SECONDS

    @property
    def fence(self) -> tuple[UUID, int, UUID]:
        """Return what names this very attempt in the record."""
        return self.job_id, self.attempt, self.worker

    def performing(self, limit: asyncio.Timeout) -> "Running":
        """Enter it while the processor works: it may be interrupted, and pause its time-out ``limit``."""
        self._limit = limit
        return self

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """While it waits for others, maybe for several at once: no slot is held, its time does not run."""
        if not self._pauses:
            self._pause()
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses:
                self._go_on()

    def __enter__(self) -> "Running":
        self._performing = True
        return self

    def __exit__(self, *_: object) -> None:
        self._performing = False

    def stop(self, why: Why) -> None:
        """Tell the attempt to end. Losing the lease outweighs every other reason."""
        if self.why is None or why is Why.FENCE:
            self.why = why
        self._interrupt()

    def insist(self) -> None:
        """Interrupt once more what should have ended: cancelled or past its time-out."""
        overdue = time.monotonic() > self._deadline and not self.parked
        if self.why is not None or overdue:
            self._interrupt()

    def _interrupt(self) -> None:
        if self._performing and self.task is not None:
            self.task.cancel()

    def _pause(self) -> None:
        """Take the time-out away; what time it is says the loop, so that a test's may be a fake."""
        self.parked = True
        self._paused_at = asyncio.get_running_loop().time()
        self._paused_limit = self._limit.when() if self._limit is not None else None
        if self._limit is not None:
            self._limit.reschedule(None)

    def _go_on(self) -> None:
        self.parked = False
        paused = asyncio.get_running_loop().time() - self._paused_at
        self._deadline += paused
        if self._limit is not None and self._paused_limit is not None and not self._limit.expired():
            self._limit.reschedule(self._paused_limit + paused)
