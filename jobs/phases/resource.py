"""How a phase looks from outside, and what may be asked of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.kept.phases import PhaseRow
from jobs.page import Page
from jobs.resource import Resource


class PhaseStatus(StrEnum):
    """How far a phase is. Its owner says so, whatever its tasks are; a dropped one will not be done."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class PhaseLinks(Resource):
    """Where to go from here."""

    self: str
    project: str
    tasks: str


class PhaseResource(Resource):
    """A part of a project. ``version`` grows with every change."""

    id: UUID
    project_id: UUID
    name: str
    goal: str = Field(description="What is there at its end")
    status: PhaseStatus
    starts_on: date
    due_on: date
    position: int = Field(description="Its place among those that start on the same day")
    job_id: UUID | None = Field(description="The job that made it")
    version: int = Field(description="At 1 the next plan may replace it")
    created_at: datetime
    updated_at: datetime
    links: PhaseLinks

    @classmethod
    def of(cls, row: PhaseRow) -> "PhaseResource":
        """Return ``row`` as its owner sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "links"}
        links = PhaseLinks(
            self=f"/api/phases/{row.id}",
            project=f"/api/projects/{row.project_id}",
            tasks=f"/api/tasks?phase={row.id}",
        )
        return cls.model_validate({**same, "links": links})


class PhasePage(Page[PhaseResource]):
    """Some phases, in the order of their days."""
