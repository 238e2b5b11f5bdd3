"""Listening over Server-Sent Events, by the ``httpx2`` client."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson

from tests.conformance.rules import Broken, require
from tests.conformance.target import Visitor


@dataclass
class Told:
    """One event of a stream; ``lines`` is how it was written."""

    event: str
    id: str
    data: Any
    lines: list[str]


@dataclass
class Stream:
    """An open event stream; comments and retries are kept apart."""

    answer: httpx2.Response
    _lines: AsyncIterator[str]
    comments: list[str] = field(default_factory=list)
    retries: list[int] = field(default_factory=list)
    last_id: str = ""

    async def hear(self) -> Told:
        """Wait for the next event. Raises StopAsyncIteration at the end of the stream."""
        while True:
            block = await self._block()
            fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
            self.comments += [line[1:].strip() for line in block if line.startswith(":")]
            if "retry" in fields:
                self.retries.append(int(fields["retry"]))
            if "data" in fields:
                self.last_id = fields.get("id", self.last_id)
                data = orjson.loads(fields["data"])
                return Told(fields.get("event", "message"), fields.get("id", ""), data, block)

    async def until(self, name: str) -> Told:
        """Wait for an event of this name."""
        while True:
            told = await self.hear()
            if told.event == name:
                return told

    async def durable(self, number: int) -> list[Told]:
        """Wait for so many durable events."""
        found: list[Told] = []
        while len(found) < number:
            told = await self.hear()
            if isinstance(told.data, dict) and "specversion" in told.data and "offset" in told.data:
                found.append(told)
        return found

    async def rest(self) -> list[Told]:
        """Read to the end."""
        told = []
        try:
            while True:
                told.append(await self.hear())
        except StopAsyncIteration:
            return told

    async def _block(self) -> list[str]:
        block: list[str] = []
        while line := await anext(self._lines):
            block.append(line)
        return block


def query(channels: tuple[str, ...], more: Mapping[str, Any]) -> httpx2.QueryParams:
    """Return the parameters of a request for channels."""
    return httpx2.QueryParams({"channel": channels, **{k: str(v) for k, v in more.items()}})


async def streamed(
    visitor: Visitor, *channels: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Stream:
    """Open an event stream and hear nothing yet. Raises Broken when it is refused."""
    answer = await visitor.parts.enter_async_context(
        visitor.http.stream(
            "GET", "/api/events", params=query(channels, more), headers=dict(headers or {})
        )
    )
    if answer.status_code != httpx2.codes.OK:
        await answer.aread()
        raise Broken(f"the stream was answered {answer.status_code}: {answer.text[:200]}")
    return Stream(answer, answer.aiter_lines())


async def status(
    visitor: Visitor, *channels: str, headers: Mapping[str, str] | None = None, **more: Any
) -> int:
    """Return with which status a request for a stream is answered."""
    params, given = query(channels, more), dict(headers or {})
    async with visitor.http.stream("GET", "/api/events", params=params, headers=given) as answer:
        return answer.status_code


async def place(visitor: Visitor, *channels: str) -> str:
    """Return the cursor of these channels as they are now."""
    stream = await streamed(visitor, *channels)
    welcome = await stream.hear()
    await stream.answer.aclose()
    require(welcome.id, "the welcome has no id")
    return welcome.id
