# Written by `python -m service.twin` from service/client/aio/webhooks.py; do not edit.
"""Webhooks: where events are sent, what became of each, and sending them again."""

from collections.abc import Generator, Sequence
from typing import Any

from service.client.models import DeliveryResource, WebhookResource, WebhookWithSecret
from service.client.request import Request, path, said
from service.client.sync.pages import items
from service.client.sync.wire import Wire


class Webhooks:
    """My webhooks. Changing them needs the scope ``webhooks:write``."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> Generator[WebhookResource, None, None]:
        """Yield my webhooks, newest first; those that jobs named are ``for_job``."""
        for one in items(self._wire, path("webhooks")):
            yield WebhookResource(one)

    def create(
        self,
        url: str,
        events: Sequence[str] = ("job.*",),
        *,
        description: str = "",
        whole_org: bool = False,
    ) -> WebhookWithSecret:
        """Make a webhook. Its ``secret`` is told this once: keep it for ``verify_webhook``."""
        body = {"url": url, "events": list(events)}
        more = {"description": description, "whole_org": whole_org}
        asked = Request("POST", path("webhooks"), json={**body, **more}, repeatable=False)
        return WebhookWithSecret(self._wire.ask(asked))

    def read(self, ident: str) -> WebhookResource:
        """Return one webhook."""
        return WebhookResource(self._wire.ask(Request("GET", path("webhooks", ident))))

    def change(self, ident: str, **changes: Any) -> WebhookResource:
        """Change its ``url``, ``events``, ``description``, or whether it is ``enabled``."""
        asked = Request("PATCH", path("webhooks", ident), json=changes)
        return WebhookResource(self._wire.ask(asked))

    def delete(self, ident: str) -> None:
        """Delete it, and everything on its way to it."""
        self._wire.send(Request("DELETE", path("webhooks", ident)))

    def rotate(self, ident: str) -> WebhookWithSecret:
        """Return it with a new secret; for 24 hours the old one signs too."""
        asked = Request("POST", path("webhooks", ident, "rotate"), repeatable=False)
        return WebhookWithSecret(self._wire.ask(asked))

    def test(self, ident: str) -> DeliveryResource:
        """Send it a ``webhook.test`` event."""
        asked = Request("POST", path("webhooks", ident, "test"), repeatable=False)
        return DeliveryResource(self._wire.ask(asked))

    def deliveries(
        self, ident: str, limit: int | None = None
    ) -> Generator[DeliveryResource, None, None]:
        """Yield what was sent to it, or is on its way, newest first."""
        for one in items(self._wire, path("webhooks", ident, "deliveries"), limit=limit):
            yield DeliveryResource(one)

    def replay(
        self,
        ident: str,
        delivery_ids: Sequence[str] | None = None,
        *,
        since: Any = None,
        state: str | None = None,
    ) -> int:
        """Send deliveries again, these or all in ``state`` (failed) made ``since``; return how many."""
        ids = None if delivery_ids is None else list(delivery_ids)
        body = said({"delivery_ids": ids, "since": since, "state": state})
        asked = Request("POST", path("webhooks", ident, "replay"), json=body, repeatable=False)
        return int((self._wire.ask(asked))["replayed"])
