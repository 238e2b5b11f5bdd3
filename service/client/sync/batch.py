# Written by `python -m service.twin` from service/client/aio/batch.py; do not edit.
"""Many jobs as one: how far they are, and when the last of them has ended."""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

from service.client.errors import JobcastError
from service.client.models import BatchResource
from service.client.patience import Deadline
from service.client.place import Place
from service.client.request import Request, path
from service.client.story import Frame
from service.client.sync.listening import frames
from service.client.sync.wire import Wire


class Batch:
    """A batch. ``current`` is what was last heard of it; ``job_ids`` are those handed in here."""

    def __init__(self, wire: Wire, current: BatchResource, job_ids: Sequence[str] = ()) -> None:
        self._wire = wire
        self.current = current
        self.job_ids = tuple(job_ids)
        self._revision: int = current.raw.get("revision", 0)

    def __repr__(self) -> str:
        done = f"{self.current.progress.fraction:.0%} of {self.current.total}"
        return f"<{type(self).__name__} {self.id} {done}>"

    @property
    def id(self) -> str:
        """Return its id."""
        return self.current.id

    def wait(self, timeout: float | None = None) -> BatchResource:
        """Return the batch when all of its jobs have ended, however they did: see ``counts``.

        Raises WaitTimeout after ``timeout`` seconds; the jobs go on.
        """
        deadline = Deadline(timeout)
        with closing(self._told(deadline)) as told:
            for batch in told:
                if batch.completed_at:
                    return batch
        raise deadline.error()

    def watch(self) -> Generator[BatchResource, None, None]:
        """Yield the batch each time it came further, and at last when it is complete."""
        with closing(self._told(Deadline())) as told:
            yield from told

    def refresh(self) -> BatchResource:
        """Read the batch as it is now."""
        return self._take(self._wire.ask(Request("GET", self._path())))

    def cancel(self) -> BatchResource:
        """Stop all of its jobs that are not over."""
        return self._take(self._wire.ask(Request("POST", self._path("cancel"))))

    def retry(self) -> BatchResource:
        """Run those of its jobs again that failed or expired: a new round."""
        asked = Request("POST", self._path("retry"), repeatable=False)
        return self._take(self._wire.ask(asked))

    def _told(self, deadline: Deadline) -> Generator[BatchResource, None, None]:
        """Yield news until it is complete or the time is up."""
        if self.current.completed_at:
            yield self.current
            return
        place = Place(self._wire.way, known=True, deadline=deadline)
        with closing(frames(self._wire, [f"batch:{self.id}"], place)) as heard:
            for frame in heard:
                if frame.name == "gap":
                    self._revision = (
                        0  # of another timeline, maybe: the snapshot that follows counts
                    )
                news = news_of(frame)
                if news is not None and not self._behind(news):
                    yield self._take(news)
                    if self.current.completed_at:
                        return
        if place.ended:
            yield self.refresh()
            if not self.current.completed_at:
                raise JobcastError("The event stream ended before the batch did.")

    def _behind(self, news: Any) -> bool:
        """Return whether something newer is known: answers and events come by different ways."""
        return bool(news.get("revision", self._revision) < self._revision)

    def _take(self, news: Any) -> BatchResource:
        """Remember what was heard, unless it is behind what is known."""
        if not self._behind(news):
            self.current = BatchResource({**self.current.raw, **news})
            self._revision = self.current.raw.get("revision", 0)
        return self.current

    def _path(self, *more: str) -> str:
        """Return where it lives."""
        return path("batches", self.id, *more)


def news_of(frame: Frame) -> Any:
    """Return what a frame says of the batch, None for one that says nothing."""
    if frame.name == "snapshot":
        return (frame.data.get("state") or {}).get("batch")
    return frame.data["data"] if frame.name.startswith("batch.") else None
