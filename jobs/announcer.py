"""Telling the world what has been committed: the queue first, then the browsers."""

from collections.abc import Iterable, Sequence

from jobs.arq_queue import ArqQueue
from jobs.events import EventWriter
from jobs.store import JobRow
from realtime.publisher import Publisher


class Announcer:
    """Hands queued jobs over and publishes changes. Only ever called after a commit, never raises."""

    def __init__(self, writer: EventWriter, queue: ArqQueue, publisher: Publisher) -> None:
        self._writer = writer
        self._queue = queue
        self._publisher = publisher

    async def announce(self, changed: Sequence[JobRow]) -> None:
        """Tell of every change; what gets lost here is found by the sweep and the position check."""
        if changed:
            await self._queue.hand_over(changed)
            await self.publish(changed)

    async def publish(self, changed: Iterable[JobRow]) -> None:
        """Tell the browsers only."""
        await self._publisher.publish(told for row in changed for told in self._writer.told(row))
