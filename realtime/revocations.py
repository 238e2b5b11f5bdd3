"""Who is taken no more: signed-out sessions and revoked keys, known in every web process at once.

Redis only hurries, by an order on the control channel. What was missed is read from the record with
each position check, so without Redis a revocation takes a check's time to hold.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

REVOKE = "revoke"
ALL_TIME = timedelta(days=3650)
OVERLAP = timedelta(seconds=30)  # a revocation shows only when its transaction has committed
KEPT_UNREAD = timedelta(hours=1)  # heard of, but not yet read from the record
FEW = 1_000


@dataclass(frozen=True, slots=True)
class Revocation:
    """``session`` (``session:<id>`` or ``key:<id>``) is taken no more; nobody asks after ``expires_at``."""

    session: str
    expires_at: datetime


Read = Callable[[timedelta], Awaitable[Sequence[Revocation]]]
Order = Callable[[Iterable[bytes]], Awaitable[bool]]


class Revocations:
    """What this process knows to be revoked. ``session in revocations`` asks nobody.

    ``read(age)`` returns what was revoked within ``age`` and has not expired; ``order`` tells all web
    processes; ``end(session)`` closes a session's live connections here.
    """

    def __init__(self, read: Read, order: Order, end: Callable[[str], None]) -> None:
        self._read = read
        self._order = order
        self._end = end
        self._until: dict[str, datetime] = {}
        self._clean_at = FEW
        self._read_at: float | None = None

    def __contains__(self, session: object) -> bool:
        return session in self._until

    async def announce(self, revoked: Sequence[Revocation]) -> None:
        """Make what is already in the record hold here at once, and in all other processes soon."""
        for one in revoked:
            self._take(one)
        await self._order(orjson.dumps({"op": REVOKE, "session": r.session}) for r in revoked)

    def hear(self, order: bytes) -> None:
        """Obey an order of the control channel, if it is one to revoke."""
        if not order.startswith(b"{"):
            return  # for the workers
        try:
            told = orjson.loads(order)
        except orjson.JSONDecodeError:
            return
        session = told.get("session")
        if told.get("op") == REVOKE and isinstance(session, str) and session:
            known = self._until.get(session, datetime.now(UTC) + KEPT_UNREAD)
            self._take(Revocation(session, known))

    async def check(self) -> None:
        """Read what is new in the record, everything at first. Raises what ``read`` raises.

        The newest are ended once more: a connection may have been admitted just as they were revoked.
        """
        began = time.monotonic()
        age = ALL_TIME if self._read_at is None else timedelta(seconds=began - self._read_at)
        for one in await self._read(min(age + OVERLAP, ALL_TIME)):
            self._take(one)
        self._read_at = began
        self._forget_expired()

    def _take(self, revoked: Revocation) -> None:
        self._until[revoked.session] = revoked.expires_at
        self._end(revoked.session)

    def _forget_expired(self) -> None:
        if len(self._until) < self._clean_at:
            return
        now = datetime.now(UTC)
        self._until = {session: end for session, end in self._until.items() if end > now}
        self._clean_at = max(FEW, 2 * len(self._until))
