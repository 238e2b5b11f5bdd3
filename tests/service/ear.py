"""Listens to the front door as a client does, and holds all that it hears to the protocol's models."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets import ClientConnection, Subprotocol, connect

from tests.service.conftest import Headers
from tests.service.work import Json
from tests.wire import check, check_client_frame, check_event, check_frame


class Ear:
    """A WebSocket. ``frames`` and ``events`` keep what was heard."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self.events: list[Json] = []

    async def say(self, **frame: Any) -> None:
        """Say what the protocol allows."""
        check_client_frame(frame)
        await self.shout(json.dumps(frame))

    async def shout(self, text: str) -> None:
        """Say anything."""
        await self.connection.send(text)

    async def hear(self) -> Json:
        """Wait for the next frame."""
        frame = json.loads(await self.connection.recv())
        check_frame(frame)
        self.frames.append(frame)
        self.events += frame.get("e", ()) or frame.get("events", ())
        return frame

    async def until(self, kind: str, **wanted: Any) -> Json:
        """Wait for a frame of this kind with these fields."""
        while (frame := await self.hear())["t"] != kind or not wanted.items() <= frame.items():
            pass
        return frame

    async def once(self, kind: str, **wanted: Any) -> Json:
        """Wait for a frame of this kind with these fields, unless it was heard before."""
        wanted["t"] = kind
        while not (found := [frame for frame in self.frames if wanted.items() <= frame.items()]):
            await self.hear()
        return found[-1]

    async def until_event(self, kind: str) -> Json:
        """Wait for an event of this type, unless it was heard before."""
        while not (found := self.of_type(kind)):
            await self.hear()
        return found[-1]

    def of_type(self, kind: str) -> Sequence[Json]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def types(self) -> set[str]:
        return {event["type"] for event in self.events}

    async def follow(self, channel: str, **more: Any) -> Json:
        """Listen to a channel as well."""
        await self.say(t="sub", i=channel, channel=channel, **more)
        return await self.until("subbed", i=channel)


@asynccontextmanager
async def ear(address: str, headers: Headers, *subs: Json) -> AsyncIterator[Ear]:
    """Open a WebSocket and say hello; all channels are heard from then on."""
    opened = connect(
        address.replace("http", "ws", 1) + "/api/ws",
        subprotocols=[Subprotocol("jobcast.v1")],
        additional_headers=headers,
        proxy=None,
    )
    async with opened as connection:
        made = Ear(connection)
        await made.say(t="hello", subs=list(subs))
        await made.until("welcome")
        for _ in subs:
            await made.until("subbed")
        yield made


async def stream_until(
    browser: httpx2.AsyncClient, headers: Headers, last: str, **query: Any
) -> list[tuple[str, Json]]:
    """Read ``GET /api/events`` up to the first event called ``last``."""
    heard: list[tuple[str, Json]] = []
    name = ""
    async with browser.stream("GET", "/api/events", params=query, headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                heard.append((name, json.loads(value)))
                check_event(*heard[-1])
                if name == last:
                    break
    return heard


async def poll(browser: httpx2.AsyncClient, headers: Headers, **query: Any) -> Json:
    """Ask ``GET /api/events/poll`` once."""
    answer = await browser.get("/api/events/poll", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    check(answer.json(), "PollAnswer")
    return answer.json()
