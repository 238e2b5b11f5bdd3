"""The front of the webhooks: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from jobs import store
from jobs.db import Database
from jobs.errors import InvalidWebhook, NotFound, TooManyWebhooks, WebhookDisabled
from jobs.found import found
from jobs.ids import uuid7
from jobs.place import Place, cut
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.store import NewWebhook, Owner, WebhookRow
from jobs.webhooks.address import checked
from jobs.webhooks.bodies import TEST, test_body
from jobs.webhooks.resource import (
    DeliveryPage,
    DeliveryResource,
    Replay,
    Wanted,
    WebhookPage,
    WebhookResource,
    WebhookWithSecret,
)
from jobs.webhooks.signing import PURPOSE, new_secret
from realtime.caller import Caller

BY_OWNER = "Its owner disabled it."
OVERLAP = timedelta(hours=24)
MOST_REPLAYED = 10_000


class Webhooks:
    """Keeps webhooks and puts deliveries on their way; sending them is the deliverer's."""

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._private_hosts = settings.private_hosts
        self._most = settings.max_webhooks
        self._most_of_jobs = settings.max_job_webhooks
        self._seal = Seal(settings.secret_key.get_secret_value(), PURPOSE)
        self._db = db

    async def create(self, caller: Caller, wanted: Wanted) -> WebhookWithSecret:
        """Keep a webhook and return it with its secret. Raises InvalidWebhook, TooManyWebhooks."""
        secret = new_secret()
        new = NewWebhook(
            org_id=caller.org,
            user_id=caller.user,
            url=checked(wanted.url, self._private_hosts),
            description=wanted.description,
            events=wanted.events,
            whole_org=wanted.whole_org,
            secret=self._seal.close(secret),
        )
        row = await store.add_webhook(self._db, new, self._most)
        if row is None:
            raise TooManyWebhooks
        return WebhookWithSecret.revealing(row, secret)

    async def for_job(self, caller: Caller, url: str) -> UUID:
        """Return the webhook for the caller's jobs that name ``url``; made when it is the first.

        Raises InvalidWebhook for a url that can never be right, TooManyWebhooks for one url too many.
        """
        address = checked(url, self._private_hosts)
        sealed = self._seal.close(new_secret())
        ident = await store.job_webhook(
            self._db, caller.org, caller.user, address, sealed, self._most_of_jobs
        )
        if ident is None:
            raise TooManyWebhooks
        return ident

    async def list(self, caller: Caller, after: str | None, limit: int) -> WebhookPage:
        """Return a page of the caller's webhooks, newest first. Raises BadCursor."""
        behind = Place.behind(after)
        owner = (caller.org, caller.user)
        rows = await store.list_webhooks(self._db, owner, behind, limit + 1)
        shown, following = cut(rows, limit)
        return WebhookPage(
            data=[WebhookResource.of(row) for row in shown],
            next=following,
            has_more=following is not None,
        )

    async def get(self, caller: Caller, webhook_id: UUID) -> WebhookResource:
        """Return a webhook. Raises NotFound."""
        return WebhookResource.of(await self._own(caller, webhook_id))

    async def change(
        self, caller: Caller, webhook_id: UUID, changes: Mapping[str, Any]
    ) -> WebhookResource:
        """Change ``url``, ``events``, ``description`` or ``enabled``, whichever are given.

        Raises NotFound, and InvalidWebhook for a bad url or for moving a job's webhook.
        """
        row = await self._own(caller, webhook_id)
        owner = Owner.writing(caller)
        if "url" in changes:
            if row.for_job:
                raise InvalidWebhook("A job's webhook keeps its url; name another with the job.")
            changes = {**changes, "url": checked(changes["url"], self._private_hosts)}
        if changes.get("enabled") is True:
            await store.enable_webhook(self._db, owner, webhook_id)
        elif changes.get("enabled") is False:
            await store.disable_webhook(self._db, owner, webhook_id, BY_OWNER)
        return WebhookResource.of(
            found(await store.change_webhook(self._db, owner, webhook_id, changes))
        )

    async def delete(self, caller: Caller, webhook_id: UUID) -> None:
        """Remove a webhook with all its deliveries. Raises NotFound."""
        if not await store.delete_webhook(self._db, Owner.writing(caller), webhook_id):
            raise NotFound

    async def rotate(self, caller: Caller, webhook_id: UUID) -> WebhookWithSecret:
        """Return the webhook with a new secret; the old one signs too for a day. Raises NotFound."""
        secret = new_secret()
        row = await store.rotate_webhook(
            self._db, Owner.writing(caller), webhook_id, self._seal.close(secret), OVERLAP
        )
        return WebhookWithSecret.revealing(found(row), secret)

    async def test(self, caller: Caller, webhook_id: UUID) -> DeliveryResource:
        """Put a ``webhook.test`` event on its way. Raises NotFound, WebhookDisabled."""
        row = await self._able(caller, webhook_id)
        ident = uuid7()
        made = await store.add_delivery(self._db, ident, row.id, TEST, test_body(row, ident))
        return DeliveryResource.of(made)

    async def deliveries(
        self,
        caller: Caller,
        webhook_id: UUID,
        after: str | None,
        limit: int,
        state: str | None = None,
    ) -> DeliveryPage:
        """Return a page of deliveries, newest first, those in ``state`` if given.

        Raises NotFound, BadCursor.
        """
        behind = Place.behind(after)
        row = await self._own(caller, webhook_id)
        rows = await store.list_deliveries(self._db, row.id, behind, limit + 1, state)
        shown, following = cut(rows, limit)
        return DeliveryPage(
            data=[DeliveryResource.of(delivery) for delivery in shown],
            next=following,
            has_more=following is not None,
        )

    async def replay(self, caller: Caller, webhook_id: UUID, wanted: Replay) -> int:
        """Put deliveries on their way again under the same ids, oldest first, at most 10,000.

        Raises NotFound, WebhookDisabled.
        """
        row = await self._able(caller, webhook_id)
        if wanted.ids is not None:
            return await store.replay_deliveries(self._db, row.id, wanted.ids)
        delivered = wanted.state == "delivered"
        return await store.replay_since(
            self._db, row.id, wanted.since, MOST_REPLAYED, delivered=delivered
        )

    async def _own(self, caller: Caller, webhook_id: UUID) -> WebhookRow:
        return found(await store.find_webhook(self._db, Owner.writing(caller), webhook_id))

    async def _able(self, caller: Caller, webhook_id: UUID) -> WebhookRow:
        row = await self._own(caller, webhook_id)
        if row.disabled_at is not None:
            raise WebhookDisabled
        return row
