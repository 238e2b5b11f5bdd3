"""Projects and tasks; the files of these names in ``jobs.kept`` and ``jobs.store`` read and write them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Project(SQLModel, table=True):
    """What a user works towards. ``job_id`` is the job that made it, None when a person did.

    Days are of the calendar, without a zone. ``version`` grows with every change.
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint(
            "status IN ('active', 'paused', 'done', 'archived')", name="projects_status_known"
        ),
        CheckConstraint("due_on >= starts_on", name="projects_days_in_order"),
        UniqueConstraint("id", "org_id", "user_id", name="projects_of_owner"),
        Index("projects_owner", "org_id", "user_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    description: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    goal: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="active"))
    starts_on: date | None = Field(sa_column=Column(Date))
    due_on: date | None = Field(sa_column=Column(Date))
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))


class Task(SQLModel, table=True):
    """One thing to do, alone or of a project of the same user: the database refuses another's.

    Its phase is one of its project, and is not deleted while a task names it.

    ``depends_on`` are tasks to be done before it; one that is deleted leaves it. ``position`` orders the
    tasks of a project. ``completed_at`` is set exactly while the status is done.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(
            "status IN ('open', 'doing', 'done', 'dropped')", name="tasks_status_known"
        ),
        CheckConstraint("priority BETWEEN 0 AND 3", name="tasks_priority_known"),
        CheckConstraint("due_on >= starts_on", name="tasks_days_in_order"),
        ForeignKeyConstraint(
            ["project_id", "org_id", "user_id"],
            ["projects.id", "projects.org_id", "projects.user_id"],
            name="tasks_project",
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "phase_id IS NULL OR project_id IS NOT NULL", name="tasks_phase_of_a_project"
        ),
        ForeignKeyConstraint(
            ["phase_id", "project_id"], ["phases.id", "phases.project_id"], name="tasks_phase"
        ),
        Index("tasks_of_phase", "phase_id"),
        Index("tasks_owner", "org_id", "user_id", "created_at", "id"),
        Index("tasks_of_project", "project_id", "position"),
        Index(
            "tasks_open",
            "org_id",
            "user_id",
            "due_on",
            postgresql_where=text("status IN ('open', 'doing')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    project_id: UUID | None = Field(sa_column=Column(Uuid))
    phase_id: UUID | None = Field(sa_column=Column(Uuid))
    title: str = Field(sa_column=Column(Text, nullable=False))
    notes: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="open"))
    priority: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="1"))
    starts_on: date | None = Field(sa_column=Column(Date))
    due_on: date | None = Field(sa_column=Column(Date))
    estimate_minutes: int | None = Field(sa_column=Column(Integer))
    depends_on: list[UUID] = Field(
        sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    position: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    completed_at: datetime | None = Field(sa_column=instant(null=True))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
