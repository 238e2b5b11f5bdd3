"""Putting a subscriber's deliveries on one connection: at once while it takes everything, else by a task.

While the other side reads, what is heard goes out in the same turn of the loop: no queue, no task, and a
frame that was built once for all listeners. When it does not, or when the Source has to be read, a task
takes over; it ends when there is nothing left, so an idle connection has none.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

import structlog
from starlette.types import Message as AsgiMessage
from starlette.types import Send

from realtime.channels import Channel
from realtime.close_codes import BROKEN, STALLED
from realtime.delivery import Bye, Delivery
from realtime.measures import SLOW_READERS
from realtime.message import Message
from realtime.outlet import Outlet
from realtime.subscriber import Subscriber

log = structlog.get_logger(__name__)

CLOSE_SECONDS = 1.0


class Writer(ABC):
    """Owns at most one task. ``free`` says that what is heard may be written at once."""

    __slots__ = (
        "_over", "_pump", "_room", "_send", "_stall_seconds", "free", "outlet", "subscriber",
    )  # fmt: skip

    def __init__(
        self, subscriber: Subscriber, outlet: Outlet | None, send: Send, stall_seconds: float
    ) -> None:
        self.free = outlet is not None and outlet.ready
        self.subscriber = subscriber
        self.outlet = outlet
        self._send = send
        self._stall_seconds = stall_seconds
        self._over = False
        self._pump: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        if outlet is not None:
            outlet.settled()
            outlet.changed = self._outlet_changed
        subscriber.writer = self
        if subscriber.busy or subscriber.closing:  # there was nobody yet to tell
            self.kick()

    @abstractmethod
    def event(self, channel: Channel, message: Message) -> None:
        """Write an event at once. Only while ``free``."""

    @abstractmethod
    def payloads(self, batch: Sequence[Delivery]) -> list[bytes]:
        """Return deliveries as they go over the wire, in order."""

    @abstractmethod
    def framed(self, payload: bytes) -> bytes:
        """Return a payload as the transport carries it."""

    @abstractmethod
    def asgi(self, payload: bytes) -> AsgiMessage:
        """Return a payload as ASGI sends it."""

    @abstractmethod
    async def end(self, bye: Bye) -> bool:
        """Say ``bye`` and end the connection. Return False if the other side takes no more."""

    def last(self, bye: Bye) -> bytes:
        """Return what stands behind the last bytes written when no more are taken."""
        return b""

    @abstractmethod
    async def stalled(self) -> None:
        """End a connection whose other side does not read."""

    async def idle(self) -> None:  # noqa: B027 -- most have nothing to do then
        """Everything due was written."""

    def write(self, delivery: Delivery) -> None:
        """Write a delivery at once. Only while ``free``."""
        self.put(b"".join(map(self.framed, self.payloads([delivery]))))

    def put(self, data: bytes) -> None:
        """Write to the outlet. One that closed a moment ago is no trouble: who receives is told of it."""
        if self.outlet is not None:
            try:
                self.outlet.write(data)
            except RuntimeError:  # uvloop's word for a closed transport
                self.free = False

    def kick(self) -> None:
        """Write what is due, by a task."""
        if self._pump is None and not self._over:
            self.free = False
            self._pump = asyncio.create_task(self._run())

    def abort(self) -> None:
        """Cut the connection off."""
        if self.outlet is not None:
            self.outlet.abort()

    async def stop(self) -> None:
        """End the task; the connection is over."""
        self._over, self.free = True, False
        if self.outlet is not None:
            self.outlet.changed = None
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])

    async def _run(self) -> None:
        try:
            while batch := await self.subscriber.due():
                if isinstance(batch[-1], Bye):
                    await self._end(batch[-1])
                    return
                await self._deliver(batch)
            await self.idle()
        except TimeoutError:
            SLOW_READERS.add("stalled")
            self._close(Bye(STALLED.number))
            await self.stalled()
        except OSError:
            log.debug("connection.gone")  # whoever receives is told as well
        except Exception:
            log.exception("connection.broken")
            await self._end(Bye(BROKEN.number))
        finally:
            self._pump = None
            self._outlet_changed()

    async def _end(self, bye: Bye) -> None:
        self._close(bye)
        if self.outlet is not None and not self.outlet.ready:
            self.leave(self.last(bye))
        elif not await self.end(bye):
            self.leave()

    def _close(self, bye: Bye) -> None:
        self._over = True
        self.subscriber.close(bye)  # whoever waits for room waits in vain

    async def _deliver(self, batch: Sequence[Delivery]) -> None:
        payloads = self.payloads(batch)
        if self.outlet is None:
            for payload in payloads:
                await self.send(payload)
            return
        await self.until_ready()
        self.put(b"".join(map(self.framed, payloads)))

    def leave(self, last: bytes = b"") -> None:
        """Close a connection that takes no more: who reads on soon finds ``last`` at the end."""
        if self.outlet is not None:
            self.outlet.end(last)
            asyncio.get_running_loop().call_later(self._stall_seconds, self.outlet.abort)

    async def send(self, payload: bytes) -> None:
        """Send by ASGI. Raises TimeoutError when the other side does not read."""
        async with asyncio.timeout(self._stall_seconds):
            await self._send(self.asgi(payload))

    async def hurry(self, message: AsgiMessage) -> bool:
        """Send one of the last messages; not for long. Return False if it was not taken."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send(message)
        except (OSError, RuntimeError):  # not taken in time, gone, or closed by the server already
            return False
        return True

    async def until_ready(self) -> None:
        """Wait until the connection takes more. Raises TimeoutError when it does not."""
        if self.outlet is None or self.outlet.ready:
            return
        async with asyncio.timeout(self._stall_seconds):
            while not self.outlet.ready:
                self._room = asyncio.get_running_loop().create_future()
                await self._room

    def _outlet_changed(self) -> None:
        ready = self.outlet is not None and self.outlet.ready
        self.free = ready and self._pump is None and not self._over
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
