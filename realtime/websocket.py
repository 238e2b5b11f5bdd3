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
from realtime.connection import Connection
from realtime.connections import address_of
from realtime.conversation import Conversation
from realtime.delivery import Bye, Delivery
from realtime.errors import BadFrame, BadTicket, OverCapacity, TooManyConnections
from realtime.framing import close_frame, text_frame
from realtime.long_lived import stay
from realtime.message import Message
from realtime.origin import origin_allowed, origin_of
from realtime.outlet import Outlet, outlet_of
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
        connection = await self._admit(caller, scope, send)
        if connection is None:
            return
        socket = Socket(self._realtime, connection, origin_of(scope), outlet_of(scope))
        try:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        except BaseException:
            socket.leave()
            raise
        await stay(scope, socket, receive, send)

    async def _admit(self, caller: Caller, scope: Scope, send: Send) -> Connection | None:
        hub, connections = self._realtime.hub, self._realtime.connections
        subscriber = hub.open(self._realtime.settings.max_channels_per_socket)
        try:
            return connections.enter(caller, subscriber, address_of(scope))
        except (TooManyConnections, OverCapacity) as error:
            hub.close(subscriber)
            full = isinstance(error, OverCapacity)
            await _refuse(send, OVER_CAPACITY if full else TOO_MANY)
            return None


class Socket:
    """Reads what the browser says and obeys, until one side ends it."""

    __slots__ = (
        "_allowance",
        "_bad_frames",
        "_connection",
        "_conversation",
        "_outlet",
        "_realtime",
    )

    def __init__(
        self, realtime: Realtime, connection: Connection, origin: str | None, outlet: Outlet | None
    ) -> None:
        self._realtime = realtime
        self._connection = connection
        self._conversation = Conversation(realtime, origin, connection)
        self._outlet = outlet
        self._bad_frames = 0
        self._allowance: Allowance | None = None

    async def run(self, receive: Receive, send: Send) -> None:
        """Talk until one side ends it."""
        settings = self._realtime.settings
        subscriber = self._connection.subscriber
        writer = SocketWriter(subscriber, self._outlet, send, settings.stall_seconds)
        loop = asyncio.get_running_loop()
        no_hello = loop.call_later(settings.hello_timeout_seconds, self._end_without_hello)
        try:
            while (event := await receive())["type"] != "websocket.disconnect":
                await self._obey(event.get("text"))
                await subscriber.room()
        finally:
            no_hello.cancel()
            self.leave()
            await writer.stop()

    def leave(self) -> None:
        """Give back the connection's place and its channels."""
        self._realtime.connections.leave(self._connection)
        self._realtime.hub.close(self._connection.subscriber)

    def _end_without_hello(self) -> None:
        if not self._conversation.greeted:
            self._connection.end(NO_HELLO)

    async def _obey(self, text: str | None) -> None:
        if self._connection.subscriber.closing:
            return
        try:
            parsed = frames.parse(text, self._realtime.settings.max_frame_bytes)
        except BadFrame as error:
            self._bad(error)
            return
        if not self._allowed(max(len(parsed), 1)):
            self._connection.end(RATE)
            return
        for frame in parsed:
            await self._conversation.obey(frame)

    def _allowed(self, messages: int) -> bool:
        if self._allowance is None:
            settings = self._realtime.settings
            self._allowance = Allowance(
                settings.max_messages_per_second, settings.max_messages_burst
            )
        return self._allowance.take(messages)

    def _bad(self, error: BadFrame) -> None:
        self._bad_frames += 1
        self._connection.subscriber.put(frames.refusal("bad_request", str(error), None))
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._connection.end(BAD_FRAME)


class SocketWriter(Writer):
    """Writes deliveries as text frames of JSON."""

    __slots__ = ()

    def event(self, channel: Channel, message: Message) -> None:
        """Write an event; its frame is made once for all who hear it."""
        frame = message.frame
        if not frame:
            frame = message.frame = text_frame(b'{"t":"ev","e":[%b]}' % message.body)
        self.put(frame)

    def payloads(self, batch: Sequence[Delivery]) -> list[bytes]:
        """Return the frames' texts."""
        return list(frames.encode(batch))

    def framed(self, payload: bytes) -> bytes:
        """Return a text frame."""
        return text_frame(payload)

    def asgi(self, payload: bytes) -> AsgiMessage:
        """Return the message that sends a text."""
        return {"type": "websocket.send", "text": payload.decode()}

    async def end(self, bye: Bye) -> bool:
        """Say bye and close."""
        await self.hurry(self.asgi(frames.farewell(bye)))
        return await self.hurry(_close(_code(bye)))

    def last(self, bye: Bye) -> bytes:
        """Return a close frame."""
        code = _code(bye)
        return close_frame(code.number, code.text)

    async def stalled(self) -> None:
        """Leave the reason behind what the other side has not read, and close."""
        if self.outlet is None:
            await self.hurry(_close(STALLED))
        else:
            self.leave(close_frame(STALLED.number, STALLED.text))


def _code(bye: Bye) -> CloseCode:
    return BY_NUMBER.get(bye.code, NORMAL)


def _close(code: CloseCode) -> AsgiMessage:
    return {"type": "websocket.close", "code": code.number, "reason": code.text}


async def _refuse(send: Send, code: CloseCode) -> None:
    """Accept and close at once: a browser is told the reason of no other refusal."""
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    await send(_close(code))
