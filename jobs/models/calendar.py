"""Calendars kept in step with Google's, their events and conflicts; ``jobs.kept.calendars`` writes them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.feed import words
from jobs.models.job import flag, instant


def whole(default: int) -> Any:
    """Return a column for a whole number."""
    return Column(Integer, nullable=False, server_default=str(default))


class Calendar(SQLModel, table=True):
    """One calendar per connection and ``remote_id``. ``name`` is its user's word, ``own_name`` its own.

    ``touches`` counts who said that there is something to do, ``round`` the syncs that ended;
    ``syncing_job`` holds it until ``syncing_until``. ``full_at`` is when its window was last read whole,
    ``sync_token`` what was told then or since. ``channel_id`` is the push channel, ``channel_next`` one
    that is being asked for, ``channel_message`` the newest message of it. ``broken_at`` is when it failed
    for good, ``left_at`` when its user left it: then only its channel is still to be stopped.
    """

    __tablename__ = "calendars"
    __table_args__ = (
        Index("calendars_remote", "connection_id", "remote_id", unique=True),
        Index("calendars_owner", "org_id", "user_id", "created_at", "id"),
        Index(
            "calendars_due", "next_at", postgresql_where=text("NOT paused AND broken_at IS NULL")
        ),
        Index("calendars_channel", "channel_id", postgresql_where=text("channel_id IS NOT NULL")),
        Index(
            "calendars_channel_next",
            "channel_next",
            postgresql_where=text("channel_next IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    connection_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False)
    )
    remote_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=words())
    own_name: str = Field(sa_column=words())
    timezone: str = Field(sa_column=Column(Text, nullable=False, server_default="UTC"))
    access: str = Field(sa_column=words())
    paused: bool = Field(sa_column=flag())
    sync_token: str = Field(sa_column=words())
    full_at: datetime | None = Field(sa_column=instant(null=True))
    next_at: datetime = Field(sa_column=instant(now=True))
    touches: int = Field(sa_column=whole(0))
    synced_at: datetime | None = Field(sa_column=instant(null=True))
    changed_at: datetime | None = Field(sa_column=instant(null=True))
    round: int = Field(sa_column=whole(0))
    syncing_job: UUID | None = None
    syncing_until: datetime | None = Field(sa_column=instant(null=True))
    channel_id: UUID | None = None
    channel_resource: str = Field(sa_column=words())
    channel_until: datetime | None = Field(sa_column=instant(null=True))
    channel_message: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    channel_next: UUID | None = None
    channel_after: datetime | None = Field(sa_column=instant(null=True))
    channel_error: str = Field(sa_column=words())
    failures: int = Field(sa_column=whole(0))
    failed_job: UUID | None = None
    failing_since: datetime | None = Field(sa_column=instant(null=True))
    error_code: str = Field(sa_column=words())
    error: str = Field(sa_column=words())
    broken_at: datetime | None = Field(sa_column=instant(null=True))
    left_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class CalendarEvent(SQLModel, table=True):
    """One event, or one day of a repeating one, once by ``remote_id``.

    ``etag`` and ``remote_updated_at`` are Google's of what was last seen there, ``agreed`` is the digest of
    what both sides last said alike. ``pending`` says what of ours is still to be told, ``changed_at`` when
    its user changed it, ``pushed_at`` when it was last told, whether or not the answer was heard.
    ``seen_by`` is the reading of the whole window that last had it. Of an all-day event the dates count;
    ``starts_at`` and ``ends_at`` are their midnights in the calendar's zone.
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        CheckConstraint(
            "pending IN ('', 'create', 'change', 'restore', 'delete')",
            name="calendar_events_pending",
        ),
        Index("calendar_events_remote", "calendar_id", "remote_id", unique=True),
        Index("calendar_events_time", "calendar_id", "starts_at", "id"),
        Index("calendar_events_pending", "calendar_id", postgresql_where=text("pending <> ''")),
    )

    id: UUID = Field(primary_key=True)
    calendar_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False)
    )
    remote_id: str = Field(sa_column=Column(Text, nullable=False))
    series: str = Field(sa_column=words())
    etag: str = Field(sa_column=words())
    remote_updated_at: datetime | None = Field(sa_column=instant(null=True))
    agreed: str = Field(sa_column=words())
    title: str = Field(sa_column=words())
    description: str = Field(sa_column=words())
    location: str = Field(sa_column=words())
    all_day: bool = Field(sa_column=flag())
    starts_at: datetime = Field(sa_column=instant())
    ends_at: datetime = Field(sa_column=instant())
    starts_on: date | None = None
    ends_on: date | None = None
    timezone: str = Field(sa_column=words())
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="confirmed"))
    url: str = Field(sa_column=words())
    pending: str = Field(sa_column=words())
    changed_at: datetime | None = Field(sa_column=instant(null=True))
    pushed_at: datetime | None = Field(sa_column=instant(null=True))
    seen_by: UUID | None = None
    version: int = Field(sa_column=whole(1))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class CalendarConflict(SQLModel, table=True):
    """Both sides changed an event, or Google refused our change: who won, and what the two had said.

    ``local`` or ``remote`` is null when that side had removed the event.
    """

    __tablename__ = "calendar_conflicts"
    __table_args__ = (
        CheckConstraint("winner IN ('local', 'remote')", name="calendar_conflicts_winner"),
        Index("calendar_conflicts_order", "calendar_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    calendar_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False)
    )
    event_id: UUID
    job_id: UUID
    winner: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    problem: str = Field(sa_column=words())
    local: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    remote: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    local_changed_at: datetime | None = Field(sa_column=instant(null=True))
    remote_changed_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
