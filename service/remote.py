"""The HTTP API as the command line uses it: one call a method, every problem one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import orjson

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
SILENCE_SECONDS = 45.0  # three missed heartbeats: the line is dead
MAX_EVENT_BYTES = 16 * 1024 * 1024
LONGEST_PAGE = 200

Json = Any  # a decoded JSON value
Params = list[tuple[str, str | int | float | bool | None]]


class RemoteError(Exception):
    """The server could not do what was asked."""


class UnreachableError(RemoteError):
    """The server could not be reached."""


class RefusedError(RemoteError):
    """The server's own refusal (RFC 9457), told in one sentence with pointers."""

    def __init__(self, status: int, body: Json, retry_after: float = 0.0) -> None:
        told = body if isinstance(body, dict) else {}
        self.status = status
        self.code = str(told.get("code", ""))
        self.retry_after = retry_after
        detail = told.get("detail") or told.get("title") or "The server refused."
        super().__init__(sentence(status, str(detail), told.get("errors")))

    @classmethod
    def of(cls, response: httpx2.Response) -> "RefusedError":
        """Read a refusal off an answer that has been read."""
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            body = None
        after = response.headers.get("retry-after", "")
        return cls(response.status_code, body, float(after) if after.isdecimal() else 0.0)


def sentence(status: int, detail: str, errors: Json) -> str:
    """Return what is wrong and where: ``The args do not fit. /args/url: Field required (422)``."""
    faults = [e for e in errors or [] if isinstance(e, dict)]
    told = "; ".join(f"{e.get('pointer', '')}: {e.get('detail', '')}" for e in faults)
    hint = (
        " Give a token with --token or JOBCAST_TOKEN."
        if status == httpx2.codes.UNAUTHORIZED
        else ""
    )
    return f"{detail}{' ' + told if told else ''} ({status}){hint}"


class Remote:
    """One server and who we are to it. Raises RefusedError and UnreachableError, nothing else."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=not is_local(url),
        )

    def __enter__(self) -> "Remote":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def submit(self, body: Mapping[str, Json], wait_seconds: int = 0) -> Json:
        """Hand a job in; with ``wait_seconds`` the answer may be the finished job."""
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
        return self._json("POST", "/api/jobs", json=dict(body), headers=headers)

    def job(self, job_id: str) -> Json:
        """Return one job."""
        return self._json("GET", job_path(job_id))

    def jobs(self, filters: Sequence[tuple[str, str]], limit: int) -> Iterator[Json]:
        """Yield the newest ``limit`` jobs, page after page."""
        yield from self._pages("/api/jobs", filters, limit)

    def audit(self, filters: Sequence[tuple[str, str]], limit: int) -> Iterator[Json]:
        """Yield the newest ``limit`` entries of the audit log, page after page."""
        yield from self._pages("/api/audit", filters, limit)

    def _pages(self, path: str, filters: Sequence[tuple[str, str]], limit: int) -> Iterator[Json]:
        after: str | None = None
        while limit > 0:
            page: Params = [*filters, ("limit", min(limit, LONGEST_PAGE))]
            answer = self._json("GET", path, params=[*page, ("after", after)] if after else page)
            yield from answer["data"]
            limit -= len(answer["data"])
            after = answer.get("next")
            if not after or not answer["data"]:
                return

    def cancel(self, job_id: str) -> Json:
        """Stop a job: at once when it has not started, soon when it runs."""
        return self._json("DELETE", job_path(job_id))

    def retry(self, job_id: str) -> Json:
        """Run a failed, cancelled or expired job again."""
        return self._json("POST", job_path(job_id) + "/retry")

    def kinds(self) -> list[Json]:
        """Return every kind of job this server knows."""
        answer = self._json("GET", "/api/kinds")
        found: list[Json] = answer["data"] if isinstance(answer, dict) else answer
        return found

    def kind(self, name: str) -> Json:
        """Return one kind with its schemas."""
        return self._json("GET", f"/api/kinds/{quote(name, safe='')}")

    def stats(self) -> Json:
        """Return the figures of the last day."""
        return self._json("GET", "/api/stats")

    def queues(self) -> Json:
        """Return what waits and runs, and how fast the workers are."""
        return self._json("GET", "/api/queues")

    def schedules(self) -> Iterator[Json]:
        """Yield my schedules, page after page."""
        page: Params = [("limit", LONGEST_PAGE)]
        while page:
            answer = self._json("GET", "/api/schedules", params=page)
            yield from answer["data"]
            after = answer.get("next")
            page = [("limit", LONGEST_PAGE), ("after", after)] if after else []

    def put_schedule(self, key: str, body: Mapping[str, Json]) -> Json:
        """Make a schedule, or replace the one there is."""
        return self._json("PUT", schedule_path(key), json=dict(body))

    def change_schedule(self, key: str, changes: Mapping[str, Json]) -> Json:
        """Change some of a schedule."""
        return self._json("PATCH", schedule_path(key), json=dict(changes))

    def delete_schedule(self, key: str) -> None:
        """Remove a schedule."""
        self._send("DELETE", schedule_path(key))

    def run_schedule(self, key: str) -> Json:
        """Submit a schedule's job now."""
        return self._json("POST", schedule_path(key) + "/run")

    def preview(self, key: str, count: int) -> Json:
        """Return a schedule's next ticks."""
        return self._json("GET", schedule_path(key) + "/preview", params=[("count", count)])

    def keys(self) -> list[Json]:
        """Return my API keys, without their text."""
        found: list[Json] = self._json("GET", "/api/keys")["data"]
        return found

    def create_key(self, body: Mapping[str, Json]) -> Json:
        """Make an API key; only this answer has its text."""
        return self._json("POST", "/api/keys", json=dict(body))

    def revoke_key(self, key_id: str) -> None:
        """Let an API key stop at once."""
        self._send("DELETE", f"/api/keys/{quote(key_id, safe='')}")

    def output(self, job_id: str) -> bytes:
        """Return the text a job has streamed so far."""
        return self._send("GET", job_path(job_id) + "/output").content

    def upload(self, path: Path) -> Json:
        """Send a file, streamed from disk."""
        media_type = guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as file:
            return self._json("POST", "/api/uploads", files={"file": (path.name, file, media_type)})

    @contextmanager
    def listen(
        self, channel: str, cursor: str
    ) -> Iterator[Iterator[httpx2.ServerSentEvent] | None]:
        """Open the event stream of ``channel``; None says that nothing more will ever come."""
        try:
            with self._client.sse(
                "/api/events",
                params={"channel": channel, "snapshot": "1"},
                headers={"Last-Event-ID": cursor} if cursor else {},
                timeout=httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
                max_event_size=MAX_EVENT_BYTES,
            ) as source:
                if source.response.is_error:
                    source.response.read()
                    raise RefusedError.of(source.response)
                ended = source.response.status_code == httpx2.codes.NO_CONTENT
                yield None if ended else iter(source)
        except httpx2.HTTPError as error:
            raise UnreachableError(self._lost(error)) from error

    def _json(self, method: str, path: str, **how: Json) -> Json:
        """Ask and return the decoded answer."""
        answer = self._send(method, path, **how)
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise RemoteError(f"{self.url} does not answer like a Jobcast server.") from error

    def _send(self, method: str, path: str, **how: Json) -> httpx2.Response:
        """Ask; raise RefusedError for a refusal and UnreachableError when there is no answer."""
        try:
            response = self._client.request(method, path, **how)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnreachableError(self._lost(error)) from error
        if response.is_error:
            raise RefusedError.of(response)
        return response

    def _lost(self, error: Exception) -> str:
        """Return why there is no answer, and what to do about it."""
        reason = str(error) or type(error).__name__
        return f"Cannot reach {self.url} ({reason}). Is it running? `make run` starts one here."


def job_path(job_id: str) -> str:
    """Return where a job lives."""
    return f"/api/jobs/{quote(job_id, safe='')}"


def schedule_path(key: str) -> str:
    """Return where a schedule lives."""
    return f"/api/schedules/{quote(key, safe='')}"


def is_local(url: str) -> bool:
    """Return whether ``url`` is this very machine, which no proxy can reach for us."""
    try:
        return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False
