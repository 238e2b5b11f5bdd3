# Written by `python -m service.twin` from service/client/aio/operating.py; do not edit.
"""What operators look at: kinds, queues, figures, who did what; and a way to what has no method here."""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any

from service.client.models import (
    AuditEntryResource,
    KindResource,
    QueueResource,
    QueuesResource,
    StatsResource,
)
from service.client.request import NOTHING, Request, path, query_of
from service.client.sync.pages import items
from service.client.sync.wire import Wire

SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Operating:
    """Kinds, queues and figures."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def kinds(self) -> tuple[KindResource, ...]:
        """Return every kind of job this server knows, with its schemas."""
        answer = self._wire.ask(Request("GET", path("kinds")))
        return tuple(map(KindResource, answer["data"]))

    def kind(self, name: str) -> KindResource:
        """Return one kind."""
        return KindResource(self._wire.ask(Request("GET", path("kinds", name))))

    def stats(self) -> StatsResource:
        """Return the figures of the last day."""
        return StatsResource(self._wire.ask(Request("GET", path("stats"))))

    def queues(self) -> QueuesResource:
        """Return what waits and runs, and how fast the workers are."""
        return QueuesResource(self._wire.ask(Request("GET", path("queues"))))

    def pause_queue(self, name: str) -> QueueResource:
        """Let no job of a queue start; those that run go on. Needs the scope ``admin``."""
        return QueueResource(self._wire.ask(Request("POST", path("queues", name, "pause"))))

    def resume_queue(self, name: str) -> QueueResource:
        """Let a queue's jobs start again. Needs the scope ``admin``."""
        return QueueResource(self._wire.ask(Request("POST", path("queues", name, "resume"))))

    def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Generator[AuditEntryResource, None, None]:
        """Yield what people did, newest first. Needs the scope ``org:read``, or ``admin`` for every org."""
        query = query_of(
            {"actor": actor, "action": action, "subject": subject, "since": since, "until": until}
        )
        for one in items(self._wire, path("audit"), query, limit):
            yield AuditEntryResource(one)

    def call(
        self,
        method: str,
        address: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = NOTHING,
    ) -> Any:
        """Ask for any other part of the API, ``call("GET", "/api/preferences")``; return its JSON.

        Anything but GET, HEAD, PUT and DELETE is not sent again when it may have arrived.
        """
        asked = Request(
            method, address, query_of(query or {}), json=json, repeatable=method.upper() in SAFE
        )
        return self._wire.ask(asked)
