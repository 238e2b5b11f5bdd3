"""Listening by long poll, by the ``httpx2`` client."""

from typing import Any

import httpx2

from tests.conformance.rules import Broken
from tests.conformance.stream import query
from tests.conformance.target import Visitor


async def asked(visitor: Visitor, *channels: str, **more: Any) -> httpx2.Response:
    """Ask once; return the answer, whichever."""
    return await visitor.http.get("/api/events/poll", params=query(channels, more))


async def polled(visitor: Visitor, *channels: str, **more: Any) -> dict[str, Any]:
    """Ask once; return what an answer of 200 says. Raises Broken for any other."""
    answer = await asked(visitor, *channels, **more)
    if answer.status_code != httpx2.codes.OK:
        raise Broken(f"the poll was answered {answer.status_code}: {answer.text[:200]}")
    told: dict[str, Any] = answer.json()
    return told
