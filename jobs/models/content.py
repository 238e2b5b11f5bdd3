"""Texts on their way to readers; ``jobs.kept.contents`` and ``jobs.store.contents`` read and write them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Numeric, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant


class Content(SQLModel, table=True):
    """One text with its variants. A job that wrote it gave it its own id, so it writes it once.

    ``version`` grows with every change. ``cost_usd`` is what the model took for it, None while unknown.
    """

    __tablename__ = "contents"
    __table_args__ = (
        Index("contents_owner", "org_id", "user_id", "created_at", "id"),
        Index("contents_due", "publish_at", postgresql_where=text("status = 'scheduled'")),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="draft"))
    title: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    hashtags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    variants: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    brief: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    brand_voice: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    language: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    sources: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    connection_id: UUID | None = Field(sa_column=Column(Uuid))
    publish_at: datetime | None = Field(sa_column=instant(null=True))
    model: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    tokens_in: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    tokens_out: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    cost_usd: Decimal | None = Field(sa_column=Column(Numeric(12, 6)))
    rounds: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    estimated: bool = Field(sa_column=flag())
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    media: list[dict[str, Any]] = Field(
        sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
