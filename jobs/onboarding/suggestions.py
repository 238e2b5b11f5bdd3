"""Suggested projects as they are kept: each with the id its project gets once it is accepted."""

from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from jobs.ids import derived_uuid7
from jobs.kept.projects import NewProject
from jobs.kept.tasks import NewTask
from jobs.onboarding.portrait import FirstTask, Portrait


class Suggestion(BaseModel):
    """A project that would fit its user, and what to do first."""

    id: UUID = Field(description="Also the id of its project, once it is accepted")
    name: str
    description: str
    goal: str
    reason: str = Field(description="Why it fits")
    weeks: int | None = Field(description="How long it takes; empty if nobody can say")
    tasks: list[FirstTask]
    accepted_at: datetime | None = Field(None, description="When it became a project")


def suggestions_of(portrait: Portrait, job: UUID) -> list[Suggestion]:
    """Return what is suggested, with ids that follow from the job."""
    return [
        Suggestion(id=derived_uuid7(job, f"project {number}"), **idea.model_dump())
        for number, idea in enumerate(portrait.projects)
    ]


def project_of(suggestion: Suggestion, owner: tuple[str, str], job: UUID, day: date) -> NewProject:
    """Return the project that a suggestion becomes when it is accepted on ``day``."""
    lasts = suggestion.weeks and timedelta(weeks=suggestion.weeks)
    return NewProject(
        id=suggestion.id,
        org_id=owner[0],
        user_id=owner[1],
        name=suggestion.name,
        description=suggestion.description,
        goal=suggestion.goal,
        starts_on=day,
        due_on=day + lasts if lasts else None,
        job_id=job,
    )


def tasks_of(suggestion: Suggestion, owner: tuple[str, str], job: UUID, day: date) -> list[NewTask]:
    """Return the first tasks of an accepted suggestion; their ids follow from the project's."""
    return [
        NewTask(
            id=derived_uuid7(suggestion.id, f"task {number}"),
            org_id=owner[0],
            user_id=owner[1],
            project_id=suggestion.id,
            title=task.title,
            notes=task.notes,
            priority=task.priority,
            estimate_minutes=task.estimate_minutes,
            due_on=None if task.due_in_days is None else day + timedelta(task.due_in_days),
            position=number,
            job_id=job,
        )
        for number, task in enumerate(suggestion.tasks)
    ]
