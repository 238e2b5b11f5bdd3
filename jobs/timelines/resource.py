"""How timelines look from outside: in a list by their numbers, alone with all that was found."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from jobs.kept.timelines import TimelineLine, TimelineRow
from jobs.page import Page
from jobs.resource import Resource
from jobs.timelines.found import CourseFound, EventFound, TermFound


class TimelineSummary(Resource):
    """A timeline in a list. It is gone after ``expires_at``."""

    id: UUID = Field(description="Also the id of the job that first read it")
    title: str
    courses: int
    events: int
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, row: TimelineLine) -> "TimelineSummary":
        """Return ``row`` as its owner sees it."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class TimelinePage(Page[TimelineSummary]):
    """Some timelines, newest first."""


class TimelineResource(Resource):
    """A timeline. It is gone after ``expires_at``."""

    id: UUID = Field(description="Also the id of the job that first read it")
    title: str
    timezone: str
    terms: list[TermFound]
    courses: list[CourseFound]
    events: list[EventFound] = Field(description="Ordered by date")
    warnings: list[str]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, row: TimelineRow) -> "TimelineResource":
        """Return ``row`` as its owner sees it."""
        kept = {"id": row.id, "created_at": row.created_at, "expires_at": row.expires_at}
        return cls.model_validate({**row.result, **kept})
