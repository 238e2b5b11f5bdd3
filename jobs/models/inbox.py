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
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index("inbox_changes", "org_id", "user_id", "change_seq"),
        Index("inbox_newest", "org_id", "user_id", "created_at", "id"),
        Index("inbox_age", "created_at"),
        Index("inbox_unread", "org_id", "user_id", postgresql_where=text("read_at IS NULL")),
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
