"""Long work on many rows, and how far it has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class BulkAction(SQLModel, table=True):
    """Retry, cancel or delete for every job a filter matches, page by page behind ``after_id``.

    ``within_org`` and ``within_user`` bound what it may touch; None stands for all.
    """

    __tablename__ = "bulk_actions"
    __table_args__ = (
        Index("bulk_actions_open", "created_at", postgresql_where=text("finished_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    within_org: str | None = Field(sa_column=Column(Text))
    within_user: str | None = Field(sa_column=Column(Text))
    action: str = Field(sa_column=Column(Text, nullable=False))
    filter: Any = Field(sa_column=Column(JSONB, nullable=False))
    after_id: UUID | None = None
    matched: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    changed: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    created_at: datetime = Field(sa_column=instant(now=True))
    finished_at: datetime | None = Field(sa_column=instant(null=True))


class Mark(SQLModel, table=True):
    """How far a piece of upkeep has come, by its name."""

    __tablename__ = "marks"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = Field(sa_column=instant())
