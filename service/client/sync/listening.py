# Written by `python -m service.twin` from service/client/aio/listening.py; do not edit.
"""Channels listened to through every cut: by event streams, by long polls where those are held back."""

from collections.abc import Generator, Sequence
from contextlib import closing
from time import sleep

from service.client.errors import JobcastError
from service.client.parser import EventParser
from service.client.patience import Deadline
from service.client.place import Place
from service.client.request import Request
from service.client.story import Frame
from service.client.sync.wire import Wire

NOTHING_MORE = 204


def frames(wire: Wire, channels: Sequence[str], place: Place) -> Generator[Frame, None, None]:
    """Yield what is told until nothing more can come; ``cut`` stands for each loss of the line.

    Raises RefusedError for what will not pass, and UnreachableError when the server is gone for long.
    """
    while not place.over:
        way = polled if place.polls else streamed
        whole = False
        try:
            with closing(way(wire, channels, place)) as told:
                yield from told
            whole = way is polled or place.late
        except JobcastError as error:
            place.bear(error)
        if place.over:
            return
        if not whole:
            yield Frame("cut")
        sleep(place.wait() if not whole else place.told_wait)


def streamed(wire: Wire, channels: Sequence[str], place: Place) -> Generator[Frame, None, None]:
    """Yield the frames of one event stream, until it ends or time is short."""
    query = [*(("channel", name) for name in channels), ("snapshot", "1")]
    parser = EventParser()
    place.begun()
    with wire.stream("/api/events", query, place.cursor, place.silence_seconds) as answer:
        place.opened(ended=answer.status_code == NOTHING_MORE)
        for data in answer.iter_bytes():
            for event in parser.feed(data):
                yield from place.heard(event)
            if place.late:
                return


def polled(wire: Wire, channels: Sequence[str], place: Place) -> Generator[Frame, None, None]:
    """Yield the frames of one long poll."""
    query = [*(("channel", name) for name in channels), *place.query]
    asked = Request("GET", "/api/events/poll", query, slow_seconds=25)
    answer = wire.ask(asked, Deadline(0))  # tried again by the place, not by the wire
    place.answered(ended=answer is None)
    if answer is not None:
        yield from place.polled(answer)
