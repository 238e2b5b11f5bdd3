"""The newest part of what an attempt says: what is not sent yet, and before it what can be sent again."""

from typing import Generic, TypeVar

from realtime.ephemeral import Kept

S = TypeVar("S", bytearray, list[bytes])


class Tail(Generic[S]):
    """The last ``bound`` elements of a stream, bytes or lines; positions count from its beginning.

    Up to ``sent`` the other side has it, as far as we know; up to ``told`` it was shown as well. What was
    sent without an answer, up to ``doubtful``, is sent again by itself: it may be there already.
    """

    def __init__(self, nothing: S, bound: int) -> None:
        self._held: S = nothing
        self._bound = bound
        self.start = 0
        self.sent = 0
        self.told = 0
        self.doubtful = 0

    @property
    def end(self) -> int:
        """Return how much was said in all."""
        return self.start + len(self._held)

    @property
    def unsent(self) -> int:
        """Return how much is not sent yet."""
        return self.end - self.sent

    def add(self, more: S) -> None:
        """Say more; the oldest makes room, sent or not."""
        self._held += more
        excess = max(len(self._held) - self._bound, 0)
        del self._held[:excess]
        self.start += excess
        self.sent, self.told = max(self.sent, self.start), max(self.told, self.start)

    @property
    def next(self) -> int:
        """Return up to where it is to be sent now."""
        return self.doubtful if self.doubtful > self.sent else self.end

    def part(self, start: int, end: int) -> S:
        """Return what was said from ``start`` until before ``end``."""
        return self._held[max(start - self.start, 0) : max(end - self.start, 0)]

    def settled(self, kept: Kept, end: int) -> bool:
        """Take in what became of what was sent up to ``end``; False: there is more to send at once."""
        match kept.fate:
            case "hole":
                self.sent = min(max(kept.known, self.start), self.sent)
                return False
            case "unreached":
                self.doubtful = self.doubtful if self.doubtful > self.sent else end
            case "kept" | "known":
                in_doubt, self.doubtful = self.doubtful > self.sent, 0
                self.sent = min(max(end, self.sent), self.end)
                self.told = max(self.told, self.sent)
                return not (in_doubt and self.unsent)
        return True
