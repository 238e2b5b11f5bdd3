"""What is accepted and not yet shown as ended: from it, how long a fault is felt."""

import asyncio
import time
from uuid import UUID

OLD_SECONDS = 2.0
LOOK_SECONDS = 0.05


class Pulse:
    """Fed by the load (accepted) and by the watchers (an ending was shown)."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, float] = {}
        self._early: set[UUID] = set()
        self._newest_ended = 0.0
        self.worst_seconds = 0.0

    def accepted(self, job: UUID, asked: float) -> None:
        """A job was promised; ``asked`` is when it was first asked for."""
        if job in self._early:
            self._early.discard(job)
        else:
            self._waiting[job] = asked

    def ended(self, job: UUID) -> None:
        """A page shows a job's ending, which may come before the answer to its submission."""
        asked = self._waiting.pop(job, None)
        if asked is None:
            self._early.add(job)
        else:
            self._newest_ended = max(self._newest_ended, asked)
            self.worst_seconds = max(self.worst_seconds, time.monotonic() - asked)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def oldest_seconds(self) -> float:
        """Return for how long the oldest unfinished job has waited."""
        return time.monotonic() - min(self._waiting.values()) if self._waiting else 0.0

    async def first_since(self, moment: float) -> float:
        """Wait for the ending of a job asked for after ``moment``; return how long it took."""
        while self._newest_ended < moment:
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - moment

    async def calm_since(self, moment: float) -> float:
        """Wait until all that wait now are served and nobody waits for long; return how long it took."""
        hit = set(self._waiting)
        while self.oldest_seconds > OLD_SECONDS or not hit.isdisjoint(self._waiting):
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - moment
