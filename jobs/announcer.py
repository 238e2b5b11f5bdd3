"""Telling the world what has been committed: the browsers, then the workers."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from itertools import chain

import structlog

from jobs import tracing
from jobs.arq_queue import ArqQueue
from jobs.batch_events import BatchEvents
from jobs.events import EventWriter, names_of
from jobs.inbox_events import InboxEvents, notice_of
from jobs.measures import COMMIT_TO_PUBLISH
from jobs.store import BatchRow, InboxRow, JobRow
from realtime.channels import Channel
from realtime.message import Message
from realtime.publisher import Publisher

log = structlog.get_logger(__name__)

FEW = 4


class Announcer:
    """Hands queued jobs over and publishes changes. Only ever called after a commit, never raises."""

    def __init__(
        self,
        writer: EventWriter,
        inbox: InboxEvents,
        batches: BatchEvents,
        queue: ArqQueue,
        publisher: Publisher,
    ) -> None:
        self._writer = writer
        self._inbox = inbox
        self._batches = batches
        self._queue = queue
        self._publisher = publisher

    async def announce(self, changed: Sequence[JobRow], since: float | None = None) -> None:
        """Tell of every change; what gets lost here is found by the sweep and the position check.

        ``since`` is when the first of them was committed, by the performance counter; None for just now.
        """
        if len(changed) > FEW:
            # Published first: what workers say of jobs is not to overtake what we say of them.
            await self.publish(changed, since)
            await self._queue.hand_over(changed)
        elif changed:  # that is said before any worker has started them
            async with asyncio.TaskGroup() as both:
                both.create_task(self.publish(changed, since))
                both.create_task(self._queue.hand_over(changed))

    async def publish(self, changed: Iterable[JobRow], since: float | None = None) -> None:
        """Tell the browsers only; what none of them listens to is not even written."""
        since = time.perf_counter() if since is None else since
        rows = list(changed)
        names = [name for row in rows for name in names_of(row)]
        heard = await self._publisher.heard(set(names), len(names))
        if not heard:
            return
        notices = [notice for row in rows if (notice := notice_of(row))]
        published = await self._tell(
            chain(
                (told for row in rows for told in self._writer.told(row, heard)),
                (told for notice in notices for told in self._inbox.everywhere(notice)),
            )
        )
        if published:
            seconds = time.perf_counter() - since
            COMMIT_TO_PUBLISH.observe(seconds, len(rows))
            tracing.published(rows, seconds)

    async def publish_notice(self, notice: InboxRow) -> None:
        """Tell the browsers of a new inbox entry."""
        await self._tell(self._inbox.everywhere(notice))

    async def publish_progress(self, batches: Iterable[BatchRow]) -> None:
        """Tell the browsers how far batches are."""
        await self._tell(told for batch in batches for told in self._batches.progress(batch))

    async def publish_batches(self, completed: Iterable[BatchRow]) -> None:
        """Tell the browsers of completed batches."""
        await self._tell(told for batch in completed for told in self._batches.told(batch))

    async def _tell(self, told: Iterable[tuple[Channel, Message]]) -> bool:
        """Publish; a fault of ours in writing an event must not undo what was committed."""
        try:
            return await self._publisher.publish(told)
        except Exception:
            log.exception("announce.failed")
            return False
