"""Tokens and keys that were wrong, counted by the address they came from: who guesses has to wait."""

from jobs.errors import TooMany
from realtime.allowance import Allowance

MOST_ADDRESSES = 10_000
MINUTE = 60


class Guesses:
    """Lets so many wrong tokens a minute come from one address; without a limit (0) it counts nothing.

    A token that was right before is not held up, so that one misconfigured program does not lock its
    neighbours out: ask ``check`` only about texts that are new. Each process counts by itself.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: dict[str, Allowance] = {}

    @property
    def none(self) -> bool:
        """Return whether nobody has guessed, as most of the time."""
        return not self._left

    def check(self, address: str) -> None:
        """Raise TooMany when this address has to wait."""
        left = self._left.get(address)
        if left is not None and not left.take(0):
            wait = MINUTE / self._per_minute
            raise TooMany("Too many wrong tokens came from your address.", wait, "too_many_tries")

    def note(self, address: str) -> None:
        """Count a wrong token."""
        if not self._per_minute or not address:
            return
        if address not in self._left:
            if len(self._left) >= MOST_ADDRESSES:
                del self._left[next(iter(self._left))]
            self._left[address] = Allowance(self._per_minute / MINUTE, self._per_minute)
        self._left[address].take()
