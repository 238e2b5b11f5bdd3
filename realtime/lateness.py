"""Telling everybody that changes arrive late: once it has been so for a moment, and better at once."""

import asyncio
from collections.abc import Callable

GRACE_SECONDS = 1.0  # what is over by then is nobody's news


class Lateness:
    """Calls ``tell`` each time that ``is_late`` has changed for good; ``told`` is what it told last."""

    def __init__(self, is_late: Callable[[], bool], tell: Callable[[bool], None]) -> None:
        self.told = False
        self._is_late = is_late
        self._tell = tell
        self._due: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Take what is so now as told: nobody has come yet."""
        self.told = self._is_late()

    def end(self) -> None:
        """Tell nothing any more."""
        if self._due is not None:
            self._due.cancel()

    def look(self) -> None:
        """Look whether something has to be told, now or in a moment."""
        if not self._is_late():
            self._change(late=False)
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._due = None
        if self._is_late():
            self._change(late=True)

    def _change(self, *, late: bool) -> None:
        if self.told != late:
            self.told = late
            self._tell(late)
