"""What can go wrong between a program and Jobcast. All of it is a JobcastError."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.client.models import JobResource

UNAUTHORIZED = 401


class JobcastError(Exception):
    """What was asked of Jobcast could not be done."""


class UnreachableError(JobcastError):
    """No answer came.

    ``sent``: the request may have arrived all the same; ``silent``: the line was open, and nothing came.
    """

    def __init__(self, message: str, *, sent: bool = True, silent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.silent = silent


class RefusedError(JobcastError):
    """The server's own refusal (RFC 9457), told in one sentence with pointers.

    ``status`` is the HTTP status, ``code`` a stable word, ``errors`` pairs of pointer and detail,
    ``retry_after`` the seconds after which the server wants to be asked again, None if it said nothing.
    """

    def __init__(self, status: int, body: Any, retry_after: float | None = None) -> None:
        told = body if isinstance(body, Mapping) else {}
        self.status = status
        self.code = str(told.get("code", ""))
        self.detail = str(told.get("detail") or told.get("title") or "The server refused.")
        self.errors: Sequence[Mapping[str, str]] = faults_of(told.get("errors"))
        self.request_id = str(told.get("request_id", ""))
        self.retry_after = retry_after
        super().__init__(sentence(status, self.detail, self.errors))


class WaitTimeout(JobcastError, TimeoutError):
    """It has not ended in the time given; it goes on all the same."""


class BadSignature(JobcastError):
    """This did not come from the webhook's Jobcast, was changed on its way, or is too old."""


class JobEnded(JobcastError):
    """The job ended without success; ``job`` is how."""

    def __init__(self, job: "JobResource") -> None:
        error = job.error
        told = f": {error.message} ({error.code})" if error else ""
        super().__init__(f"{job.kind} {job.id} {job.state}{told}")
        self.job = job


class JobFailed(JobEnded):
    """The job used up its attempts, or said that trying again is of no use."""


class JobCancelled(JobEnded):
    """Somebody stopped the job."""


class JobExpired(JobEnded):
    """The job was not started in the time it had."""


ENDINGS: Mapping[str, type[JobEnded]] = {
    "failed": JobFailed,
    "cancelled": JobCancelled,
    "expired": JobExpired,
}


def faults_of(errors: Any) -> Sequence[Mapping[str, str]]:
    """Return what a problem document says is wrong, field by field."""
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []


def sentence(status: int, detail: str, errors: Sequence[Mapping[str, str]]) -> str:
    """Return what is wrong and where: ``The args do not fit. /args/url: Field required (422)``."""
    told = "; ".join(f"{e.get('pointer', '')}: {e.get('detail', '')}" for e in errors)
    return f"{detail}{' ' + told if told else ''} ({status})"
