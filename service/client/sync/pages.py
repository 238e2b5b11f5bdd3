# Written by `python -m service.twin` from service/client/aio/pages.py; do not edit.
"""Lists of any length, fetched a page at a time."""

from collections.abc import Generator
from typing import Any

from service.client.request import LONGEST_PAGE, Query, Request
from service.client.sync.wire import Wire


def items(
    wire: Wire, path: str, query: Query = (), limit: int | None = None
) -> Generator[Any, None, None]:
    """Yield what a list holds, at most ``limit`` of it, in the server's order."""
    after: list[tuple[str, str]] = []
    left = limit if limit is not None else float("inf")
    while left > 0:
        page = ("limit", str(int(min(left, LONGEST_PAGE))))
        answer = wire.ask(Request("GET", path, [*query, page, *after]))
        yield from answer["data"]
        left -= len(answer["data"])
        if not answer.get("next") or not answer["data"]:
            return
        after = [("after", answer["next"])]
