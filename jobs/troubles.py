"""Telling Sentry of what went wrong for good, where SENTRY_DSN is set. Elsewhere it is not even loaded.

Told are the failed requests that are our fault and the jobs that failed for good: once each, grouped by
kind and error. A Retry on its way and a Discard are wanted outcomes and are not told.
"""

from typing import TYPE_CHECKING

from jobs.errors import Discard
from jobs.settings import JobsSettings
from jobs.store import JobRow

if TYPE_CHECKING:
    from jobs.sentry import Sentry

SENTRY: "Sentry | None" = None
POISON = "poison"
INVALID = "invalid_result"  # a Discard that no processor asked for


def start(settings: JobsSettings, service: str) -> None:
    """Tell from now on, if the settings say whom. ``service`` is "web" or "worker"."""
    global SENTRY  # noqa: PLW0603 - one process, one client
    if dsn := settings.sentry_dsn.get_secret_value():
        from jobs.sentry import Sentry  # noqa: PLC0415 - 10 MB that most go without

        SENTRY = Sentry(dsn, settings.env, service, settings.version)


def stop() -> None:
    """Send what is left, and tell no more. Takes some seconds at most."""
    global SENTRY  # noqa: PLW0603 - one process, one client
    if SENTRY is not None:
        SENTRY.stop()
        SENTRY = None


def job_failed(row: JobRow, error: BaseException | None, code: str) -> None:
    """Tell of a job that failed for good by ``error``; ``code`` is what its owner sees."""
    if SENTRY is None or error is None or wanted(error):
        return
    tags = {**tags_of(row), "code": code}
    SENTRY.tell(error, [row.kind, code, type(error).__name__], tags, place=f"attempt {row.kind}")


def job_lost(row: JobRow) -> None:
    """Tell of a job that is not started again because its workers died under it."""
    if SENTRY is not None:
        tags = {**tags_of(row), "code": POISON}
        SENTRY.say(
            "A job's workers died under it.", [row.kind, POISON], tags, place=f"attempt {row.kind}"
        )


def request_failed(error: BaseException, place: str, request_id: str) -> None:
    """Tell of a request that ended in a 500; ``place`` is its method and route."""
    if SENTRY is not None:
        SENTRY.tell(error, [place, type(error).__name__], {"request_id": request_id}, place=place)


def wanted(error: BaseException) -> bool:
    """Return whether the processor ended the job on purpose."""
    return isinstance(error, Discard) and error.code != INVALID


def tags_of(row: JobRow) -> dict[str, str]:
    """Return what an attempt is found by."""
    request_id = (row.trail or "").partition(" ")[0]
    told = {"kind": row.kind, "job_id": str(row.id), "attempt": str(row.attempt)}
    return told | ({"request_id": request_id} if request_id else {})
