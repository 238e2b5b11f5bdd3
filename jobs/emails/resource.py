"""How e-mails look from outside, and what may be asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.kept.emails import EmailRow
from jobs.mail.lists import MailingList
from jobs.page import Page
from jobs.resource import Resource


class EmailState(StrEnum):
    """Where an e-mail is on its way."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class EmailResource(Resource):
    """An e-mail that a job sent, or tried to. Its words are not kept."""

    id: UUID
    job_id: UUID = Field(description="The job that sends it")
    list: MailingList | None = Field(description="What its link unsubscribes from")
    address: str = Field(description="Where it goes")
    subject: str
    message_id: str
    brief_id: UUID | None
    state: EmailState
    answer: str | None = Field(description="What the mail server said last, or else what happened")
    error: str | None = Field(
        description="Why it was not sent; `unknown_end`: nobody knows whether it was"
    )
    sent_at: datetime | None = Field(description="When a mail server took it")
    unsubscribed_at: datetime | None = Field(description="When its reader used its link")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: EmailRow) -> "EmailResource":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)


class EmailPage(Page[EmailResource]):
    """Some e-mails, newest first."""


@dataclass(frozen=True, slots=True)
class EmailFilter:
    """Which e-mails a page is taken from. ``after`` is the cursor of the page before."""

    states: Sequence[EmailState] = ()
    job_id: UUID | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link is about: mails of ``list`` to ``address``, which is not told in full."""

    list: MailingList
    address: str
