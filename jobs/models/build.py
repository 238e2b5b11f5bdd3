"""Builds of apps and what became of them in the stores; ``jobs.kept.builds`` reads and writes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from jobs.models.job import instant

STATES = "'starting', 'building', 'built', 'submitting', 'submitted', 'failed', 'cancelled'"


class Build(SQLModel, table=True):
    """One build per job and platform. ``attempt`` is the attempt of the job that may write it."""

    __tablename__ = "builds"
    __table_args__ = (
        UniqueConstraint("job_id", "platform", name="builds_of_job"),
        CheckConstraint(f"state IN ({STATES})", name="builds_state"),
        Index("builds_of_user", "org_id", "user_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    job_id: UUID
    attempt: int = Field(sa_column=Column(Integer, nullable=False))
    platform: str = Field(sa_column=Column(Text, nullable=False))
    profile: str = Field(sa_column=Column(Text, nullable=False))
    project: str = Field(sa_column=Column(Text, nullable=False))
    git_ref: str | None = Field(sa_column=Column(Text))
    state: str = Field(sa_column=Column(Text, nullable=False))
    remote_id: str | None = Field(sa_column=Column(Text))
    artifact_url: str | None = Field(sa_column=Column(Text))
    submission_id: str | None = Field(sa_column=Column(Text))
    error: str | None = Field(sa_column=Column(Text))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
    built_at: datetime | None = Field(sa_column=instant(null=True))
    finished_at: datetime | None = Field(sa_column=instant(null=True))
