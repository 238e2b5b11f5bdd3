"""Server-sent events: any number of channels as one HTTP response that resumes by its last id."""

import random
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from realtime import event_text
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.connection import Connection
from realtime.connections import address_of
from realtime.cursor import Cursor, format_vector
from realtime.delivery import Bye, Delivery, Event, Joined, State
from realtime.errors import OverCapacity, TooManyConnections
from realtime.framing import chunk
from realtime.long_lived import stay
from realtime.message import Message
from realtime.outlet import Outlet, outlet_of
from realtime.subscriber import Subscriber
from realtime.writer import Writer

log = structlog.get_logger(__name__)

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
}
SOONEST_RETRY_MS, LATEST_RETRY_MS = 1_000, 5_000


class EventStream:
    """An ASGI response that streams ``channels`` until they are done, or either side ends it.

    ``since`` has a cursor, or None, for each channel; ``snapshot`` shows the whole of those without
    one. What goes wrong before the first byte is raised: HTTPException (429, 503), UnknownChannel,
    and whatever the Source raises.
    """

    def __init__(
        self,
        realtime: Realtime,
        caller: Caller,
        channels: Sequence[Channel],
        *,
        since: Sequence[Cursor | None] = (),
        snapshot: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._realtime = realtime
        self._caller = caller
        self._places = dict(zip(channels, since or [None] * len(channels), strict=True))
        self._snapshot = snapshot
        self._headers = HEADERS | dict(headers or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; the stream goes on where connections stay."""
        connection = self._admit(scope)
        stream = Stream(self._realtime, connection, self._places, outlet_of(scope))
        try:
            more = await self._join(connection.subscriber)
            await send(self._start(200 if more else 204))
            if not more:
                await send({"type": "http.response.body", "body": b""})
        except BaseException:
            stream.leave()
            raise
        if more:
            stream.welcome = self._welcome()
            await stay(scope, stream, receive, send)
        else:
            stream.leave()

    def _admit(self, scope: Scope) -> Connection:
        hub, connections = self._realtime.hub, self._realtime.connections
        subscriber = hub.open(self._realtime.settings.max_channels_per_stream)
        try:
            return connections.enter(self._caller, subscriber, address_of(scope))
        except (TooManyConnections, OverCapacity) as error:
            hub.close(subscriber)
            raise refusal(error) from error

    async def _join(self, subscriber: Subscriber) -> bool:
        """Join the channels; return whether anything can still come."""
        joined = [
            await subscriber.join(channel, since, snapshot=self._snapshot)
            for channel, since in self._places.items()
        ]
        self._places |= {one.channel: one.cursor for one in joined if not one.first}
        return not all(map(_is_over, joined))

    def _start(self, status: int) -> AsgiMessage:
        headers = self._headers.items() if status == HTTPStatus.OK else ()
        raw = [(key.encode(), value.encode()) for key, value in headers]
        return {"type": "http.response.start", "status": status, "headers": raw}

    def _welcome(self) -> dict[str, object]:
        return {
            "user": self._caller.user,
            "org": self._caller.org,
            "channels": [channel.name for channel in self._places],
            "heartbeat_seconds": self._realtime.settings.heartbeat_seconds,
            "degraded": self._realtime.hub.degraded,
        }


class Stream:
    """A stream that has begun, to its end."""

    __slots__ = ("_connection", "_outlet", "_places", "_realtime", "welcome")

    def __init__(
        self,
        realtime: Realtime,
        connection: Connection,
        places: dict[Channel, Cursor | None],
        outlet: Outlet | None,
    ) -> None:
        self.welcome: Mapping[str, object] = {}
        self._realtime = realtime
        self._connection = connection
        self._places = places
        self._outlet = outlet

    async def run(self, receive: Receive, send: Send) -> None:
        """Stream until either side ends it."""
        subscriber, stall = self._connection.subscriber, self._realtime.settings.stall_seconds
        writer = StreamWriter(subscriber, self._outlet, send, stall, self._places)
        try:
            writer.greet(self.welcome)
            self._connection.greeted()
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.leave()
            await writer.stop()

    def leave(self) -> None:
        """Give back the connection's place and its channels."""
        self._realtime.connections.leave(self._connection)
        self._realtime.hub.close(self._connection.subscriber)


class StreamWriter(Writer):
    """Writes deliveries as events of one stream; ``places`` are what its ids tell."""

    __slots__ = ("_begins", "_places")

    def __init__(
        self,
        subscriber: Subscriber,
        outlet: Outlet | None,
        send: Send,
        stall_seconds: float,
        places: dict[Channel, Cursor | None],
    ) -> None:
        super().__init__(subscriber, outlet, send, stall_seconds)
        self.free = False  # the welcome goes first
        self._places = places
        self._begins = b""

    def greet(self, welcome: Mapping[str, object]) -> None:
        """Begin the stream: with the welcome, then what the joins brought."""
        retry_ms = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)  # noqa: S311 -- a spread
        event = event_text.event("welcome", orjson.dumps(dict(welcome)), self._id())
        self._begins = b"retry: %d\n\n" % retry_ms + event
        self.kick()

    def event(self, channel: Channel, message: Message) -> None:
        """Write an event. On a stream of one channel its chunk is made once for all who hear it."""
        if len(self._places) > 1:
            made = chunk(self._message(channel, message))
        elif not (made := message.chunk):
            made = message.chunk = chunk(_alone(message))
        self.put(made)

    def payloads(self, batch: Sequence[Delivery]) -> list[bytes]:
        """Return the batch as one piece of the stream."""
        begins, self._begins = self._begins, b""
        return [begins + b"".join(map(self._encode, batch))]

    def framed(self, payload: bytes) -> bytes:
        """Return a chunk of the body; an empty one would end it."""
        return chunk(payload) if payload else b""

    def asgi(self, payload: bytes) -> AsgiMessage:
        """Return a piece of the body."""
        return {"type": "http.response.body", "body": payload, "more_body": True}

    def write(self, delivery: Delivery) -> None:
        """Write a delivery at once; the last channel's end ends the stream."""
        super().write(delivery)
        if not self.subscriber.subscriptions:
            self.kick()

    async def idle(self) -> None:
        """End the stream when nothing is listened to any more."""
        if not self.subscriber.subscriptions:
            await self.until_ready()
            if not await self._finish(b""):
                self.leave()

    async def end(self, bye: Bye) -> bool:
        """Say bye and finish the response."""
        return await self._finish(self._begins + event_text.sign(bye))

    async def stalled(self) -> None:
        """Cut off who does not read: HTTP has no way to tell them why."""
        log.info("stream.stalled")
        if self.outlet is not None:
            self.outlet.abort()
        else:
            await self._finish(b"")

    async def _finish(self, last: bytes) -> bool:
        self._over = True
        if last and self.outlet is not None:
            self.put(chunk(last))
            last = b""
        return await self.hurry({"type": "http.response.body", "body": last, "more_body": False})

    def _encode(self, delivery: Delivery) -> bytes:
        match delivery:
            case Event(channel, message):
                return self._message(channel, message)
            case State(channel, cursor, body):
                self._places[channel] = cursor
                return event_text.event("snapshot", body, self._id())
            case Joined(channel, cursor, _, first):
                encoded = b"".join(map(self._encode, first))
                self._places[channel] = cursor
                return encoded
            case _:
                return event_text.notice(delivery)

    def _message(self, channel: Channel, message: Message) -> bytes:
        if message.key:
            return event_text.event(message.type, message.body)
        self._places[channel] = Cursor(message.epoch, message.offset)
        return event_text.event(message.type, message.body, self._id())

    def _id(self) -> str:
        return format_vector(list(self._places.values()))


def _alone(message: Message) -> bytes:
    place = "" if message.key else f"{message.epoch}.{message.offset}"
    return event_text.event(message.type, message.body, place)


def refusal(error: Exception) -> HTTPException:
    """Return how a request hears that there are too many connections: its own, or everybody's."""
    if isinstance(error, TooManyConnections):
        return HTTPException(429, str(error), {"Retry-After": "10"})
    return HTTPException(503, str(error), {"Retry-After": "5"})


def _is_over(joined: Joined) -> bool:
    """Return whether the reader has seen the channel's end already."""
    if not joined.recovered:
        return False
    return all(isinstance(one, State) and one.final for one in joined.first) and bool(joined.first)
