"""Telling the world what has been committed: the browsers, then the workers."""

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
            # Published first: what a worker says of a job must not overtake what we say of it.
            await self.publish(changed)
            await self._queue.hand_over(changed)

    async def publish(self, changed: Iterable[JobRow]) -> None:
        """Tell the browsers only."""
        await self._publisher.publish(told for row in changed for told in self._writer.told(row))
