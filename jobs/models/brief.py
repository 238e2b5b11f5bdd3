"""Briefs and how far each user's have come; ``jobs.kept.briefs`` and ``jobs.store.briefs`` use them."""

import datetime as dates
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant


class Brief(SQLModel, table=True):
    """One user's brief of one day on their clock, under the id of the job that wrote it.

    ``opened_at`` is when it was first read whole; that its inbox entry was read, the inbox knows.
    ``by_email`` was decided with it, so that every attempt says the same. ``usage`` is what all attempts
    spent at the model, ``model`` its name when the words are its own.
    """

    __tablename__ = "briefs"
    __table_args__ = (
        Index("briefs_day", "org_id", "user_id", "day", unique=True),
        Index(
            "briefs_opened",
            "org_id",
            "user_id",
            "opened_at",
            postgresql_where=text("opened_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    day: dates.date = Field(sa_column=Column(Date, nullable=False))
    timezone: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    tasks: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    events: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    by_email: bool = Field(sa_column=flag())
    model: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    usage: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    created_at: datetime = Field(sa_column=instant(now=True))
    opened_at: datetime | None = Field(sa_column=instant(null=True))


class BriefDay(SQLModel, table=True):
    """The last day for which it was decided whether to brief a user; it only ever moves on.

    So a brief that failed, or was deleted, is not made once more by the clock.
    """

    __tablename__ = "brief_days"

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    day: dates.date = Field(sa_column=Column(Date, nullable=False))
