"""Which queues are paused, as every answer about a queued job tells it."""

import time

from jobs import store
from jobs.db import Database

FRESH_SECONDS = 1.0


class Paused:
    """Reads the paused queues at most once a second, so that asking costs a submission nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._names: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    async def holds(self, queue: str) -> bool:
        """Return whether the queue's jobs may not start."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._read_at = time.monotonic()
            self._names = await store.paused_queues(self._db)
        return queue in self._names

    def forget(self) -> None:
        """Read again when next asked: a queue was paused or resumed."""
        self._read_at = float("-inf")
