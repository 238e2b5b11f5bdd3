"""The WebSocket a browser listens and commands on: subprotocol ``jobcast.v1``, JSON text frames."""

import asyncio
from collections.abc import Awaitable

import structlog
from starlette.types import Receive, Scope, Send

from realtime import frames
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.close_codes import (
    BAD_FRAME,
    BAD_TICKET,
    BY_NUMBER,
    NO_HELLO,
    NORMAL,
    OVER_CAPACITY,
    STALLED,
    TOO_MANY,
    CloseCode,
)
from realtime.conversation import Conversation
from realtime.delivery import Bye
from realtime.errors import BadFrame, BadTicket, OverCapacity, TooManyConnections
from realtime.origin import origin_allowed, origin_of
from realtime.subscriber import Subscriber

log = structlog.get_logger(__name__)

SUBPROTOCOL = "jobcast.v1"
TICKET = "ticket."
MAX_BAD_FRAMES = 5
CLOSE_SECONDS = 1.0


class WebSocketEndpoint:
    """An ASGI application: one call is one connection, from handshake to close."""

    def __init__(self, realtime: Realtime) -> None:
        self._realtime = realtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check who asks and from where, then accept and talk."""
        await receive()  # websocket.connect
        if not self._acceptable(scope):
            await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
            return
        try:
            caller = await self._caller(scope)
        except BadTicket:
            await _refuse(send, BAD_TICKET)
            return
        if caller is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._talk(caller, origin_of(scope), receive, send)

    def _acceptable(self, scope: Scope) -> bool:
        offered = scope["subprotocols"]
        caller = scope.get("user")
        cookie = isinstance(caller, Caller) and caller.via == "cookie"
        by_ticket = any(name.startswith(TICKET) for name in offered)
        return SUBPROTOCOL in offered and origin_allowed(
            scope, self._realtime.settings, cookie=cookie and not by_ticket
        )

    async def _caller(self, scope: Scope) -> Caller | None:
        for name in scope["subprotocols"]:
            if name.startswith(TICKET):
                ticket = name.removeprefix(TICKET)
                return await self._realtime.tickets.redeem(ticket, origin_of(scope))
        caller = scope.get("user")
        return caller if isinstance(caller, Caller) else None

    async def _talk(self, caller: Caller, origin: str | None, receive: Receive, send: Send) -> None:
        realtime = self._realtime
        async with realtime.hub.subscriber(realtime.settings.max_channels_per_socket) as subscriber:
            try:
                with realtime.connections.admit(caller, subscriber) as connection:
                    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
                    conversation = Conversation(realtime, caller, origin, subscriber, connection)
                    await Socket(realtime, subscriber, conversation, receive, send).run()
            except TooManyConnections:
                await _refuse(send, TOO_MANY)
            except OverCapacity:
                await _refuse(send, OVER_CAPACITY)


class Socket:
    """Moves frames: one task reads and obeys, one task writes; the first to end ends both."""

    def __init__(
        self,
        realtime: Realtime,
        subscriber: Subscriber,
        conversation: Conversation,
        receive: Receive,
        send: Send,
    ) -> None:
        self._settings = realtime.settings
        self._subscriber = subscriber
        self._conversation = conversation
        self._receive = receive
        self._send = send
        self._bad_frames = 0

    async def run(self) -> None:
        """Talk until one side ends it."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, OSError):
                raise error

    async def _read(self) -> None:
        if not await self._hear_hello():
            self._subscriber.close(Bye(NO_HELLO.number))
            await self._until_gone()
        while await self._obey_next():
            await self._subscriber.room()

    async def _hear_hello(self) -> bool:
        try:
            async with asyncio.timeout(self._settings.hello_timeout_seconds):
                while not self._conversation.greeted:
                    if not await self._obey_next():
                        return True
        except TimeoutError:
            return False
        return True

    async def _obey_next(self) -> bool:
        """Take one frame; return False when the connection is over."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            return False
        try:
            parsed = frames.parse(event.get("text"), self._settings.max_frame_bytes)
        except BadFrame as error:
            return self._bad(error)
        for frame in parsed:
            await self._conversation.obey(frame)
        return True

    def _bad(self, error: BadFrame) -> bool:
        self._bad_frames += 1
        self._subscriber.put(frames.refusal("bad_request", str(error), None))
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._subscriber.close(Bye(BAD_FRAME.number))
        return True

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "websocket.disconnect":
            pass

    async def _write(self) -> None:
        while True:
            batch = await self._subscriber.next_batch()
            if isinstance(batch[-1], Bye):
                await self._end(batch[-1])
                return
            for frame in frames.encode(batch):
                if not await self._sent(frame):
                    await _hurry(self._close(STALLED))
                    return

    async def _sent(self, frame: bytes) -> bool:
        try:
            async with asyncio.timeout(self._settings.stall_seconds):
                await self._send({"type": "websocket.send", "text": frame.decode()})
        except TimeoutError:
            return False
        return True

    async def _end(self, bye: Bye) -> None:
        last = frames.farewell(bye)
        await _hurry(self._send({"type": "websocket.send", "text": last.decode()}))
        await _hurry(self._close(BY_NUMBER.get(bye.code, NORMAL)))

    def _close(self, code: CloseCode) -> Awaitable[None]:
        close = {"type": "websocket.close", "code": code.number, "reason": code.text}
        return self._send(close)


async def _refuse(send: Send, code: CloseCode) -> None:
    """Accept and close at once: a browser is told the reason of no other refusal."""
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    await send({"type": "websocket.close", "code": code.number, "reason": code.text})


async def _hurry(sending: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await sending
    except TimeoutError:
        log.info("socket.stalled")
