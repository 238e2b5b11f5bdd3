"""What this server adds to uvicorn's protocols: an outlet for live streams, a limit for slow openers."""

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

from realtime.outlet import EXTENSION
from service.headers import forget_headers

MAX_HEAD_BYTES = 128 * 1024  # of a request before its body
CONTROLS = bytes([*range(9), *range(10, 32), 127])  # in no header (RFC 9110 §5.5)
SPECIAL = frozenset({b"connection", b"transfer-encoding"})
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class TransportOutlet:
    """One connection's transport, as ``realtime.outlet.Outlet`` asks for it."""

    __slots__ = ("_settle", "_transport", "changed", "ready", "write")

    def __init__(self, transport: asyncio.Transport, settle: Callable[[], None]) -> None:
        self._transport = transport
        self._settle = settle
        self.write: Callable[[bytes], None] = transport.write
        self.ready = True
        self.changed: Callable[[], None] | None = None

    def turn(self, *, ready: bool) -> None:
        """Note whether the connection takes more, and tell who writes to it."""
        self.ready = ready
        if self.changed is not None:
            self.changed()

    def settled(self) -> None:
        """Let go of the request."""
        self._settle()

    def end(self, last: bytes) -> None:
        """Close once everything is sent."""
        if not self._transport.is_closing():  # uvloop raises for what is written to a closed one
            self._transport.write(last)
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()


class Cycle(RequestResponseCycle):
    """uvicorn's, but an answer that is there as a whole leaves in one write, its headers checked at once.

    Until the body is known, the head of an answer that states its length is held back.
    """

    held: Message | None = None

    async def send(self, message: Message) -> None:  # type: ignore[override]  # Starlette's name for it
        """Send the next part of the answer."""
        if message["type"] == "http.response.start" and self._to_hold(message):
            self.held = message
            return
        held, self.held = self.held, None
        if held is not None and self._whole(held, message):
            head = head_of(held["status"], [*self.default_headers, *held["headers"]])
            if head is not None:
                self._answer(head, message["body"])
                return
        if held is not None:
            await super().send(held)  # type: ignore[arg-type]  # the same
        await super().send(message)  # type: ignore[arg-type]  # the same

    def _to_hold(self, message: Message) -> bool:
        if self.response_started or self.held is not None or self.scope["method"] == "HEAD":
            return False
        names = dict(message.get("headers", ())).keys()
        return b"content-length" in names and names.isdisjoint(SPECIAL)

    def _whole(self, held: Message, message: Message) -> bool:
        """Return whether ``message`` is all of a body and nothing else has to be said or awaited."""
        if message["type"] != "http.response.body" or message.get("more_body"):
            return False
        if not self.keep_alive or self.disconnected or self.flow.write_paused:
            return False
        length = b"%d" % len(message.get("body", b""))
        return (b"content-length", length) in held["headers"]

    def _answer(self, head: bytes, body: bytes) -> None:
        """Do what uvicorn does at the end of an answer."""
        self.waiting_for_100_continue = False
        self.response_started = self.response_complete = True
        self.transport.write(head + body)
        self.message_event.set()
        self.on_response()


def head_of(status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """Return status line and headers; None when one of them cannot be sent as it is."""
    text = b" ".join([part for pair in headers for part in pair])
    if len(text.translate(None, CONTROLS)) != len(text):
        return None
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"".join([STATUS_LINE[status], *lines, b"\r\n"])


class Offering(asyncio.Protocol):
    """What both protocols do for the outlet they offer."""

    _outlet: TransportOutlet

    def pause_writing(self) -> None:
        """Note that the other side does not read."""
        super().pause_writing()
        self._outlet.turn(ready=False)

    def resume_writing(self) -> None:
        """Note that it reads again."""
        super().resume_writing()
        self._outlet.turn(ready=True)


class HttpProtocol(Offering, HttpToolsProtocol):
    """HTTP whose request line and headers have to arrive in time, and be no more than there is room for.

    A request may come behind one that is still answered. The outlet is the connection's, not a request's:
    only what is answered writes.
    """

    header_timeout_seconds = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answered: RequestResponseCycle | None = None
        self._headers_due: asyncio.TimerHandle | None = None
        self._head_open = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Make the outlet, and begin to wait for the first request."""
        super().connection_made(transport)
        self._outlet = TransportOutlet(self.transport, self._settle)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Refuse headers without end; the parser would keep them all."""
        due = self._headers_due
        super().data_received(data)
        if self._head_open and self._headers_due is None:
            self._expect_headers()
        if due is None or self._headers_due is not due:
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._stop_expecting()
            self.transport.write(TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Take note of a request; most have all of their headers in the same piece, and need no timer."""
        super().on_message_begin()
        self._head_open = True

    def on_headers_complete(self) -> None:
        """Stop waiting, and offer the connection as an outlet."""
        self._head_open = False
        self._stop_expecting()
        super().on_headers_complete()
        if self.scope.get("http_version") == "1.1" and self.scope["method"] != "HEAD":
            self.scope["extensions"] = {EXTENSION: self._outlet}  # type: ignore[dict-item]  # our own

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timer and the outlet, and tell the request that is answered."""
        self._stop_expecting()
        self._outlet.turn(ready=False)
        if self._answered is not None:
            self.cycle = self._answered  # uvicorn tells the last one, which may still wait its turn
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]  # Starlette's name for it
        self._answered = cycle
        cycle.__class__ = Cycle  # uvicorn makes its own, by name
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]  # the same

    def _settle(self) -> None:
        if self._answered is not None:
            if self.scope is self._answered.scope:  # no other request has begun
                self.headers = []
            forget_headers(self._answered.scope)  # type: ignore[arg-type]  # a typed dict

    def _expect_headers(self) -> None:
        self._headers_due = self.loop.call_later(self.header_timeout_seconds, self._too_slow)

    def _stop_expecting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _too_slow(self) -> None:
        self._headers_due = None
        self.transport.abort()


class SocketProtocol(Offering, WebSocketsSansIOProtocol):
    """A WebSocket that is offered to the application as an outlet, and forgets its handshake."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the outlet."""
        super().connection_made(transport)
        self._outlet = TransportOutlet(self.transport, self._settle)

    def data_received(self, data: bytes) -> None:
        """Send the refusal of a request that is no handshake (a line too long, too many), and close."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Any) -> None:
        """Offer the outlet; the application's task begins after this."""
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope["extensions"][EXTENSION] = self._outlet  # type: ignore[assignment]  # our own

    def handle_ping(self) -> None:
        """Answer; but who does not read gets no answers, which nothing would bound."""
        if self._outlet.ready:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def shutdown(self) -> None:
        """Say that the server stops; not to who said goodbye and has not read all: uvicorn would fail."""
        if self.conn.state is State.CLOSING:
            self.transport.abort()
        else:
            super().shutdown()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; text that is no UTF-8 ends the connection with 1007, without a trace."""
        if self.curr_msg_data_type == "text" and not is_utf8(self.frames):
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the outlet."""
        self._outlet.turn(ready=False)
        super().connection_lost(exc)

    def _settle(self) -> None:
        del self.request, self.response
        forget_headers(self.scope)  # type: ignore[arg-type]  # a typed dict


def is_utf8(pieces: Sequence[bytes]) -> bool:
    """Return whether the pieces together are text."""
    try:
        b"".join(pieces).decode()
    except UnicodeDecodeError:
        return False
    return True


def http_protocol(header_timeout_seconds: float) -> type[HttpProtocol]:
    """Return the protocol with this time limit for a request's headers."""
    return type("HttpProtocol", (HttpProtocol,), {"header_timeout_seconds": header_timeout_seconds})
