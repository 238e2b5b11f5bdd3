"""How a project looks from outside, and what may be asked of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.kept.projects import ProjectRow
from jobs.page import Page
from jobs.resource import Resource


class ProjectStatus(StrEnum):
    """Whether a project is worked on. Its owner says so; nothing changes it by itself."""

    ACTIVE = "active"
    PAUSED = "paused"
    DONE = "done"
    ARCHIVED = "archived"


class ProjectLinks(Resource):
    """Where to go from here."""

    self: str
    tasks: str


class ProjectResource(Resource):
    """What a user works towards. ``version`` grows with every change."""

    id: UUID
    name: str
    description: str = Field(description="Markdown")
    goal: str = Field(description="How one will know that it is done")
    status: ProjectStatus
    starts_on: date | None
    due_on: date | None
    job_id: UUID | None = Field(description="The job that made it; empty when a person did")
    version: int
    created_at: datetime
    updated_at: datetime
    links: ProjectLinks

    @classmethod
    def of(cls, row: ProjectRow) -> "ProjectResource":
        """Return ``row`` as its owner sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "links"}
        here = f"/api/projects/{row.id}"
        links = ProjectLinks(self=here, tasks=f"/api/tasks?project={row.id}")
        return cls.model_validate({**same, "links": links})


class ProjectPage(Page[ProjectResource]):
    """Some projects, newest first."""
