"""Kind ``email_delivery``: one mail to one mailbox, once."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Bounced, Discard, JobError, Retry, UnknownEnd
from jobs.ids import derived_uuid7
from jobs.kept.emails import (
    EmailRow,
    Mailbox,
    ask_for_email,
    begin_email,
    distrust_address,
    find_email,
    is_unsubscribed,
    keep_email,
    let_email_go,
    mailbox_of,
)
from jobs.mail.address import Address, same
from jobs.mail.letter import Letter, one_line
from jobs.mail.resource import MailingList
from jobs.processor import processor
from jobs.providers.mail_errors import address_is_bad
from jobs.retry import steps
from jobs.unstopped import to_its_end

LONGEST_SUBJECT = 200
LONGEST_TEXT = 100_000
MOST_IDS = 100
AGAIN = timedelta(seconds=5)
KEEP_PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)


def shaped(subject: str) -> str:
    """Return a subject on one line. Raises ValueError when nothing is left."""
    if not (line := one_line(subject)):
        raise ValueError("a subject needs a letter at least")
    return line[:LONGEST_SUBJECT]
