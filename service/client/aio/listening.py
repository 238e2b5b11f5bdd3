"""Channels listened to through every cut: by event streams, by long polls where those are held back."""

from asyncio import sleep
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from service.client.aio.wire import AsyncWire
from service.client.errors import JobcastError
from service.client.parser import EventParser
from service.client.patience import Deadline
from service.client.place import Place
from service.client.request import Request
from service.client.story import Frame

NOTHING_MORE = 204


async def frames(
    wire: AsyncWire, channels: Sequence[str], place: Place
) -> AsyncGenerator[Frame, None]:
    """Yield what is told until nothing more can come; ``cut`` stands for each loss of the line.

    Raises RefusedError for what will not pass, and UnreachableError when the server is gone for long.
    """
    while not place.over:
        way = polled if place.polls else streamed
        whole = False
        try:
            async with aclosing(way(wire, channels, place)) as told:
                async for frame in told:
                    yield frame
            whole = way is polled or place.late
        except JobcastError as error:
            place.bear(error)
        if place.over:
            return
        if not whole:
            yield Frame("cut")
        await sleep(place.wait() if not whole else place.told_wait)


async def streamed(
    wire: AsyncWire, channels: Sequence[str], place: Place
) -> AsyncGenerator[Frame, None]:
    """Yield the frames of one event stream, until it ends or time is short."""
    query = [*(("channel", name) for name in channels), ("snapshot", "1")]
    parser = EventParser()
    place.begun()
    async with wire.stream("/api/events", query, place.cursor, place.silence_seconds) as answer:
        place.opened(ended=answer.status_code == NOTHING_MORE)
        async for data in answer.aiter_bytes():
            for event in parser.feed(data):
                for frame in place.heard(event):
                    yield frame
            if place.late:
                return


async def polled(
    wire: AsyncWire, channels: Sequence[str], place: Place
) -> AsyncGenerator[Frame, None]:
    """Yield the frames of one long poll."""
    query = [*(("channel", name) for name in channels), *place.query]
    asked = Request("GET", "/api/events/poll", query, slow_seconds=25)
    answer = await wire.ask(asked, Deadline(0))  # tried again by the place, not by the wire
    place.answered(ended=answer is None)
    if answer is not None:
        for frame in place.polled(answer):
            yield frame
