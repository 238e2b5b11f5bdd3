"""Which server, as whom; and what its answers mean when they are none."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from service.client.errors import JobcastError, RefusedError, UnreachableError

DEFAULT_URL = "http://127.0.0.1:8000"
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, who we are to it, and how patient we are. ``timeout`` in seconds, for one answer."""

    url: str
    token: str | Callable[[], str] | None = field(repr=False)
    timeout: float
    retries: int
    headers: Mapping[str, str]

    @property
    def local(self) -> bool:
        """Return whether it is this very machine, which no proxy can reach for us."""
        return is_local(self.url)

    def authorization(self) -> dict[str, str]:
        """Return the header that says who we are."""
        token = self.token() if callable(self.token) else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}


def server(
    url: str | None,
    token: str | Callable[[], str] | None,
    *,
    timeout: float,
    retries: int,
    headers: Mapping[str, str] | None,
) -> Server:
    """Return the server that was named, else JOBCAST_URL and JOBCAST_TOKEN. Raises JobcastError."""
    address = (url or os.environ.get("JOBCAST_URL") or DEFAULT_URL).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise JobcastError(f"{address!r} is no address; write http://host:port.")
    who = token if token is not None else os.environ.get("JOBCAST_TOKEN")
    return Server(
        address, who, timeout, retries, {"User-Agent": "jobcast-python", **(headers or {})}
    )


def is_local(url: str) -> bool:
    """Return whether ``url`` is this very machine."""
    try:
        return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False


def lost(url: str, error: Exception) -> UnreachableError:
    """Return why there is no answer."""
    reason = str(error) or type(error).__name__
    sent, silent = not isinstance(error, UNSENT), isinstance(error, httpx2.ReadTimeout)
    return UnreachableError(f"Cannot reach {url} ({reason}).", sent=sent, silent=silent)


def refusal(response: httpx2.Response) -> RefusedError:
    """Read a refusal off an answer that has been read."""
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    return RefusedError(response.status_code, body, seconds_of(response.headers.get("retry-after")))


def seconds_of(retry_after: str | None) -> float | None:
    """Return what Retry-After says, a number or a date, in seconds from now."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)


def decoded(response: httpx2.Response, url: str) -> Any:
    """Return an answer's JSON, None when it has no body. Raises JobcastError when it is none."""
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise JobcastError(f"{url} does not answer like a Jobcast server.") from error
