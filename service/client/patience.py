"""When to try again: after what, how often, and how long to wait. Full jitter, or longer if told so.

Source of the jitter: AWS Architecture Blog, "Exponential Backoff and Jitter" (2015).
"""

import random
import time
from collections.abc import Callable

from service.client.errors import JobcastError, RefusedError, UnreachableError, WaitTimeout

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0
LONGEST_TOLD_SECONDS = 60.0
"""A server that wants to be left alone for longer is not waited for: the caller is told."""

REFUSED_UNDONE = frozenset({429, 503})
"""Nothing was done, so anything may be asked again."""

LOST = frozenset({408, 425, 502, 504})
"""Something between us and the server gave up: only what may arrive twice is sent again."""

CONFLICT = 409


def jitter(failures: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Return a random wait in seconds after so many failures in a row: up to 0.5 s, 1 s … 20 s."""
    return draw(0, min(FIRST_WAIT_SECONDS * 2 ** min(failures, 16), LONGEST_WAIT_SECONDS))


class Deadline:
    """The moment until which somebody waits. ``seconds`` None: for ever."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._ends = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Return how many seconds are left; infinitely many without an end."""
        return float("inf") if self._ends is None else self._ends - time.monotonic()

    def error(self) -> WaitTimeout:
        """Return what to raise when the time is up."""
        return WaitTimeout(f"Not finished within {self._seconds:g} s; it goes on.")


class Tries:
    """Counts the tries of one request, and says how long to wait before the next.

    ``repeatable``: the request may arrive twice without harm. ``retries``: at most so many more tries.
    """

    def __init__(self, *, repeatable: bool, retries: int) -> None:
        self._repeatable = repeatable
        self._retries = retries
        self._failures = 0

    def wait_after(self, error: JobcastError) -> float:
        """Return the seconds to wait. Raises ``error`` when trying again is of no use, or was enough."""
        told = error.retry_after if isinstance(error, RefusedError) else None
        if not self._may_pass(error) or self._failures >= self._retries:
            raise error
        if told is not None and told > LONGEST_TOLD_SECONDS:
            raise error
        wait = jitter(self._failures)
        self._failures += 1
        return max(wait, told or 0.0)

    def _may_pass(self, error: JobcastError) -> bool:
        """Return whether the same request may work later, and does no harm twice."""
        if isinstance(error, UnreachableError):
            return self._repeatable or not error.sent
        if not isinstance(error, RefusedError):
            return False
        if error.status in REFUSED_UNDONE:
            return True
        busy = error.status == CONFLICT and error.retry_after is not None
        return self._repeatable and (busy or error.status in LOST)
