"""Timelines of courses, kept for a day; ``jobs.kept.timelines`` reads and writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Timeline(SQLModel, table=True):
    """One timeline under the id of the job that first read it."""

    __tablename__ = "timelines"
    __table_args__ = (Index("timelines_expiry", "expires_at"),)

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    pages: Any = Field(sa_column=Column(JSONB, nullable=False))
    result: Any = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())
