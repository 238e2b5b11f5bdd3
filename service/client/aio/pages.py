"""Lists of any length, fetched a page at a time."""

from collections.abc import AsyncGenerator
from typing import Any

from service.client.aio.wire import AsyncWire
from service.client.request import LONGEST_PAGE, Query, Request


async def items(
    wire: AsyncWire, path: str, query: Query = (), limit: int | None = None
) -> AsyncGenerator[Any, None]:
    """Yield what a list holds, at most ``limit`` of it, in the server's order."""
    after: list[tuple[str, str]] = []
    left = limit if limit is not None else float("inf")
    while left > 0:
        page = ("limit", str(int(min(left, LONGEST_PAGE))))
        answer = await wire.ask(Request("GET", path, [*query, page, *after]))
        for one in answer["data"]:
            yield one
        left -= len(answer["data"])
        if not answer.get("next") or not answer["data"]:
            return
        after = [("after", answer["next"])]
