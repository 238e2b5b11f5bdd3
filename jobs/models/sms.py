"""Text messages and how far they got; ``jobs.kept.sms`` and ``jobs.store.sms`` read and write them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant

STATES = "'held', 'asking', 'queued', 'sent', 'delivered', 'retrying', 'undelivered', 'failed', 'skipped'"


class SmsMessage(SQLModel, table=True):
    """One text to one number. ``job_id`` and ``attempt`` are who may send it now.

    ``sendings`` counts how often the provider was asked and took it, or may have; ``provider_id`` is what
    the provider calls the last of them, ``unanswered_at`` is when it was asked without an answer so far,
    ``told`` are the call-backs heard (``<sending>:<status>``).
    ``text`` is without the code of a verification.
    """

    __tablename__ = "sms_messages"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="sms_messages_state"),
        Index("sms_messages_owner", "org_id", "user_id", "created_at", "id"),
        Index("sms_messages_asked", "org_id", "user_id", "asked_at"),
        Index(
            "sms_messages_provider",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index("sms_messages_again", "again_at", postgresql_where=text("state = 'retrying'")),
        Index(
            "sms_messages_open",
            "updated_at",
            postgresql_where=text("state IN ('held', 'asking', 'queued', 'sent')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    job_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    attempt: int = Field(sa_column=Column(Integer, nullable=False))
    to_number: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    urgent: bool = Field(sa_column=flag())
    inbox_ids: list[UUID] = Field(
        sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    verification_id: UUID | None = Field(sa_column=Column(Uuid))
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    sendings: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    segments: int | None = Field(sa_column=Column(Integer))
    provider_id: str | None = Field(sa_column=Column(Text))
    unanswered_at: datetime | None = Field(sa_column=instant(null=True))
    told: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    error: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    asked_at: datetime | None = Field(sa_column=instant(null=True))
    held_until: datetime | None = Field(sa_column=instant(null=True))
    again_at: datetime | None = Field(sa_column=instant(null=True))
    sent_at: datetime | None = Field(sa_column=instant(null=True))
    delivered_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
