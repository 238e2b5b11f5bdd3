"""Who is still being answered: a second request with the same Idempotency-Key is told to come again."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.errors import KeyInUse
from realtime.caller import Caller


class InFlight:
    """The keys whose first request this process is still answering."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str, str]] = set()

    @contextmanager
    def answering(self, caller: Caller, key: str | None) -> Iterator[None]:
        """Hold the key for the time of the block. Raises KeyInUse when another request holds it."""
        name = (caller.org, caller.user, key or "")
        if name in self._keys:
            raise KeyInUse
        if key is not None:
            self._keys.add(name)
        try:
            yield
        finally:
            self._keys.discard(name)
