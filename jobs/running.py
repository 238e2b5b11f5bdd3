"""The handle a worker keeps of each attempt it runs: by it an attempt is told to end, and why."""

import asyncio
import time
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


class Running:
    """One attempt in this process. Only while it is ``performing`` can it be interrupted."""

    def __init__(self, job_id: UUID, attempt: int, timeout_seconds: float) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.why: Why | None = None
        self.task: asyncio.Task[None] | None = None
        self._performing = False
        self._deadline = time.monotonic() + timeout_seconds + OVERDUE_SECONDS

    @property
    def seconds_left(self) -> float:
        """Return how long the attempt may still take, and a moment more: its time-out comes first."""
        return max(self._deadline - time.monotonic(), 0.0) + OVERDUE_SECONDS

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
        if self.why is not None or time.monotonic() > self._deadline:
            self._interrupt()

    def _interrupt(self) -> None:
        if self._performing and self.task is not None:
            self.task.cancel()
