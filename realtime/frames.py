"""What a browser may say over its WebSocket, and how what it is told is written."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict

from realtime.delivery import (
    Beat,
    Bye,
    Degraded,
    Delivery,
    Done,
    Event,
    Expiring,
    Gap,
    Joined,
    Reply,
    State,
)
from realtime.errors import BadFrame

MAX_FRAMES = 64


class Inbound(BaseModel):
    """One message of the browser; unknown fields are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Sub(Inbound):
    """Listen to a channel: after ``since``, else from a snapshot or from now on."""

    channel: str
    since: str | None = None
    snapshot: bool = True


class Hello(Inbound):
    """The first message: what to listen to, and from where on."""

    subs: list[Sub] = []


class Unsub(Inbound):
    """Stop listening to a channel."""

    channel: str


class Ack(Inbound):
    """The browser has taken everything up to ``offset``."""

    channel: str
    offset: int


class Auth(Inbound):
    """A fresh ticket, for a session that would expire."""

    ticket: str


class Plain(Inbound):
    """A message without fields: ping, pong, bye."""


MODELS: dict[str, type[Inbound]] = {
    "hello": Hello,
    "sub": Sub,
    "unsub": Unsub,
    "ack": Ack,
    "auth": Auth,
    "ping": Plain,
    "pong": Plain,
    "bye": Plain,
}


def parse(text: str | None, max_bytes: int) -> list[dict[str, Any]]:
    """Read a text frame: one object, or an array of them. Raises BadFrame."""
    if text is None or len(text.encode()) > max_bytes:
        raise BadFrame
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFrame from error
    frames = found if isinstance(found, list) else [found]
    if len(frames) > MAX_FRAMES or not all(isinstance(frame, dict) for frame in frames):
        raise BadFrame
    return frames


def encode(batch: Iterable[Delivery]) -> Iterator[bytes]:
    """Write deliveries as frames, in order; neighbouring events share one."""
    events: list[bytes] = []
    for delivery in batch:
        if isinstance(delivery, Event):
            events.append(delivery.message.body)
            continue
        if events:
            yield _events(events)
            events = []
        yield _frame(delivery)
    if events:
        yield _events(events)


def reply(kind: Literal["ok", "pong", "unsubbed"], request: object, **fields: object) -> Reply:
    """Return the answer ``kind`` to the request numbered ``request``."""
    return Reply(orjson.dumps({"t": kind} | _numbered(request) | fields))


def refusal(code: str, message: str, request: object, **fields: object) -> Reply:
    """Return an ``err`` frame; ``fields`` say what it is about."""
    error = {"code": code, "message": message, "retryable": code in {"unavailable", "internal"}}
    return Reply(orjson.dumps({"t": "err"} | _numbered(request) | fields | {"error": error}))


def welcome(**fields: object) -> Reply:
    """Return the answer to a hello."""
    return Reply(orjson.dumps({"t": "welcome"} | fields, option=orjson.OPT_UTC_Z))


def farewell(bye: Bye) -> bytes:
    """Write the last frame before a close."""
    return orjson.dumps({"t": "bye", "code": bye.code, "retry_ms": bye.retry_ms})


def _numbered(request: object) -> dict[str, object]:
    return {} if request is None else {"i": request}


def _events(bodies: list[bytes]) -> bytes:
    return b'{"t":"ev","e":[' + b",".join(bodies) + b"]}"


def _frame(delivery: Delivery) -> bytes:
    match delivery:
        case Reply(body):
            return body
        case State(_, _, body):
            return b'{"t":"snapshot",' + body.removeprefix(b"{")
        case Joined():
            return orjson.dumps(_subbed(delivery))
        case _:
            return orjson.dumps(_notice(delivery))


def _notice(delivery: Delivery) -> dict[str, object]:
    match delivery:
        case Gap(channel, reason):
            return {"t": "gap", "channel": channel.name, "reason": reason}
        case Done(channel, code):
            return {"t": "unsubbed", "channel": channel.name, "code": code}
        case Degraded(now):
            return {"t": "status", "degraded": now}
        case Expiring(seconds):
            return {"t": "expiring", "seconds": seconds}
        case Beat():
            return {"t": "ping"}
    raise TypeError(delivery)


def _subbed(joined: Joined) -> dict[str, object]:
    frame: dict[str, object] = {
        "t": "subbed",
        **_numbered(joined.request),
        "channel": joined.channel.name,
        "epoch": joined.cursor.epoch,
        "offset": joined.cursor.offset,
        "recovered": joined.recovered,
    }
    for one in joined.first:
        match one:
            case Gap(_, reason):
                frame["gap"] = reason
            case State(_, _, body):
                frame["snapshot"] = orjson.Fragment(body)
    if joined.recovered:
        events = [one.message.body for one in joined.first if isinstance(one, Event)]
        frame["events"] = [orjson.Fragment(body) for body in events]
    return frame
