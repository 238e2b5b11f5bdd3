"""What is asked of the API, before anything is sent: paths, options, and whether it may be said twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from mimetypes import guess_type
from pathlib import Path
from typing import Any, BinaryIO, TypedDict
from urllib.parse import quote
from uuid import uuid4

Json = Any  # a decoded JSON value
Query = Sequence[tuple[str, str]]

LONGEST_PAGE = 200
LONGEST_WAIT_SECONDS = 25
MOST_AT_ONCE = 1_000
CHUNK_BYTES = 256 * 1024
NOTHING = object()


class JobOptions(TypedDict, total=False):
    """What may be said of a job beside its kind and args. Durations: seconds or a timedelta."""

    priority: int
    run_at: datetime | str
    delay: float | timedelta
    expires_in: float | timedelta
    max_attempts: int
    timeout: float | timedelta
    unique_key: str
    concurrency_key: str
    after: Sequence[str]
    after_policy: str
    notify: bool
    webhook: str
    tags: Sequence[str]
    metadata: Mapping[str, Any]


class NewJob(JobOptions, total=False):
    """A job of a batch."""

    kind: str
    args: Mapping[str, Any]


class JobQuery(TypedDict, total=False):
    """Which jobs: all that match everything given. Times: aware datetimes or RFC 3339."""

    id: str | Sequence[str]
    state: str | Sequence[str]
    kind: str
    failure: str
    tag: str
    batch: str
    parent: str
    ancestor: str
    user: str
    q: str
    since: datetime | str
    until: datetime | str


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``content`` makes the bytes of the body, anew for each try. ``repeatable``: it may arrive twice
    without harm. ``slow_seconds``: it may take so much longer than others.
    """

    method: str
    path: str
    query: Query = ()
    json: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Callable[[], Any] | None = None
    repeatable: bool = True
    slow_seconds: float = 0.0


def submission(
    kind: str,
    args: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    wait: float,
    key: str | None,
) -> Request:
    """Return the request that hands a job in. Its key makes sure that it is one job, however often sent."""
    body = {"kind": kind, "args": dict(args or {}), **options}
    headers = {"Idempotency-Key": key or str(uuid4()), **waiting(wait)}
    return Request("POST", "/api/jobs", json=body, headers=headers, slow_seconds=wait)


def waiting(seconds: float) -> dict[str, str]:
    """Return the header that asks the server to answer when the job has ended, or after ``seconds``."""
    whole = min(int(seconds), LONGEST_WAIT_SECONDS)
    return {"Prefer": f"wait={whole}"} if whole > 0 else {}


def batches(
    jobs: Iterable[NewJob | tuple[str, Mapping[str, Any]]],
    rest: Mapping[str, Any],
    key: str | None,
) -> list[Request]:
    """Return the requests that hand in many jobs, a thousand each; the last one closes the batch.

    ``batch_id`` of all but the first is not known yet: see ``joined``.
    """
    all_jobs = [one if isinstance(one, dict) else {"kind": one[0], "args": one[1]} for one in jobs]
    parts = [all_jobs[i : i + MOST_AT_ONCE] for i in range(0, len(all_jobs), MOST_AT_ONCE)] or [[]]
    key, last = key or str(uuid4()), len(parts) - 1
    return [
        Request(
            "POST",
            "/api/jobs/batch",
            json={
                **(said(rest) if number == 0 else {}),
                "jobs": part,
                "open": number < last or bool(rest.get("open")),
            },
            headers={"Idempotency-Key": f"{key}/{number}" if last else key},
        )
        for number, part in enumerate(parts)
    ]


def joined(request: Request, batch_id: str) -> Request:
    """Return the request as one that adds to a batch."""
    body = {**request.json, "batch_id": batch_id}
    return Request("POST", request.path, json=body, headers=request.headers)


def upload_of(
    source: Path | bytes | BinaryIO,
    content: Callable[[], Any],
    name: str | None,
    media_type: str | None,
) -> Request:
    """Return the request that sends a file."""
    size = size_of(source)
    known = name or (source.name if isinstance(source, Path) else "") or "upload"
    kind = media_type or guess_type(known)[0] or "application/octet-stream"
    length = {} if size is None else {"Content-Length": str(size)}
    headers = {"Content-Type": kind, "X-Filename": quote(known), **length}
    return Request("POST", "/api/uploads", headers=headers, content=content, repeatable=False)


def size_of(source: Path | bytes | BinaryIO) -> int | None:
    """Return how many bytes will come, None when only reading tells."""
    if isinstance(source, Path):
        return source.stat().st_size
    return len(source) if isinstance(source, bytes) else None


def path(*parts: str) -> str:
    """Return an address: ``path("jobs", job_id)``. What is in a part can't leave it."""
    return "/".join(["/api", *(quote(part, safe="") for part in parts)])


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def query_of(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return options as a query; a list repeats its name."""
    return [
        (name, text(one))
        for name, value in said(options).items()
        for one in (value if isinstance(value, list | tuple | set | frozenset) else [value])
    ]


def text(value: Any) -> str:
    """Return a value as it stands in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value if isinstance(value, str | int | float) else plain(value))


def plain(value: Any) -> Any:
    """Return as JSON what JSON has no type for: a time as RFC 3339, a duration as seconds, a set sorted."""
    for kind, read in PLAIN:
        if isinstance(value, kind):
            return read(value)
    return str(value)


PLAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime, lambda time: time.astimezone(UTC).isoformat()),
    (date, date.isoformat),
    (timedelta, timedelta.total_seconds),
    (set | frozenset, sorted),
    (Mapping, dict),
    (Sequence, list),
)
