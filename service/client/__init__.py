"""Jobcast for Python programs: submit jobs and hear what becomes of them.

    from service.client import Jobcast

    with Jobcast("https://jobs.example.com", token) as jobcast:
        job = jobcast.submit("context_scraping", {"url": "https://example.com/"})
        print(job.wait(timeout=60))

``AsyncJobcast`` is the same with ``await``. Needs httpx2 and nothing else of Jobcast.

Reading order: ``aio`` (the client, as it is written) · ``sync`` (made from it by ``twin``) · ``request``
(what is asked) · ``patience`` (when to ask again) · ``place``, ``parser`` (a stream through its cuts) ·
``story`` (what it tells, each thing once) · ``models``, ``document`` (answers) · ``signing`` · ``errors``.
"""

from service.client.aio.batch import AsyncBatch
from service.client.aio.client import AsyncJobcast
from service.client.aio.job import AsyncJob
from service.client.errors import (
    BadSignature,
    JobCancelled,
    JobcastError,
    JobEnded,
    JobExpired,
    JobFailed,
    RefusedError,
    UnreachableError,
    WaitTimeout,
)
from service.client.models import FINAL, BatchResource, JobResource, JobState
from service.client.request import JobOptions, JobQuery, NewJob
from service.client.signing import mint_token, verify_webhook
from service.client.story import (
    Asked,
    Cut,
    Ended,
    Frame,
    Happening,
    Logged,
    Piece,
    Printed,
    Progressed,
    StateChanged,
)
from service.client.sync.batch import Batch
from service.client.sync.client import Jobcast
from service.client.sync.job import Job

__all__ = [
    "FINAL",
    "Asked",
    "AsyncBatch",
    "AsyncJob",
    "AsyncJobcast",
    "BadSignature",
    "Batch",
    "BatchResource",
    "Cut",
    "Ended",
    "Frame",
    "Happening",
    "Job",
    "JobCancelled",
    "JobEnded",
    "JobExpired",
    "JobFailed",
    "JobOptions",
    "JobQuery",
    "JobResource",
    "JobState",
    "Jobcast",
    "JobcastError",
    "Logged",
    "NewJob",
    "Piece",
    "Printed",
    "Progressed",
    "RefusedError",
    "StateChanged",
    "UnreachableError",
    "WaitTimeout",
    "mint_token",
    "verify_webhook",
]
