"""One open connection: who it is, and its clocks: heart-beats, the session's end, its own age."""

import asyncio
import random
from datetime import UTC, datetime

from realtime.caller import Caller
from realtime.close_codes import EXPIRED, MAX_AGE, CloseCode
from realtime.delivery import Beat, Bye, Expiring
from realtime.settings import RealtimeSettings
from realtime.subscriber import Subscriber

NOTICE_SECONDS = 60.0
LATEST_RETURN_MS = 500
NEVER = float("inf")


class Connection:
    """One connection: who it is, and when it next has to be looked at. Times are the loop's, in seconds."""

    __slots__ = (
        "_greeted", "_settings", "address", "beats_at", "caller", "due_at", "ends_at", "notice_at",
        "old_at", "recheck_at", "subscriber",
    )  # fmt: skip

    def __init__(
        self, caller: Caller, subscriber: Subscriber, address: str, settings: RealtimeSettings
    ) -> None:
        now = asyncio.get_running_loop().time()
        self.subscriber = subscriber
        self.address = address
        self._settings = settings
        self.caller = caller
        self._greeted = False
        self.notice_at = self.ends_at = NEVER
        self.beats_at = now + settings.heartbeat_seconds
        self.old_at = now + spread(settings.connection_max_age_seconds, 0.8, 1.0)
        self.recheck_at = now + spread(settings.recheck_seconds, 0.8, 1.2)
        self._belong_to(caller)

    def renew(self, caller: Caller) -> None:
        """Let the connection be this caller's from now on, to the end of their session."""
        self.recheck_at = 0.0
        self._belong_to(caller)

    def greeted(self) -> None:
        """Note that the welcome, or the answer to a renewal, is out: a session's end may be told."""
        self._greeted = True
        self._tell_time(asyncio.get_running_loop().time())
        self._plan()

    def look(self, now: float) -> bool:
        """Do what is due; return whether the caller's rights have to be read again."""
        self._tell_time(now)
        if now >= self.beats_at:
            self.beats_at = now + self._settings.heartbeat_seconds
            self.subscriber.put(Beat())
        recheck = now >= self.recheck_at
        if recheck:
            self.recheck_at = now + spread(self._settings.recheck_seconds, 0.8, 1.2)
        self._plan()
        return recheck

    def end(self, code: CloseCode, retry_ms: int = 0) -> None:
        """Say bye."""
        self.ends_at = self.old_at = NEVER
        self.subscriber.close(Bye(code.number, retry_ms))

    def _tell_time(self, now: float) -> None:
        if now >= self.notice_at and self._greeted:
            self.notice_at = NEVER
            self.subscriber.put(Expiring(max(0, round(self.ends_at - now))))
        if now >= self.ends_at:
            self.end(EXPIRED)
        elif now >= self.old_at:
            self.end(MAX_AGE, random.randint(0, LATEST_RETURN_MS))  # noqa: S311 -- a spread

    def _belong_to(self, caller: Caller) -> None:
        self.caller = caller
        self.notice_at = self.ends_at = NEVER
        if caller.expires_at is not None:
            left = (caller.expires_at - datetime.now(UTC)).total_seconds()
            self.ends_at = asyncio.get_running_loop().time() + left
            self.notice_at = self.ends_at - NOTICE_SECONDS
        self._plan()

    def _plan(self) -> None:
        self.due_at = min(self.beats_at, self.notice_at, self.ends_at, self.old_at, self.recheck_at)


def spread(seconds: float, least: float, most: float) -> float:
    """Return a random time around ``seconds``, so that a crowd never acts at once."""
    return seconds * random.uniform(least, most)  # noqa: S311 -- a spread
