"""Waking whoever waits for a change."""

import asyncio
from collections.abc import Callable


class Bell:
    """Rung after each change of the record; whoever waits looks again."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Let everybody look again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, wanted: Callable[[], bool]) -> None:
        """Wait until ``wanted`` is true."""
        while not wanted():
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
