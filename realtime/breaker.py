"""A short memory of trouble: an outage costs one time-out, not one for each call."""

import time

from redis.exceptions import RedisError

# RuntimeError: what uvloop and asyncio raise for a transport that closed under the caller's feet.
REDIS_TROUBLE = (RedisError, OSError, RuntimeError)


class Breaker:
    """Open for ``seconds`` after each trouble; while it is open nobody should try."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._open_until = 0.0

    @property
    def open(self) -> bool:
        """Return whether trying now would only cost another time-out."""
        return time.monotonic() < self._open_until

    def close(self) -> None:
        """Try again at once: somebody else has just been answered."""
        self._open_until = 0.0

    def trip(self) -> None:
        """Remember that it just failed."""
        self._open_until = time.monotonic() + self.seconds
