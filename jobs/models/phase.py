"""Phases of projects and the runs that planned them; ``jobs.kept`` and ``jobs.store`` use them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


def of_project(name: str) -> ForeignKeyConstraint:
    """Return what binds a row to a project of the same user, and ends it with that."""
    return ForeignKeyConstraint(
        ["project_id", "org_id", "user_id"],
        ["projects.id", "projects.org_id", "projects.user_id"],
        name=name,
        ondelete="CASCADE",
    )


class Phase(SQLModel, table=True):
    """A part of a project, between two days. Tasks name it: one of another project the database refuses.

    ``job_id`` is the job that made it; ``version`` grows with every change, so at 1 nobody has touched it.
    """

    __tablename__ = "phases"
    __table_args__ = (
        CheckConstraint(
            "status IN ('open', 'doing', 'done', 'dropped')", name="phases_status_known"
        ),
        CheckConstraint("due_on >= starts_on", name="phases_days_in_order"),
        UniqueConstraint("id", "project_id", name="phases_of_one_project"),
        of_project("phases_project"),
        Index("phases_order", "project_id", "starts_on", "position", "id"),
        Index("phases_owner", "org_id", "user_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    project_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    goal: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="open"))
    starts_on: date = Field(sa_column=Column(Date, nullable=False))
    due_on: date = Field(sa_column=Column(Date, nullable=False))
    position: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class Plan(SQLModel, table=True):
    """What one run of ``phase_generation`` came to, under its job's id: a second run finds it."""

    __tablename__ = "plans"
    __table_args__ = (
        of_project("plans_project"),
        Index("plans_of_project", "project_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    project_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    result: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=instant(now=True))
