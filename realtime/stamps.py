"""Measuring how long messages travel: now and then a stamp with the time goes out right behind them.

It takes the same way, on a channel that every web process hears, so the messages before it are on their
sockets when it is heard. That costs nothing per message, and old and new processes understand each other.
"""

import time
from contextlib import suppress

from realtime import keys
from realtime.measures import PUBLISH_TO_SOCKET

EVERY_SECONDS = 2.0


class Stamps:
    """A publisher's: at most one in ``EVERY_SECONDS``."""

    def __init__(self) -> None:
        self._last_at = 0.0

    def follow(self, told: list[str | bytes]) -> None:
        """Add a stamp behind messages that are about to go out, if one is due."""
        now = time.time()
        if told and now - self._last_at >= EVERY_SECONDS:
            self._last_at = now
            told += [keys.STAMPS, b"%.6f" % now]


def heard(stamp: bytes) -> None:
    """Take note of how long a stamp, and the messages before it, took to get here."""
    with suppress(ValueError):
        PUBLISH_TO_SOCKET.observe(max(time.time() - float(stamp), 0.0))
