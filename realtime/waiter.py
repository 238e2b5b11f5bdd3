"""A request that waits in the process itself, without a connection to write to."""

import asyncio

from realtime.delivery import Bye, Delivery, Done
from realtime.line import Feeds
from realtime.replay import Replay
from realtime.settings import RealtimeSettings
from realtime.subscriber import Subscriber


class Waiter(Subscriber):
    """A subscriber that is asked for what comes next. One task at a time may ask."""

    __slots__ = ("_woken",)

    def __init__(
        self, settings: RealtimeSettings, feeds: Feeds, replay: Replay, max_channels: int
    ) -> None:
        super().__init__(settings, feeds, replay, max_channels)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Let the request look again."""
        self._woken.set()

    async def next_batch(self) -> list[Delivery]:
        """Wait for what goes out next, in order."""
        while True:
            self._woken.clear()
            if batch := await self.due():
                return batch
            await self._woken.wait()

    async def final(self, timeout_seconds: float) -> None:
        """Wait until one of the channels is done. Raises TimeoutError, at once when draining."""
        async with asyncio.timeout(timeout_seconds):
            while True:
                batch = await self.next_batch()
                if any(isinstance(delivery, Done) for delivery in batch):
                    return
                if isinstance(batch[0], Bye):
                    raise TimeoutError
