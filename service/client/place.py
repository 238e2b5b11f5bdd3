"""Where a stream stands, and what to do after each loss: come back, ask in another way, or give up."""

import json
import time
from collections.abc import Iterator
from typing import Any

from service.client.errors import JobcastError, RefusedError, UnreachableError
from service.client.parser import Heard
from service.client.patience import LONGEST_WAIT_SECONDS, Deadline, jitter
from service.client.story import Frame

SILENCE_SECONDS = 40.0  # the server says something every 15 s
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 25
NEAR_SECONDS = 20.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Way:
    """How one server is listened to. A stream is tried until it was silent from its first byte on.

    Then something between holds streams back, and long polls are the way. One a client, for all it
    listens to.
    """

    def __init__(self) -> None:
        self.polls = False
        self._proven = False

    def heard(self) -> None:
        """Note that a stream brought something."""
        self._proven = True

    def silent(self) -> None:
        """Note that a stream was opened and brought nothing."""
        self.polls = not self._proven

    @property
    def silence_seconds(self) -> float:
        """Return how long a stream may be silent."""
        return SILENCE_SECONDS if self._proven else SILENCE_SECONDS / 2


class Place:
    """Follows some channels through every cut.

    A loss is answered by connecting again at the last place, after a wait that grows and is spread; a
    server silent for ``patience`` seconds raises UnreachableError. Unless it is ``known`` that the
    channels exist, the very first connection must succeed. Listening ends by itself at the ``deadline``.
    """

    def __init__(
        self,
        way: Way,
        *,
        cursor: str = "",
        known: bool = False,
        deadline: Deadline | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.way = way
        self.cursor = cursor
        self._bookmark = ""
        self._ended = False
        self._mute = False
        self._deadline = deadline or Deadline()
        self._patience = patience
        self._connected = known
        self._failures = 0
        self._told_wait = 0.0
        self._last_heard = time.monotonic()

    @property
    def polls(self) -> bool:
        """Return whether to ask by long poll: streams are held back, or the deadline is near.

        The server ends a poll when it was told to; a stream only says something every 15 s.
        """
        return self.way.polls or self.late

    @property
    def late(self) -> bool:
        """Return whether the deadline is near."""
        return self._deadline.left < NEAR_SECONDS

    @property
    def ended(self) -> bool:
        """Return whether the server said that nothing more will ever come."""
        return self._ended

    @property
    def told_wait(self) -> float:
        """Return how long the server wants to be left alone, in seconds."""
        return max(min(self._told_wait, self._deadline.left), 0.0)

    @property
    def over(self) -> bool:
        """Return whether nothing more will come, or not in time."""
        return self._ended or self._deadline.left <= 0

    @property
    def silence_seconds(self) -> float:
        """Return how long a stream may be silent."""
        return min(self.way.silence_seconds, max(self._deadline.left - NEAR_SECONDS, 1.0))

    @property
    def query(self) -> list[tuple[str, str]]:
        """Return what a long poll says beside its channels."""
        if not self._bookmark:  # a stream's place is of no use here: begin with snapshots
            return []
        wait = max(min(POLL_SECONDS, self._deadline.left), 0.0)
        return [("wait", f"{wait:.2f}"), ("cursor", self._bookmark)]

    def begun(self) -> None:
        """Note that a stream is asked for, and has brought nothing yet."""
        self._mute = True

    def opened(self, *, ended: bool) -> None:
        """Note that the server answered; ``ended``: nothing more will ever come."""
        self._connected = True
        self._ended = ended
        self._last_heard = time.monotonic()

    def answered(self, *, ended: bool) -> None:
        """Note that a long poll was answered."""
        self.opened(ended=ended)

    def heard(self, event: Heard) -> Iterator[Frame]:
        """Note where we are and how long the server wants us to wait; yield the event as a frame."""
        self._mute = False
        self.way.heard()
        self.cursor = event.cursor or self.cursor
        self._failures = 0
        self._last_heard = time.monotonic()
        if event.data:
            data = decoded(event.data)
            if event.name == "bye":
                self._told_wait = float(data.get("retry_ms") or 0) / 1000
            yield Frame(event.name, data, self.cursor)

    def polled(self, answer: Any) -> Iterator[Frame]:
        """Note where we are; yield what a long poll brought, in the order that counts."""
        self._bookmark = str(answer["cursor"])
        self._failures, self._last_heard = 0, time.monotonic()
        self._told_wait = float(answer.get("retry_ms") or 0) / 1000
        for name, key in (("gap", "gaps"), ("snapshot", "snapshots"), ("", "events")):
            for data in answer.get(key) or []:
                yield Frame(name or str(data["type"]), data)
        for data in answer.get("unsubbed") or []:
            yield Frame("unsubbed", data)

    def bear(self, error: JobcastError) -> None:
        """Put up with a failure that may pass; raise any other, and this one when it lasts."""
        silent = isinstance(error, UnreachableError) and error.silent
        if silent and self._mute:
            self.way.silent()
        if not (self._connected or silent) or not passing(error):
            raise error
        if time.monotonic() - self._last_heard > self._patience:
            raise error
        self._failures += 1
        if isinstance(error, RefusedError):
            self._told_wait = max(self._told_wait, error.retry_after or 0.0)

    def wait(self) -> float:
        """Return how long to wait before the next try: full jitter, or at least as told."""
        told, self._told_wait = self._told_wait, 0.0
        wait = min(max(jitter(self._failures), told), LONGEST_WAIT_SECONDS)
        return max(min(wait, self._deadline.left), 0.0)


def passing(error: JobcastError) -> bool:
    """Return whether what went wrong may be gone by the next try."""
    if isinstance(error, RefusedError):
        return error.status in PASSING
    return isinstance(error, UnreachableError)


def decoded(text: str) -> Any:
    """Return an event's JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise JobcastError("The event stream holds something that is not JSON.") from error
