"""The front of the e-mails: what their owners may look at, and what who gets one may do by its link."""

from uuid import UUID

from jobs.db import Database
from jobs.emails.resource import EmailFilter, EmailPage, EmailResource, Subscription
from jobs.found import found
from jobs.kept.emails import EmailRow
from jobs.mail.links import Links
from jobs.mail.lists import MailingList
from jobs.place import Place
from jobs.settings import JobsSettings
from jobs.store.emails import (
    addressed_email,
    find_email,
    list_emails,
    resubscribe,
    unsubscribe,
)
from jobs.verifications.words import masked
from realtime.caller import Caller


class Emails:
    """Shows owners their e-mails; others' do not exist. A link speaks for itself, without a caller."""

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._db = db
        self._links = Links(settings)

    async def list(self, caller: Caller, wanted: EmailFilter) -> EmailPage:
        """Return a page of the caller's e-mails, newest first. Raises BadCursor."""
        behind = Place.behind(wanted.after)
        owner, which = (caller.org, caller.user), (wanted.states, wanted.job_id)
        rows = await list_emails(self._db, owner, which, behind, wanted.limit + 1)
        return EmailPage.cut(rows, wanted.limit, EmailResource.of)

    async def get(self, caller: Caller, ident: UUID) -> EmailResource:
        """Return an e-mail. Raises NotFound."""
        row = await find_email(self._db, (caller.org, caller.user), ident)
        return EmailResource.of(found(row))

    async def subscription(self, token: str) -> Subscription:
        """Return what a link is about. Raises NotFound for one that we did not make."""
        return subscription_of(await self._addressed(token))

    async def unsubscribe(self, token: str) -> Subscription:
        """Let no more mails of the link's list go to its address. Raises NotFound."""
        row = await self._addressed(token)
        await unsubscribe(self._db, row.id)
        return subscription_of(row)

    async def resubscribe(self, token: str) -> Subscription:
        """Let mails of the list ``other`` go there again; the rest is the preferences' business."""
        row = await self._addressed(token)
        await resubscribe(self._db, row.id)
        return subscription_of(row)

    async def _addressed(self, token: str) -> EmailRow:
        ident = self._links.read(token)
        row = await addressed_email(self._db, ident) if ident is not None else None
        return found(row)


def subscription_of(row: EmailRow) -> Subscription:
    """Return what who holds a mail's link may know: a mail may have been passed on."""
    return Subscription(MailingList(row.list or "other"), masked("email", row.address))
