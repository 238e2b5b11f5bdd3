"""What onboarding found out about a user; ``jobs.kept.profiles`` reads and writes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Profile(SQLModel, table=True):
    """One per user: the newest analysis. ``job_id`` is the job that made it.

    ``about`` is what it says of the user, ``suggestions`` the projects it would begin, each with the id
    its project has once it is accepted. ``version`` grows with every change.
    """

    __tablename__ = "profiles"

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    job_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    language: str = Field(sa_column=Column(Text, nullable=False))
    about: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    suggestions: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    model: str = Field(sa_column=Column(Text, nullable=False))
    usage: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
