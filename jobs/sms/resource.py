"""How text messages look from outside, and what may be asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.kept.sms import SmsRow
from jobs.page import Page
from jobs.resource import Resource


class SmsState(StrEnum):
    """Where a text message is on its way."""

    HELD = "held"
    ASKING = "asking"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class SmsFailure(Resource):
    """What last went wrong. ``provider_code`` is the provider's own number for it."""

    code: str
    message: str
    provider_code: int | None = None


class SmsResource(Resource):
    """A text message to one number."""

    id: UUID
    job_id: UUID = Field(description="The job that sent it, or is to")
    to: str
    text: str = Field(description="Without the code of a verification")
    urgent: bool
    state: SmsState
    sendings: int = Field(description="How often the provider was asked to send it")
    segments: int | None = Field(description="As how many texts the provider counts it")
    provider_id: str | None
    error: SmsFailure | None
    held_until: datetime | None = Field(description="The end of the quiet hours it waits for")
    again_at: datetime | None = Field(description="When it is sent again, if it did not arrive")
    asked_at: datetime | None
    sent_at: datetime | None = Field(description="When the provider first took it")
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: SmsRow) -> "SmsResource":
        """Return ``row`` as its owner sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "to"}
        return cls(**same, to=row.to_number)


class SmsPage(Page[SmsResource]):
    """Some messages, newest first."""


@dataclass(frozen=True, slots=True)
class SmsFilter:
    """Which messages a page is taken from. ``after`` is the cursor of the page before."""

    states: Sequence[SmsState] = ()
    after: str | None = None
    limit: int = 50
