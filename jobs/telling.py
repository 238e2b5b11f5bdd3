"""Announcing what was accepted while its callers are answered: a 202 waits for its commit and no more."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from jobs.store import JobRow

Announce = Callable[[Sequence[JobRow]], Awaitable[None]]


class Telling:
    """Announces in the order of the commits, together what came while the last was announced.

    At most ``most`` rows wait. The oldest are let go: like all that Redis only hurries, they are found by
    the relay's sweep and the position check. ``since`` is when the first of those that are being announced
    was handed in, by the performance counter.
    """

    def __init__(self, announce: Announce, most: int = 10_000) -> None:
        self._announce = announce
        self._most = most
        self._untold: list[JobRow] = []
        self._task: asyncio.Task[None] | None = None
        self._first_at = 0.0
        self.since = 0.0

    def tell(self, accepted: Sequence[JobRow]) -> None:
        """Announce rows that are committed, soon."""
        if not self._untold:
            self._first_at = time.perf_counter()
        self._untold = [*self._untold, *accepted][-self._most :]
        if self._untold and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run())

    async def drain(self) -> None:
        """Wait until all is told."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._untold:
            rows, self._untold, self.since = self._untold, [], self._first_at
            await self._announce(rows)
