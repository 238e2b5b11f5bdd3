"""How many messages a connection may still send: a bucket that fills at a steady rate."""

import time


class Allowance:
    """``burst`` at once, and ``per_second`` on and on."""

    __slots__ = ("_burst", "_left", "_per_second", "_since")

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._since = time.monotonic()

    def take(self, count: int = 1) -> bool:
        """Use some of it up; return False when there is too little left."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._since) * self._per_second)
        self._since = now
        self._left -= count
        return self._left >= 0
