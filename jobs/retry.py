"""When a failed attempt is tried again: pure functions from the number of failures to a delay."""

import random
from collections.abc import Callable
from datetime import timedelta

Backoff = Callable[[int], timedelta]
"""Takes the number of failures so far (1, 2, …) and returns how long to wait."""

LONGEST = timedelta(hours=24)
MOST_DOUBLINGS = 32


def exponential(
    base: timedelta = timedelta(seconds=2),
    cap: timedelta = timedelta(minutes=15),
    jitter: float = 0.2,
) -> Backoff:
    """Double the wait with every failure, up to ``cap``, spread by ``jitter`` (a fraction)."""

    def delay(failures: int) -> timedelta:
        doublings = min(max(failures - 1, 0), MOST_DOUBLINGS)
        seconds = min(base.total_seconds() * 2**doublings, cap.total_seconds())
        return min(spread(timedelta(seconds=seconds), jitter), cap)

    return delay


def fixed(wait: timedelta, jitter: float = 0.0) -> Backoff:
    """Wait the same after every failure."""
    return lambda failures: spread(wait, jitter)


def steps(*waits: timedelta, jitter: float = 0.1) -> Backoff:
    """Wait as listed; the last step repeats."""
    if not waits:
        raise ValueError("steps() needs at least one wait")
    return lambda failures: spread(waits[min(max(failures, 1), len(waits)) - 1], jitter)


def spread(wait: timedelta, jitter: float) -> timedelta:
    """Return ``wait`` moved by at most ``jitter`` of itself, never negative, at most a day."""
    moved = wait * (1 + random.uniform(-jitter, jitter))  # noqa: S311 - spreading load, no secret
    return min(max(moved, timedelta(0)), LONGEST)
