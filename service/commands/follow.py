"""The event stream of one job, through every cut: reconnects by itself and goes on where it was."""

import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import orjson

from service.remote import Json, RefusedError, Remote, RemoteError, UnreachableError

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0
PATIENCE_SECONDS = 120.0
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing the stream said: the event's name and its JSON."""

    name: str
    data: Json


class Follower:
    """Yields what is told about one job until the reader stops asking or nothing more can come.

    A cut is answered by connecting again with the last event's id, after a wait that grows and is
    spread; a server silent for ``patience`` seconds raises UnreachableError. Unless it is
    ``known`` that the job exists, the very first connection must succeed.
    """

    def __init__(
        self,
        remote: Remote,
        job_id: str,
        *,
        known: bool = False,
        pause: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._remote = remote
        self._job_id = job_id
        self._pause = pause
        self._patience = patience
        self._cursor = ""
        self._connected = known
        self._failures = 0
        self._told_wait = 0.0
        self._last_heard = time.monotonic()

    def __iter__(self) -> Iterator[Frame]:
        while True:
            try:
                ended = yield from self._connection()
            except (UnreachableError, RefusedError) as error:
                self._bear(error)
            else:
                if ended:
                    return
            yield Frame("cut", None)
            self._pause(self._wait())

    def _connection(self) -> Generator[Frame, None, bool]:
        """Yield the frames of one connection; return whether nothing can follow it."""
        with self._remote.listen(f"job:{self._job_id}", self._cursor) as events:
            self._connected = True
            if events is None:
                yield Frame("snapshot", {"state": {"job": self._remote.job(self._job_id)}})
                return True
            for event in events:
                self._heard(event.id, event.retry)
                if event.data:
                    yield self._frame(event.event, event.data)
        return False

    def _heard(self, cursor: str, retry_ms: int | None) -> None:
        """Note that the line lives, where we are, and how long the server wants us to wait."""
        self._cursor = cursor or self._cursor
        self._failures = 0
        self._last_heard = time.monotonic()
        if retry_ms is not None:
            self._told_wait = retry_ms / 1000

    def _frame(self, name: str, text: str) -> Frame:
        """Decode one event; a planned goodbye says when to come back."""
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise RemoteError("The event stream holds something that is not JSON.") from error
        if name == "bye" and isinstance(data, dict):
            self._told_wait = float(data.get("retry_ms") or 0) / 1000
        return Frame(name, data)

    def _bear(self, error: UnreachableError | RefusedError) -> None:
        """Put up with a failure that may pass; raise any other, and this one when it lasts."""
        silent = time.monotonic() - self._last_heard
        refused = isinstance(error, RefusedError) and error.status not in TRANSIENT
        if refused or not self._connected or silent > self._patience:
            raise error
        self._failures += 1
        if isinstance(error, RefusedError):
            self._told_wait = max(self._told_wait, error.retry_after)

    def _wait(self) -> float:
        """Return how long to wait before the next try: full jitter, or at least as told."""
        ceiling = FIRST_WAIT_SECONDS * 2 ** min(self._failures, 8)
        drawn = random.uniform(0, min(ceiling, LONGEST_WAIT_SECONDS))  # noqa: S311 - no secret
        told, self._told_wait = self._told_wait, 0.0
        return min(max(drawn, told), LONGEST_WAIT_SECONDS)
