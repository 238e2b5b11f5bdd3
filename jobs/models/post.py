"""What went out, and how it fares; ``jobs.kept.posts`` and ``jobs.kept.samples`` read and write it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Post(SQLModel, table=True):
    """One content by one connection, once. It stays when the content or the connection goes.

    ``job_id`` has it until ``held_until``; ``asked_at`` is when the provider was first asked for it
    without an answer so far, and ``asked_text`` for what; ``measured_at`` when its counters were last due
    to be read. ``brand`` is the beginning of the content's brand voice.
    """

    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint("state IN ('publishing', 'published', 'failed')", name="posts_state"),
        UniqueConstraint("content_id", "connection_id", name="posts_once"),
        Index("posts_owner", "org_id", "user_id", "created_at", "id"),
        Index("posts_open", "updated_at", postgresql_where=text("state = 'publishing'")),
        Index(
            "posts_published",
            "connection_id",
            "published_at",
            postgresql_where=text("state = 'published'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    content_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    connection_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    brand: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    hashtags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="publishing"))
    idempotency_key: str = Field(sa_column=Column(Text, nullable=False))
    provider_post_id: str | None = Field(sa_column=Column(Text))
    url: str | None = Field(sa_column=Column(Text))
    error: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    held_until: datetime | None = Field(sa_column=instant(null=True))
    asked_at: datetime | None = Field(sa_column=instant(null=True))
    asked_text: str | None = Field(sa_column=Column(Text))
    published_at: datetime | None = Field(sa_column=instant(null=True))
    measured_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class Sample(SQLModel, table=True):
    """A counter of a post as it was last seen in an hour (UTC)."""

    __tablename__ = "samples"

    post_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    )
    metric: str = Field(sa_column=Column(Text, primary_key=True))
    hour: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    value: int = Field(sa_column=Column(BigInteger, nullable=False))


class Learning(SQLModel, table=True):
    """How a brand's posts fare that share a weekday, an hour, a channel or a hashtag."""

    __tablename__ = "learnings"

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    brand: str = Field(sa_column=Column(Text, primary_key=True))
    facet: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_column=Column(Text, primary_key=True))
    metric: str = Field(sa_column=Column(Text, primary_key=True))
    posts: int = Field(sa_column=Column(Integer, nullable=False))
    total: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_at: datetime = Field(sa_column=instant(now=True))
