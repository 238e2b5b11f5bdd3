"""The WebSocket a browser listens and commands on: subprotocol ``jobcast.v1``, JSON text frames."""

import asyncio
from collections.abc import Sequence

from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from realtime import frames
from realtime.allowance import Allowance
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.close_codes import (
    BAD_FRAME,
    BAD_TICKET,
    BY_NUMBER,
    NO_HELLO,
    NORMAL,
    OVER_CAPACITY,
    RATE,
    STALLED,
    TOO_MANY,
    CloseCode,
)
from realtime.connections import address_of
from realtime.conversation import Conversation
from realtime.delivery import Bye, Delivery
from realtime.errors import BadFrame, BadTicket, OverCapacity, TooManyConnections
from realtime.framing import close_frame, text_frame
from realtime.message import Message
from realtime.origin import origin_allowed, origin_of
from realtime.outlet import outlet_of
from realtime.writer import Writer

SUBPROTOCOL = "jobcast.v1"
TICKET = "ticket."
MAX_BAD_FRAMES = 5


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
        await self._talk(caller, scope, receive, send)

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

    async def _talk(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        realtime = self._realtime
        async with realtime.hub.subscriber(realtime.settings.max_channels_per_socket) as subscriber:
            try:
                with realtime.connections.admit(
                    caller, subscriber, address_of(scope)
                ) as connection:
                    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
                    stall = realtime.settings.stall_seconds
                    writer = SocketWriter(subscriber, outlet_of(scope), send, stall)
                    talk = Conversation(realtime, origin_of(scope), connection)
                    await Socket(realtime, writer, talk, receive).run()
            except TooManyConnections:
                await _refuse(send, TOO_MANY)
            except OverCapacity:
                await _refuse(send, OVER_CAPACITY)


class Socket:
    """Reads what the browser says and obeys, until one side ends it."""

    __slots__ = ("_allowance", "_bad_frames", "_conversation", "_receive", "_settings", "_writer")

    def __init__(
        self, realtime: Realtime, writer: "SocketWriter", talk: Conversation, receive: Receive
    ) -> None:
        self._settings = realtime.settings
        self._writer = writer
        self._conversation = talk
        self._receive = receive
        self._bad_frames = 0
        self._allowance: Allowance | None = None

    async def run(self) -> None:
        """Talk until one side ends it."""
        try:
            await self._read()
        finally:
            await self._writer.stop()

    async def _read(self) -> None:
        subscriber = self._writer.subscriber
        if not await self._hear_hello():
            subscriber.close(Bye(NO_HELLO.number))
        while await self._obey_next():
            await subscriber.room()

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
        if self._writer.subscriber.closing:
            return True
        try:
            parsed = frames.parse(event.get("text"), self._settings.max_frame_bytes)
        except BadFrame as error:
            self._bad(error)
            return True
        if not self._allowed(len(parsed)):
            self._writer.subscriber.close(Bye(RATE.number))
            return True
        for frame in parsed:
            await self._conversation.obey(frame)
        return True

    def _allowed(self, messages: int) -> bool:
        if self._allowance is None:
            settings = self._settings
            self._allowance = Allowance(
                settings.max_messages_per_second, settings.max_messages_burst
            )
        return self._allowance.take(messages)

    def _bad(self, error: BadFrame) -> None:
        self._bad_frames += 1
        subscriber = self._writer.subscriber
        subscriber.put(frames.refusal("bad_request", str(error), None))
        if self._bad_frames >= MAX_BAD_FRAMES:
            subscriber.close(Bye(BAD_FRAME.number))


class SocketWriter(Writer):
    """Writes deliveries as text frames of JSON."""

    def event(self, channel: Channel, message: Message) -> None:
        """Write an event; its frame is made once for all who hear it."""
        frame = message.frame
        if not frame:
            frame = message.frame = text_frame(b'{"t":"ev","e":[%b]}' % message.body)
        if self.outlet is not None:
            self.outlet.write(frame)

    def payloads(self, batch: Sequence[Delivery]) -> list[bytes]:
        """Return the frames' texts."""
        return list(frames.encode(batch))

    def framed(self, payload: bytes) -> bytes:
        """Return a text frame."""
        return text_frame(payload)

    def asgi(self, payload: bytes) -> AsgiMessage:
        """Return the message that sends a text."""
        return {"type": "websocket.send", "text": payload.decode()}

    async def end(self, bye: Bye) -> None:
        """Say bye and close."""
        code = BY_NUMBER.get(bye.code, NORMAL)
        if self.outlet is not None and not self.outlet.ready:
            self.leave(close_frame(code.number, code.text))
            return
        await self.hurry(self.asgi(frames.farewell(bye)))
        await self.hurry(_close(code))

    async def stalled(self) -> None:
        """Leave the reason behind what the other side has not read, and close."""
        if self.outlet is None:
            await self.hurry(_close(STALLED))
        else:
            self.leave(close_frame(STALLED.number, STALLED.text))


def _close(code: CloseCode) -> AsgiMessage:
    return {"type": "websocket.close", "code": code.number, "reason": code.text}


async def _refuse(send: Send, code: CloseCode) -> None:
    """Accept and close at once: a browser is told the reason of no other refusal."""
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    await send(_close(code))
