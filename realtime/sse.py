"""Server-sent events: any number of channels as one HTTP response that resumes by its last id."""

import asyncio
import random
from collections.abc import Mapping, Sequence

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.cursor import Cursor, format_vector
from realtime.delivery import (
    Bye,
    Degraded,
    Delivery,
    Done,
    Event,
    Expiring,
    Gap,
    Joined,
    State,
)
from realtime.errors import OverCapacity, TooManyConnections
from realtime.subscriber import Subscriber

log = structlog.get_logger(__name__)

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
}
SOONEST_RETRY_MS, LATEST_RETRY_MS = 1_000, 5_000
LEFT = Bye(0)


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
        self._channels = channels
        self._since = since or [None] * len(channels)
        self._snapshot = snapshot
        self._headers = HEADERS | dict(headers or {})
        self._places: dict[Channel, Cursor | None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; returns when the stream is over."""
        realtime = self._realtime
        limit = realtime.settings.max_channels_per_stream
        async with realtime.hub.subscriber(limit) as subscriber:
            try:
                with realtime.connections.admit(self._caller, subscriber) as connection:
                    connection.ends_at(self._caller.expires_at)
                    await self._run(subscriber, receive, send)
            except TooManyConnections as error:
                raise HTTPException(429, str(error), {"Retry-After": "10"}) from error
            except OverCapacity as error:
                raise HTTPException(503, str(error), {"Retry-After": "5"}) from error

    async def _run(self, subscriber: Subscriber, receive: Receive, send: Send) -> None:
        self._places = dict(zip(self._channels, self._since, strict=True))
        joined = [
            await subscriber.join(channel, since, snapshot=self._snapshot)
            for channel, since in self._places.items()
        ]
        if all(map(_is_over, joined)):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        self._places |= {one.channel: one.cursor for one in joined if not one.first}
        watch = asyncio.create_task(_watch(receive, subscriber))
        try:
            await self._stream(subscriber, send)
        except OSError:  # the browser went away, or stopped reading for too long
            log.info("stream.broken", user=self._caller.user)
        finally:
            watch.cancel()
            await asyncio.wait([watch])

    async def _stream(self, subscriber: Subscriber, send: Send) -> None:
        headers = [(key.encode(), value.encode()) for key, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._write(send, self._welcome(subscriber))
        over = False
        while not over:
            batch = await subscriber.next_batch()
            if batch[0] is LEFT:
                return
            await self._write(send, b"".join(map(self._encode, batch)))
            over = isinstance(batch[-1], Bye) or not (subscriber.subscriptions or subscriber.busy)
        await self._write(send, b"", more=False)

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._realtime.settings.stall_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    def _welcome(self, subscriber: Subscriber) -> bytes:
        retry_ms = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)  # noqa: S311 -- a spread
        data = {
            "user": self._caller.user,
            "org": self._caller.org,
            "channels": [channel.name for channel in self._channels],
            "heartbeat_seconds": self._realtime.settings.heartbeat_seconds,
            "degraded": self._realtime.hub.degraded,
        }
        return b"retry: %d\n\n" % retry_ms + self._event("welcome", orjson.dumps(data), self._id())

    def _encode(self, delivery: Delivery) -> bytes:
        match delivery:
            case Event():
                return self._message(delivery)
            case State(channel, cursor, body):
                self._places[channel] = cursor
                return self._event("snapshot", body, self._id())
            case Joined(channel, cursor, _, first):
                encoded = b"".join(map(self._encode, first))
                self._places[channel] = cursor
                return encoded
            case _:
                return self._notice(delivery)

    def _message(self, event: Event) -> bytes:
        message = event.message
        if not message.durable:
            return self._event(message.type, message.body)
        self._places[event.channel] = Cursor(message.epoch, message.offset)
        return self._event(message.type, message.body, self._id())

    def _notice(self, delivery: Delivery) -> bytes:
        match delivery:
            case Gap(channel, reason):
                named = {"channel": channel.name, "reason": reason}
            case Done(channel, code):
                named = {"channel": channel.name, "code": code}
            case _:
                return self._sign(delivery)
        return self._event("gap" if isinstance(delivery, Gap) else "unsubbed", orjson.dumps(named))

    def _sign(self, delivery: Delivery) -> bytes:
        match delivery:
            case Degraded(now):
                return self._event("status", orjson.dumps({"degraded": now}))
            case Expiring(seconds):
                return self._event("expiring", orjson.dumps({"seconds": seconds}))
            case Bye(code, retry_ms):
                body = orjson.dumps({"code": code, "retry_ms": retry_ms})
                return b"retry: %d\n" % max(retry_ms, 1) + self._event("bye", body)
        return b": hb\n\n"

    def _event(self, name: str, data: bytes, cursor: str = "") -> bytes:
        place = f"id: {cursor}\n" if cursor else ""
        return f"event: {name}\n{place}data: ".encode() + data + b"\n\n"

    def _id(self) -> str:
        return format_vector(list(self._places.values()))


def _is_over(joined: Joined) -> bool:
    """Return whether the reader has seen the channel's end already."""
    if not joined.recovered:
        return False
    return all(isinstance(one, State) and one.final for one in joined.first) and bool(joined.first)


async def _watch(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close(LEFT)
