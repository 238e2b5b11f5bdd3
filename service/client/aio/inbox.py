"""The inbox: what there is to look at, and what has been looked at."""

from collections.abc import AsyncGenerator, Iterable

from service.client.aio.pages import items
from service.client.aio.wire import AsyncWire
from service.client.models import InboxEntryResource, ReadResult
from service.client.request import Request, path


class AsyncInbox:
    """My notifications."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(
        self, *, unread: bool = False, limit: int | None = None
    ) -> AsyncGenerator[InboxEntryResource, None]:
        """Yield my notifications, newest first; with ``unread`` only those."""
        query = [("unread", "true")] if unread else []
        async for one in items(self._wire, path("inbox"), query, limit):
            yield InboxEntryResource(one)

    async def unread(self) -> int:
        """Return how many are unread."""
        answer = await self._wire.ask(Request("GET", path("inbox"), [("limit", "1")]))
        return int(answer["unread"])

    async def read(self, ids: Iterable[str] | None = None) -> ReadResult:
        """Mark these as read, all of them if none is named; my tabs and devices hear of it."""
        body = {"all": True} if ids is None else {"ids": list(ids)}
        asked = Request("POST", path("inbox", "read"), json=body)
        return ReadResult(await self._wire.ask(asked))
