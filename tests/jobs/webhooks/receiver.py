"""Somebody's server that takes webhooks, played: a real HTTP server that keeps what it was sent."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook

from tests.jobs.providers.site import Answer, Site, response

OK = response(b"thanks")


@dataclass(frozen=True)
class Message:
    """One POST as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)

    def verified(self, secret: str) -> Any:
        """Return the event as the scheme's own library reads it; raises when it is not genuine."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver(Site):
    """Answers with ``answers`` one after the other, and with the last of them from then on."""

    answers: list[Answer] = field(default_factory=lambda: [OK])
    messages: list[Message] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]

    async def wait_for(self, count: int) -> None:
        """Wait until so many messages have come."""
        async with asyncio.timeout(20), self.arrived:
            await self.arrived.wait_for(lambda: len(self.messages) >= count)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        async with self.arrived:
            self.messages.append(Message(head[0].split(" ")[1], headers, body))
            self.arrived.notify_all()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(reader, writer)
