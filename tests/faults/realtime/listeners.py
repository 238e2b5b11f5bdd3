"""Clients of the three transports: each listens with what it has seen as its place to come back to."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import quote

import orjson

from tests.faults.realtime.sight import Sight
from tests.faults.realtime.wire import Closed, Refused, Wire, connected, opened

OVER = (Closed, Refused, OSError, asyncio.IncompleteReadError, TimeoutError)
DEAF_SECONDS = 12.0
WAIT_SECONDS = 5
NO_MORE, BAD_REQUEST = 204, 400


class Listener:
    """One client. ``listen`` is one connection; ``reading`` is cleared to make it stop reading."""

    transport = ""

    def __init__(self, token: str, sights: Sequence[Sight], *, snapshot: bool = True) -> None:
        self.sights = sights
        self.headers = {"Authorization": f"Bearer {token}"}
        self.snapshot = snapshot
        self.said: Counter[str] = Counter()
        self.connected = False
        self.retry_ms = 0
        self.byes: list[tuple[float, int, int]] = []
        self.statuses: list[tuple[float, bool]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.small = False
        self.news = asyncio.Event()
        self._names = {sight.asked: sight for sight in sights}

    @property
    def over(self) -> bool:
        """Return whether nothing more will come."""
        return all(sight.left for sight in self.sights)

    async def listen(self, base: str) -> None:
        """Connect, and read until the connection is over; what ended it is remembered in words."""
        self.retry_ms = 0
        try:
            await self._listen(base)
        except OVER as error:
            self.said[f"{type(error).__name__} {error}"[:200]] += 1
        finally:
            self.connected = False

    async def _listen(self, base: str) -> None:
        raise NotImplementedError

    def sight(self, channel: str) -> Sight | None:
        """Return the view of a channel by the name the server gives it."""
        found = self._names.get(channel)
        if found is None and channel.startswith("user:") and "me" in self._names:
            return self._names["me"]
        return found

    def told(self, event: dict[str, Any]) -> None:
        if sight := self.sight(event["channel"]):
            sight.told(event)
        self.news.set()

    def shown(self, snapshot: dict[str, Any]) -> None:
        if sight := self.sight(snapshot["channel"]):
            sight.shown(snapshot)

    def notice(self, kind: str, data: dict[str, Any]) -> None:
        """Take what is neither event nor snapshot."""
        self.said[kind] += 1
        if kind == "bye":
            self.retry_ms = data.get("retry_ms", 0)
            self.byes.append((time.monotonic(), data["code"], self.retry_ms))
        elif kind == "status":
            self.statuses.append((time.monotonic(), data["degraded"]))
        sight = self.sight(data.get("channel", ""))
        if sight is not None and kind == "gap":
            sight.gap(data["reason"])
        elif sight is not None and kind == "unsubbed":
            sight.done(data["code"])

    def refused(self, status: int, body: bytes) -> NoReturn:
        """Take a refusal; the cursor is always one the server gave, so 400 is the server's fault."""
        if status == BAD_REQUEST:
            self.sights[0].wrong("place", f"its own place was refused: {body.decode()[:200]}")
        raise Refused(status, body.decode())

    async def steady(self, wire: Wire) -> None:
        """Wait while this client does not read."""
        await self.reading.wait()


class SocketListener(Listener):
    """Listens over a WebSocket."""

    transport = "websocket"

    async def _listen(self, base: str) -> None:
        wire = await opened(base, self.headers, small=self.small)
        try:
            wire.say(t="hello", subs=[self._sub(sight) for sight in self.sights if not sight.left])
            while not self.over:
                await self.steady(wire)
                async with asyncio.timeout(DEAF_SECONDS):
                    self._take(wire, await wire.hear())
            wire.say(t="bye")
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    while True:
                        await wire.hear()
        finally:
            wire.end()

    def _sub(self, sight: Sight) -> dict[str, Any]:
        if sight.since is not None:
            return {"channel": sight.asked, "since": sight.since}
        return {"channel": sight.asked, "snapshot": self.snapshot}

    def _take(self, wire: Wire, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "ev":
                for event in frame["e"]:
                    self.told(event)
            case "subbed":
                self._joined(frame)
            case "snapshot":
                self.shown(frame)
            case "ping":
                wire.say(t="pong")
            case "err":
                self._refused(frame)
            case kind:
                self.notice(kind, frame)
        self.news.set()

    def _joined(self, frame: dict[str, Any]) -> None:
        self.connected = True
        sight = self.sight(frame["channel"])
        if sight is None:
            return
        if "gap" in frame:
            sight.gap(frame["gap"])
        for event in frame.get("events", ()):
            sight.told(event)
        if "snapshot" in frame:
            sight.shown(frame["snapshot"])
        sight.at(frame["epoch"], frame["offset"])

    def _refused(self, frame: dict[str, Any]) -> None:
        code = frame["error"]["code"]
        sight = self.sight(frame.get("channel", ""))
        if code == "not_found" and sight is not None:
            sight.done("gone")
        else:
            raise Refused(0, code)


class StreamListener(Listener):
    """Listens over Server-Sent Events; comes back by the id of the last event."""

    transport = "sse"

    def __init__(self, token: str, sights: Sequence[Sight], *, snapshot: bool = True) -> None:
        super().__init__(token, sights, snapshot=snapshot)
        self.last_id = ",".join(filter(None, (sight.since for sight in sights)))
        if self.last_id.count(",") != len(sights) - 1:
            self.last_id = ""

    async def _listen(self, base: str) -> None:
        wire = await connected(base, small=self.small)
        try:
            async with asyncio.timeout(DEAF_SECONDS):
                status, headers = await wire.request(self._path(), self.headers)
            if status == NO_MORE:
                for sight in self.sights:
                    sight.done(sight.left or "done")
                return
            if status != 200:
                self.refused(status, await wire.body(headers))
            self.connected = True
            await self._read(wire)
        finally:
            wire.end()

    def _path(self) -> str:
        names = "&".join(f"channel={quote(sight.asked)}" for sight in self.sights)
        place = f"&cursor={quote(self.last_id)}" if self.last_id else ""
        return f"/api/events?{names}&snapshot={int(self.snapshot)}{place}"

    async def _read(self, wire: Wire) -> None:
        rest = b""
        chunks = wire.chunks()
        while True:
            await self.steady(wire)
            async with asyncio.timeout(DEAF_SECONDS):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            *blocks, rest = (rest + chunk).split(b"\n\n")
            for block in blocks:
                self._take(
                    dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
                )
            self.news.set()

    def _take(self, fields: dict[bytes, bytes]) -> None:
        name = fields.get(b"event", b"").decode()
        data = orjson.loads(fields[b"data"]) if b"data" in fields else {}
        if name == "snapshot":
            self.shown(data)
        elif "specversion" in data:
            self.told(data)
        else:
            self.notice(name, data)
        if b"id" in fields:
            self.last_id = fields[b"id"].decode()
            self._places()

    def _places(self) -> None:
        """Take the places the id names: what a client without snapshots starts from."""
        for sight, place in zip(self.sights, self.last_id.split(","), strict=True):
            epoch, _, offset = place.rpartition(".")
            if sight.start is None:
                sight.begins_at(epoch, int(offset))
            elif sight.since != place and not sight.left:
                sight.wrong("order", f"the id says {place}, told was {sight.since}")


class PollListener(Listener):
    """Listens by long poll."""

    transport = "poll"

    def __init__(self, token: str, sights: Sequence[Sight], *, snapshot: bool = True) -> None:
        super().__init__(token, sights, snapshot=snapshot)
        self.cursor = ""

    async def _listen(self, base: str) -> None:
        wire = await connected(base, small=self.small)
        try:
            while not self.over and not self.retry_ms:
                await self.steady(wire)
                async with asyncio.timeout(DEAF_SECONDS + WAIT_SECONDS):
                    status, headers = await wire.request(self._path(), self.headers)
                    body = await wire.body(headers)
                self._take(status, body)
        finally:
            wire.end()

    def _path(self) -> str:
        names = "&".join(f"channel={quote(sight.asked)}" for sight in self.sights)
        place = f"&cursor={quote(self.cursor)}" if self.cursor else ""
        return f"/api/events/poll?{names}&wait={WAIT_SECONDS}{place}"

    def _take(self, status: int, body: bytes) -> None:
        if status == NO_MORE:
            for sight in self.sights:
                sight.done(sight.left or "done")
            return
        if status != 200:
            self.refused(status, body)
        self.connected = True
        told = orjson.loads(body)
        for gap in told["gaps"]:
            self.notice("gap", gap)
        for snapshot in told["snapshots"]:
            self.shown(snapshot)
        for event in told["events"]:
            self.told(event)
        for left in told["unsubbed"]:
            self.notice("unsubbed", left)
        self.cursor, self.retry_ms = told["cursor"], told["retry_ms"]
        self.news.set()


TRANSPORTS: dict[str, type[Listener]] = {
    kind.transport: kind for kind in (SocketListener, StreamListener, PollListener)
}
