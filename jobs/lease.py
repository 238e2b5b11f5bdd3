"""A worker's lease: renewed five times within it; while it lives, so do the claims made under it."""

import os
import platform
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from jobs import store
from jobs.db import Database
from jobs.ids import uuid7
from jobs.version import VERSION

log = structlog.get_logger(__name__)


class Lease:
    """The current life of this worker process. A lost lease is never renewed: a new life begins."""

    def __init__(
        self, db: Database, seconds: float, version: str = VERSION, kinds: Sequence[str] = ()
    ) -> None:
        self._db = db
        self._kinds = kinds
        self.seconds = seconds
        self.version = version
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.worker: UUID = uuid7()
        self._proven_since = float("inf")
        self._renewed_at = 0.0

    @property
    def proven(self) -> bool:
        """Return whether renewals have succeeded without a break for one whole lease, until now.

        Only then do other workers' overdue leases prove that they, and not the database or our own
        way to it, were away. Who has not renewed its own lease in time knows nothing of the others.
        """
        now = time.monotonic()
        return now - self._renewed_at < self.seconds <= now - self._proven_since

    @property
    def seconds_left(self) -> float:
        """Return how long the lease still holds, as far as this process knows."""
        return max(self.seconds - (time.monotonic() - self._renewed_at), 0.0)

    async def begin(self) -> None:
        """Begin a new life."""
        self.worker = uuid7()
        info = {
            "python": platform.python_version(),
            "pid": os.getpid(),
            "version": self.version,
            "kinds": list(self._kinds),
            "lease_seconds": self.seconds,
        }
        await store.register(self._db, self.worker, self.name, self.seconds, info)
        self._renewed()

    async def renew(self, info: Mapping[str, Any]) -> bool:
        """Renew; False means the lease is lost and everything under it is fenced."""
        if await store.renew(self._db, self.worker, self.seconds, info):
            self._renewed()
            return True
        log.warning("lease.lost", worker=str(self.worker))
        return False

    async def end(self) -> None:
        """Take this life off the list."""
        await store.retire(self._db, self.worker)

    def _renewed(self) -> None:
        now = time.monotonic()
        if now - self._renewed_at > self.seconds or self._proven_since == float("inf"):
            self._proven_since = now
        self._renewed_at = now
