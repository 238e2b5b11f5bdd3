"""Long poll: one request waits for the next changes, one JSON answer tells them and where to go on."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from realtime.bundle import Realtime
from realtime.channels import Channel
from realtime.close_codes import DRAIN
from realtime.connections import LATEST_RETRY_MS, SOONEST_RETRY_MS, address_of
from realtime.cursor import MARK, Cursor, marks_of
from realtime.delivery import Bye, Delivery, Done, Event, Gap, Joined, State
from realtime.errors import OverCapacity, TooManyConnections
from realtime.listening import Listening
from realtime.mark import Mark
from realtime.sse import refusal
from realtime.waiter import Waiter

COLLECT_SECONDS = 0.05
MAX_EVENTS = 500
HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store, no-transform"),
]
GONE = Bye(0)


class Poll:
    """An ASGI response: waits up to ``wait_seconds`` for a first change, then a moment for more."""

    def __init__(self, realtime: Realtime, asked: Listening, wait_seconds: float) -> None:
        self._realtime = realtime
        self._asked = asked
        self._wait_seconds = wait_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request. Raises HTTPException (429, 503), UnknownChannel."""
        realtime, caller = self._realtime, self._asked.caller
        async with realtime.hub.waiter(realtime.settings.max_channels_per_stream) as waiter:
            try:
                with realtime.connections.admit(caller, waiter, address_of(scope)):
                    news = await self._news(waiter, receive)
            except (TooManyConnections, OverCapacity) as error:
                raise refusal(error) from error
        status = 204 if news.over else 200
        body = b"" if news.over else news.answer(degraded=realtime.hub.degraded)
        await send({"type": "http.response.start", "status": status, "headers": HEADERS})
        await send({"type": "http.response.body", "body": body})

    async def _news(self, waiter: Waiter, receive: Receive) -> "News":
        news = News(self._asked)
        for channel, since in zip(self._asked.channels, self._asked.since, strict=True):
            news.join(await waiter.join(channel, since))
        watch = asyncio.create_task(_watch(receive, waiter))
        try:
            await self._collect(waiter, news)
        finally:
            watch.cancel()
            await asyncio.wait([watch])
        return news

    async def _collect(self, waiter: Waiter, news: "News") -> None:
        news.take(await waiter.next_batch())  # the joins, which are known, and what they ended
        collect_seconds = min(self._wait_seconds, COLLECT_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_seconds):
                while not news.any and not news.ended:
                    news.take(await waiter.next_batch())
            async with asyncio.timeout(collect_seconds):
                while not news.ended and len(news.events) < MAX_EVENTS:
                    news.take(await waiter.next_batch())


class News:
    """What one answer tells, and the cursor behind it."""

    def __init__(self, asked: Listening) -> None:
        self._places: dict[Channel, Cursor | None] = dict(
            zip(asked.channels, asked.since, strict=True)
        )
        seen = marks_of(asked.cursor) if asked.cursor else [""] * len(asked.channels)
        self._seen = dict(zip(asked.channels, seen, strict=True))
        self._marks: dict[Channel, Mark] = {}
        self._gaps: list[Gap] = []
        self._snapshots: dict[Channel, bytes] = {}
        self._dones: list[Done] = []
        self._bye: Bye | None = None
        self._quiet = 0
        self.events: list[Event] = []

    @property
    def any(self) -> bool:
        """Return whether there is something to tell."""
        return bool(self._gaps or self._snapshots or self.events or self._dones)

    @property
    def ended(self) -> bool:
        """Return whether waiting on is no use."""
        return self._bye is not None or len(self._dones) == len(self._places)

    @property
    def over(self) -> bool:
        """Return whether all was told before, and nothing more will come."""
        return self._quiet == len(self._places)

    def join(self, joined: Joined) -> None:
        """Add what a join brought, but for what the reader has seen."""
        for delivery in joined.first:
            if isinstance(delivery, State) and joined.recovered and self._known(delivery):
                self._quiet += delivery.final
            else:
                self._told(delivery)
        self._places[joined.channel] = joined.cursor

    def take(self, batch: Iterable[Delivery]) -> None:
        """Add deliveries, in their order; what a join brought is known."""
        for delivery in batch:
            match delivery:
                case Event() | Gap() | State():
                    self._told(delivery)
                case Done():
                    self._dones.append(delivery)
                case Bye():
                    self._bye = delivery

    def answer(self, *, degraded: bool) -> bytes:
        """Return the body of the answer."""
        return orjson.dumps(
            {
                "cursor": self._cursor(),
                "gaps": [{"channel": g.channel.name, "reason": g.reason} for g in self._gaps],
                "snapshots": [orjson.Fragment(body) for body in self._snapshots.values()],
                "events": [orjson.Fragment(event.message.body) for event in self.events],
                "unsubbed": [{"channel": d.channel.name, "code": d.code} for d in self._dones],
                "degraded": degraded,
                "retry_ms": self._retry_ms(),
            }
        )

    def _known(self, state: State) -> bool:
        """Return whether the reader has seen all of a state: the same version, the same ephemeral."""
        if self._places[state.channel] != state.cursor:
            return False
        mark = self._marks[state.channel] = Mark.of(state)
        return state.final or self._seen[state.channel] == str(mark)

    def _told(self, delivery: Event | Gap | State) -> None:
        match delivery:
            case Event(channel, message):
                self.events.append(delivery)
                if message.durable:
                    self._places[channel] = Cursor(message.epoch, message.offset)
                elif channel.kind == "job":
                    self._marks.setdefault(channel, Mark()).note(message)
            case Gap():
                self._gaps.append(delivery)
            case State(channel, cursor, body):
                self.events = [event for event in self.events if event.channel != channel]
                self._snapshots[channel] = body
                self._places[channel] = cursor
                if channel.single:
                    self._marks[channel] = Mark.of(delivery)

    def _cursor(self) -> str:
        return ",".join(
            f"{place}{MARK}{self._marks[channel]}" if channel in self._marks else str(place)
            for channel, place in self._places.items()
        )

    def _retry_ms(self) -> int:
        if self._bye is None:
            return 0
        drains = self._bye.code == DRAIN.number
        spread = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)  # noqa: S311 -- a spread
        return self._bye.retry_ms or (spread if drains else 0)


def wait_of(request: Request, most: float) -> float:
    """Return how long the query wants to wait, in seconds. Raises HTTPException (400)."""
    text = request.query_params.get("wait", "25")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise HTTPException(400, "wait is a number of seconds.")
    return min(seconds, most)


async def _watch(receive: Receive, waiter: Waiter) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    waiter.close(GONE)
