# Written by `python -m service.twin` from service/client/aio/inbox.py; do not edit.
"""The inbox: what there is to look at, and what has been looked at."""

from collections.abc import Generator, Iterable

from service.client.models import InboxEntryResource, ReadResult
from service.client.request import Request, path
from service.client.sync.pages import items
from service.client.sync.wire import Wire


class Inbox:
    """My notifications."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self, *, unread: bool = False, limit: int | None = None
    ) -> Generator[InboxEntryResource, None, None]:
        """Yield my notifications, newest first; with ``unread`` only those."""
        query = [("unread", "true")] if unread else []
        for one in items(self._wire, path("inbox"), query, limit):
            yield InboxEntryResource(one)

    def unread(self) -> int:
        """Return how many are unread."""
        answer = self._wire.ask(Request("GET", path("inbox"), [("limit", "1")]))
        return int(answer["unread"])

    def read(self, ids: Iterable[str] | None = None) -> ReadResult:
        """Mark these as read, all of them if none is named; my tabs and devices hear of it."""
        body = {"all": True} if ids is None else {"ids": list(ids)}
        asked = Request("POST", path("inbox", "read"), json=body)
        return ReadResult(self._wire.ask(asked))
