"""How a task looks from outside, and what may be asked of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.kept.tasks import TaskRow
from jobs.page import Page
from jobs.resource import Resource


class TaskStatus(StrEnum):
    """How far a task is. A dropped one will not be done."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class TaskResource(Resource):
    """One thing to do. ``version`` grows with every change."""

    id: UUID
    project_id: UUID | None
    phase_id: UUID | None
    title: str
    notes: str = Field(description="Markdown")
    status: TaskStatus
    priority: int = Field(description="0 to 3, the most urgent")
    starts_on: date | None
    due_on: date | None
    estimate_minutes: int | None
    depends_on: list[UUID] = Field(description="Tasks to be done before it")
    position: int = Field(description="Its place in its project")
    job_id: UUID | None = Field(description="The job that made it; empty when a person did")
    completed_at: datetime | None = Field(description="Set exactly while it is done")
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: TaskRow) -> "TaskResource":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)


class TaskPage(Page[TaskResource]):
    """Some tasks, newest first."""
