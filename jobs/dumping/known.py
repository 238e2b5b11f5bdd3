"""What a user has to do already, under short names that a model may use: it never sees an id."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.kept.projects import ProjectRow
from jobs.kept.tasks import TaskRow

MOST_KNOWN_TASKS = 150
MOST_KNOWN_PROJECTS = 50
OPEN = frozenset({"open", "doing"})


class KnownProject(BaseModel):
    """A project that goes on. ``key`` is what the model calls it."""

    model_config = ConfigDict(frozen=True)

    key: str
    id: UUID
    name: str


class KnownTask(BaseModel):
    """A task as it was read, at ``version``. Its notes are looked up anew: they may be long."""

    model_config = ConfigDict(frozen=True)

    key: str
    id: UUID
    version: int
    title: str
    status: str
    project_id: UUID | None
    due_on: date | None
    priority: int
    notes: str = Field("", exclude=True)

    @classmethod
    def of(cls, key: str, row: TaskRow) -> "KnownTask":
        """Return a task under a short name."""
        names = cls.model_fields.keys() - {"key"}
        return cls(key=key, **{name: getattr(row, name) for name in names})


class Known(BaseModel):
    """What there is to do, and which day it is where the user lives."""

    model_config = ConfigDict(frozen=True)

    today: date
    zone: str
    projects: Sequence[KnownProject] = ()
    tasks: Sequence[KnownTask] = ()

    @classmethod
    def of(
        cls, today: date, zone: str, projects: Sequence[ProjectRow], tasks: Sequence[TaskRow]
    ) -> "Known":
        """Return what there is to do, named P1, P2 … and T1, T2 … in order."""
        going_on = [row for row in projects if row.status in {"active", "paused"}]
        return cls(
            today=today,
            zone=zone,
            projects=[
                KnownProject(key=f"P{number}", id=row.id, name=row.name)
                for number, row in enumerate(going_on, 1)
            ],
            tasks=[KnownTask.of(f"T{number}", row) for number, row in enumerate(tasks, 1)],
        )

    def now(self, projects: Sequence[ProjectRow], tasks: Sequence[TaskRow]) -> "Known":
        """Return the same under the same names as it is by now, without what is gone."""
        going_on = {row.id for row in projects if row.status in {"active", "paused"}}
        by_id = {row.id: row for row in tasks}
        return self.model_copy(
            update={
                "projects": [one for one in self.projects if one.id in going_on],
                "tasks": [
                    KnownTask.of(one.key, by_id[one.id]) for one in self.tasks if one.id in by_id
                ],
            }
        )

    @property
    def project_keys(self) -> dict[UUID, str]:
        """Return the projects' short names by their ids."""
        return {project.id: project.key for project in self.projects}
