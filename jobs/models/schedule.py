"""A user's schedule: a job to submit again and again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Double, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant


class Schedule(SQLModel, table=True):
    """Exactly one of ``cron``, ``every_seconds`` and ``at`` says when, ``timezone`` where.

    ``next_at`` is the next tick, without jitter, None when there is none; it moves in the transaction
    that accepts the tick's job, whose id follows from (schedule, tick).
    """

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("org_id", "user_id", "key", name="schedules_key"),
        Index(
            "schedules_due",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL AND NOT paused"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    args: Any = Field(sa_column=Column(JSONB, nullable=False))
    options: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    cron: str | None = Field(sa_column=Column(Text))
    every_seconds: float | None = Field(sa_column=Column(Double))
    at: datetime | None = Field(sa_column=instant(null=True))
    timezone: str = Field(sa_column=Column(Text, nullable=False, server_default="UTC"))
    missed: str = Field(sa_column=Column(Text, nullable=False, server_default="one"))
    overlap: str = Field(sa_column=Column(Text, nullable=False, server_default="allow"))
    jitter_seconds: float = Field(sa_column=Column(Double, nullable=False, server_default="0"))
    paused: bool = Field(sa_column=flag())
    anchor_at: datetime = Field(sa_column=instant(now=True))
    next_at: datetime | None = Field(sa_column=instant(null=True))
    last_at: datetime | None = Field(sa_column=instant(null=True))
    last_job_id: UUID | None = None
    runs: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    last_problem: str | None = Field(sa_column=Column(Text))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
