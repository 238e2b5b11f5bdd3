"""Feeds that users follow and the items they brought; ``jobs.kept.feeds`` and ``jobs.feeds`` use them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant


def words() -> Any:
    """Return a column for text that is empty by default."""
    return Column(Text, nullable=False, server_default="")


class Feed(SQLModel, table=True):
    """One feed per user and URL. ``title`` is the user's word for it, ``own_title`` its own.

    ``next_at`` is when it is due. ``ids_repeat`` says that its guids or links do not tell items apart.
    ``failures`` counts jobs, not attempts (``failed_job`` is the last of them), since the last success;
    ``flagged_at`` is when its user was told that it has failed for days, ``ended_at`` when it answered 410.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        Index("feeds_owner", "org_id", "user_id", "url", unique=True),
        Index(
            "feeds_due",
            "next_at",
            "id",
            postgresql_where=text("NOT paused AND ended_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=words())
    own_title: str = Field(sa_column=words())
    site_url: str = Field(sa_column=words())
    language: str = Field(sa_column=words())
    format: str = Field(sa_column=words())
    paused: bool = Field(sa_column=flag())
    etag: str = Field(sa_column=words())
    last_modified: str = Field(sa_column=words())
    sha256: str = Field(sa_column=words())
    ids_repeat: bool = Field(sa_column=flag())
    next_at: datetime = Field(sa_column=instant(now=True))
    fetched_at: datetime | None = Field(sa_column=instant(null=True))
    changed_at: datetime | None = Field(sa_column=instant(null=True))
    failures: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    failed_job: UUID | None = None
    failing_since: datetime | None = Field(sa_column=instant(null=True))
    flagged_at: datetime | None = Field(sa_column=instant(null=True))
    error_code: str = Field(sa_column=words())
    error: str = Field(sa_column=words())
    ended_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class FeedItem(SQLModel, table=True):
    """One item of a feed, once by ``identity``: its guid, else its link, else its hash.

    ``ordered_at`` is when it was published, or first seen if it says nothing or a time to come; ``job_id``
    is the job that found it, ``sha256`` is of all that it says.
    """

    __tablename__ = "feed_items"
    __table_args__ = (
        Index("feed_items_identity", "feed_id", "identity", unique=True),
        Index("feed_items_order", "feed_id", "ordered_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    feed_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False)
    )
    identity: str = Field(sa_column=Column(Text, nullable=False))
    guid: str = Field(sa_column=words())
    url: str = Field(sa_column=words())
    title: str = Field(sa_column=words())
    summary: str = Field(sa_column=words())
    author: str = Field(sa_column=words())
    published_at: datetime | None = Field(sa_column=instant(null=True))
    ordered_at: datetime = Field(sa_column=instant())
    enclosures: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    job_id: UUID
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
