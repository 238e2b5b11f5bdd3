"""Jobcast for Python programs: submit jobs and hear what becomes of them.

    from service.client import Jobcast

    with Jobcast("https://jobs.example.com", token) as jobcast:
        job = jobcast.submit("context_scraping", {"url": "https://example.com/"})
        print(job.wait(timeout=60))

``AsyncJobcast`` is the same with ``await``. Needs httpx2 and nothing else of Jobcast.

Reading order: ``aio`` (the client, as it is written) · ``sync`` (made from it by ``service.twin``) ·
``request`` (what is asked) · ``patience`` (when to ask again) · ``place``, ``parser`` (a stream through its
cuts) · ``story``, ``happenings`` (what it tells, each thing once) · ``models``, ``document`` (answers) ·
``signing`` · ``errors``.
"""

from typing import TYPE_CHECKING, Any

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
from service.client.happenings import (
    Asked,
    Cut,
    Ended,
    Happening,
    Logged,
    Piece,
    Printed,
    Progressed,
    StateChanged,
)
from service.client.models import FINAL, BatchResource, JobResource, JobState
from service.client.request import JobOptions, JobQuery, NewJob
from service.client.signing import mint_token, verify_webhook
from service.client.story import Frame
from service.client.sync.batch import Batch
from service.client.sync.client import Jobcast
from service.client.sync.job import Job

if TYPE_CHECKING:
    from service.client.aio.batch import AsyncBatch
    from service.client.aio.client import AsyncJobcast
    from service.client.aio.job import AsyncJob

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

ASYNCHRONOUS = {"AsyncJobcast": "client", "AsyncJob": "job", "AsyncBatch": "batch"}


def __getattr__(name: str) -> Any:
    """Load the asynchronous client when it is asked for: asyncio costs as much as all the rest."""
    if name not in ASYNCHRONOUS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only here

    return getattr(import_module(f"{__name__}.aio.{ASYNCHRONOUS[name]}"), name)
