# Written by `python -m service.twin` from service/client/aio/client.py; do not edit.
"""Jobcast without asyncio: submit jobs, hear what becomes of them, and all else that the API does."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Self, Unpack

import httpx2

from service.client.models import (
    BatchResource,
    BulkResource,
    JobResource,
    SessionResource,
    TicketResource,
    UploadResource,
)
from service.client.place import Place
from service.client.request import (
    JobOptions,
    JobQuery,
    NewJob,
    Request,
    batches,
    joined,
    path,
    query_of,
    submission,
    upload_of,
)
from service.client.server import server
from service.client.story import Frame
from service.client.sync.batch import Batch
from service.client.sync.files import contents
from service.client.sync.inbox import Inbox
from service.client.sync.job import Job
from service.client.sync.keys import Keys
from service.client.sync.listening import frames
from service.client.sync.operating import Operating
from service.client.sync.pages import items
from service.client.sync.schedules import Schedules
from service.client.sync.webhooks import Webhooks
from service.client.sync.wire import Wire

TIMEOUT_SECONDS = 30.0
RETRIES = 6


class Jobcast(Operating):
    """One server, and who we are to it. Use it as a context manager, or close it.

    Without ``url`` and ``token`` it takes JOBCAST_URL (else this machine's port 8000) and JOBCAST_TOKEN.
    A ``token`` may be a function that returns it, asked for each request. ``timeout`` is how many
    seconds one answer may take; what may pass (429, 503, no connection) is tried ``retries`` more times.
    Raises RefusedError, UnreachableError and their kin: all of them are JobcastError.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | Callable[[], str] | None = None,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        headers: Mapping[str, str] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        named = server(url, token, timeout=timeout, retries=retries, headers=headers)
        super().__init__(Wire(named, transport))
        self.url = named.url
        self.schedules = Schedules(self._wire)
        self.webhooks = Webhooks(self._wire)
        self.inbox = Inbox(self._wire)
        self.keys = Keys(self._wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def submit(
        self,
        kind: str,
        args: Mapping[str, Any] | None = None,
        *,
        wait: float = 0,
        idempotency_key: str | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Hand a job in. When this returns it is kept, and it is one job however often it was sent.

        With ``wait`` (at most 25 seconds) the job may have ended already. ``idempotency_key`` is made
        up unless given; the same one again returns the first job.
        """
        asked = submission(kind, args, options, wait, idempotency_key)
        return Job(self._wire, JobResource(self._wire.ask(asked)))

    def batch(
        self,
        jobs: Iterable[NewJob | tuple[str, Mapping[str, Any]]],
        *,
        tags: Sequence[str] | None = None,
        on_complete: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Hand many jobs in as one batch, each ``(kind, args)`` or a mapping with options.

        Up to a thousand are taken all or none; more go in parts, and the batch is complete when all of
        them are. ``on_complete``: ``{"kind": …, "args": …}`` of a job to follow.
        """
        rest = {"tags": tags, "on_complete": on_complete}
        first, *more = batches(jobs, rest, idempotency_key)
        answer = self._wire.ask(first)
        ids = [one["id"] for one in answer["jobs"]]
        for part in more:
            answer = self._wire.ask(joined(part, answer["batch_id"]))
            ids += [one["id"] for one in answer["jobs"]]
        told = {name: value for name, value in answer.items() if name not in {"jobs", "batch_id"}}
        return Batch(self._wire, BatchResource(told), ids)

    def job(self, job_id: str) -> Job:
        """Return a job by its id. Refused (404) when there is none, or it is not mine."""
        asked = Request("GET", path("jobs", job_id))
        return Job(self._wire, JobResource(self._wire.ask(asked)))

    def cancel(self, job_id: str) -> JobResource:
        """Stop a job: at once when it has not started, soon when it runs."""
        return JobResource(self._wire.ask(Request("DELETE", path("jobs", job_id))))

    def retry(self, job_id: str) -> JobResource:
        """Run a failed, cancelled or expired job again."""
        asked = Request("POST", path("jobs", job_id, "retry"), repeatable=False)
        return JobResource(self._wire.ask(asked))

    def jobs(
        self, *, limit: int | None = None, **query: Unpack[JobQuery]
    ) -> Generator[Job, None, None]:
        """Yield my jobs, newest first (with the scope ``org:read`` the org's), page after page."""
        with closing(items(self._wire, path("jobs"), query_of(query), limit)) as found:
            for one in found:
                yield Job(self._wire, JobResource(one))

    def batches(
        self, *, state: str | None = None, limit: int | None = None
    ) -> Generator[Batch, None, None]:
        """Yield my batches, newest first; ``state`` is open, completed or failed."""
        query = query_of({"state": state})
        with closing(items(self._wire, path("batches"), query, limit)) as found:
            for one in found:
                yield Batch(self._wire, BatchResource(one))

    def find_batch(self, batch_id: str) -> Batch:
        """Return a batch by its id."""
        asked = Request("GET", path("batches", batch_id))
        return Batch(self._wire, BatchResource(self._wire.ask(asked)))

    def cancel_batch(self, batch_id: str) -> BatchResource:
        """Stop every job of a batch that is not over."""
        return BatchResource(self._wire.ask(Request("POST", path("batches", batch_id, "cancel"))))

    def retry_batch(self, batch_id: str) -> BatchResource:
        """Run the failed and expired jobs of a batch again."""
        asked = Request("POST", path("batches", batch_id, "retry"), repeatable=False)
        return BatchResource(self._wire.ask(asked))

    def bulk(
        self, action: str, *, ids: Iterable[str] | None = None, **query: Unpack[JobQuery]
    ) -> BulkResource:
        """``retry``, ``cancel`` or ``delete`` any number of jobs: these, or all that match."""
        body = {"filter": query} if ids is None else {"ids": list(ids)}
        asked = Request("POST", path("bulk"), json={"action": action, **body})
        return BulkResource(self._wire.ask(asked))

    def upload(
        self,
        source: str | Path | bytes | BinaryIO,
        *,
        name: str | None = None,
        media_type: str | None = None,
    ) -> UploadResource:
        """Send a file, streamed: its path, its bytes, or an open binary file. Name its ``id`` in args."""
        given = Path(source) if isinstance(source, str) else source
        asked = upload_of(given, contents(given), name, media_type)
        return UploadResource(self._wire.ask(asked))

    def find_upload(self, upload_id: str) -> UploadResource:
        """Return what is known of an upload."""
        return UploadResource(self._wire.ask(Request("GET", path("uploads", upload_id))))

    def listen(self, *channels: str, cursor: str = "") -> Generator[Frame, None, None]:
        """Yield everything told on channels such as ``me``, ``job:…``, ``batch:…``, ``org:…``.

        Snapshots first, then events, through every cut (a frame named ``cut``). ``cursor``, that of a
        frame heard before, goes on from there.
        """
        place = Place(self._wire.way, cursor=cursor)
        with closing(frames(self._wire, channels, place)) as heard:
            yield from heard

    def ticket(self, channels: Sequence[str] = ()) -> TicketResource:
        """Return a pass for one connection of a browser, good once, for 30 seconds."""
        asked = Request("POST", path("tickets"), json={"channels": list(channels)})
        return TicketResource(self._wire.ask(asked))

    def whoami(self) -> SessionResource:
        """Return who I am to the server: user, org, scopes."""
        return SessionResource(self._wire.ask(Request("GET", path("session"))))
