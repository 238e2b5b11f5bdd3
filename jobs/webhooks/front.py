"""The front of the webhooks: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jobs import store
from jobs.audit import Action, Deed, record, recorded
from jobs.db import Database, Statements
from jobs.errors import InvalidWebhook, NotFound, TooManyWebhooks, WebhookDisabled
from jobs.found import found
from jobs.ids import uuid7
from jobs.place import Place
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
        row = await recorded(
            self._db,
            caller,
            lambda tx: store.add_webhook(tx, new, self._most),
            lambda row: deed_on(row, "webhook.create"),
        )
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
        return WebhookPage.cut(rows, limit, WebhookResource.of)

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
        if "url" in changes:
            if row.for_job:
                raise InvalidWebhook("A job's webhook keeps its url; name another with the job.")
            changes = {**changes, "url": checked(changes["url"], self._private_hosts)}
        return WebhookResource.of(
            await self._db.in_transaction(lambda tx: self._change(tx, caller, row, changes))
        )

    async def _change(
        self, tx: Statements, caller: Caller, before: WebhookRow, changes: Mapping[str, Any]
    ) -> WebhookRow:
        owner = Owner.writing(caller)
        enabled, rest = changes.get("enabled"), sorted(changes.keys() - {"enabled"})
        if enabled is True:
            await store.enable_webhook(tx, owner, before.id)
        elif enabled is False:
            await store.disable_webhook(tx, owner, before.id, BY_OWNER)
        after = found(await store.change_webhook(tx, owner, before.id, changes))
        if enabled is not None and (before.disabled_at is None) != enabled:
            await record(
                tx, caller, deed_of(after, "webhook.enable" if enabled else "webhook.disable")
            )
        if rest:
            await record(tx, caller, deed_of(after, "webhook.change", changed=rest))
        return after

    async def delete(self, caller: Caller, webhook_id: UUID) -> None:
        """Remove a webhook with all its deliveries. Raises NotFound."""
        row = await self._own(caller, webhook_id)
        if not await recorded(
            self._db,
            caller,
            lambda tx: store.delete_webhook(tx, Owner.writing(caller), webhook_id),
            lambda _: deed_of(row, "webhook.delete"),
        ):
            raise NotFound

    async def rotate(self, caller: Caller, webhook_id: UUID) -> WebhookWithSecret:
        """Return the webhook with a new secret; the old one signs too for a day. Raises NotFound."""
        secret = new_secret()
        sealed = self._seal.close(secret)
        row = await recorded(
            self._db,
            caller,
            lambda tx: store.rotate_webhook(tx, Owner.writing(caller), webhook_id, sealed, OVERLAP),
            lambda row: deed_on(row, "webhook.rotate"),
        )
        return WebhookWithSecret.revealing(found(row), secret)

    async def test(self, caller: Caller, webhook_id: UUID) -> DeliveryResource:
        """Put a ``webhook.test`` event on its way. Raises NotFound, WebhookDisabled."""
        row = await self._able(caller, webhook_id)
        ident = uuid7()
        made = await recorded(
            self._db,
            caller,
            lambda tx: store.add_delivery(tx, ident, row.id, TEST, test_body(row, ident)),
            lambda _: deed_of(row, "webhook.test", delivery=str(ident)),
        )
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
        return DeliveryPage.cut(rows, limit, DeliveryResource.of)

    async def replay(self, caller: Caller, webhook_id: UUID, wanted: Replay) -> int:
        """Put deliveries on their way again under the same ids, oldest first, at most 10,000.

        Raises NotFound, WebhookDisabled.
        """
        row = await self._able(caller, webhook_id)
        return await recorded(
            self._db,
            caller,
            lambda tx: replayed(tx, row, wanted),
            lambda number: deed_of(row, "webhook.replay", deliveries=number),
        )

    async def _own(self, caller: Caller, webhook_id: UUID) -> WebhookRow:
        return found(await store.find_webhook(self._db, Owner.writing(caller), webhook_id))

    async def _able(self, caller: Caller, webhook_id: UUID) -> WebhookRow:
        row = await self._own(caller, webhook_id)
        if row.disabled_at is not None:
            raise WebhookDisabled
        return row


async def replayed(tx: Statements, row: WebhookRow, wanted: Replay) -> int:
    """Put the wanted deliveries on their way again. Returns how many."""
    if wanted.ids is not None:
        return await store.replay_deliveries(tx, row.id, wanted.ids)
    delivered = wanted.state == "delivered"
    return await store.replay_since(tx, row.id, wanted.since, MOST_REPLAYED, delivered=delivered)


def deed_of(row: WebhookRow, action: Action, **detail: Any) -> Deed:
    """Return what the audit log keeps; of the address only the host, since a path may be a secret."""
    host = urlsplit(row.url).hostname
    return Deed(action, f"webhook:{row.id}", {"host": host, **detail}, org=row.org_id)


def deed_on(row: WebhookRow | None, action: Action) -> Deed | None:
    """Return the same, None for a webhook that is not there."""
    return deed_of(row, action) if row else None
