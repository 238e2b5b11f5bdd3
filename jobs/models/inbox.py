"""What a user is told to look at: endings of jobs that asked for it, and processors' own words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class InboxEntry(SQLModel, table=True):
    """One notification. ``name`` is ``job.<state>`` for an ending, else what the processor called it.

    ``change_seq`` is the place of its latest change, created or read, in the user's sequence.
    ``acked_at`` is when a device first showed it. ``handoff_at`` is when the hand-off is to be looked at
    again, None when nothing is left to do; ``handed_off`` is what became of it by channel.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index("inbox_changes", "org_id", "user_id", "change_seq"),
        Index("inbox_newest", "org_id", "user_id", "created_at", "id"),
        Index("inbox_age", "created_at"),
        Index("inbox_unread", "org_id", "user_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "inbox_unacked",
            "org_id",
            "user_id",
            "change_seq",
            postgresql_where=text("acked_at IS NULL"),
        ),
        Index(
            "inbox_briefs_read",
            "job_id",
            postgresql_where=text("name = 'brief_completed' AND read_at IS NOT NULL"),
        ),
        Index("inbox_handoff", "handoff_at", postgresql_where=text("handoff_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    job_id: UUID | None = None
    name: str = Field(sa_column=Column(Text, nullable=False))
    data: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    created_at: datetime = Field(sa_column=instant(now=True))
    read_at: datetime | None = Field(sa_column=instant(null=True))
    change_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    acked_at: datetime | None = Field(sa_column=instant(null=True))
    handoff_at: datetime | None = Field(sa_column=instant(null=True))
    handed_off: Any = Field(sa_column=Column(JSONB))
