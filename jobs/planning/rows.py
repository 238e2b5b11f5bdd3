"""A plan as it is kept: phases and tasks with ids that follow from the job, so that it makes them once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from jobs.ids import derived_uuid7
from jobs.kept.phases import NewPhase
from jobs.kept.tasks import NewTask
from jobs.planning.plan import Plan, PlannedTask


@dataclass(frozen=True, slots=True)
class Maker:
    """Whose plan it is, of which project, by which job; and behind which places it is put."""

    job_id: UUID
    org: str
    user: str
    project_id: UUID
    phases_before: int = 0
    tasks_before: int = 0

    def task_ids(self, plan: Plan) -> Mapping[str, UUID]:
        """Return the ids of the plan's tasks by their keys."""
        return {
            task.key: derived_uuid7(self.job_id, f"task {number}")
            for number, task in enumerate(plan.tasks)
        }


def phase_id(job: UUID, number: int) -> UUID:
    """Return the id of the n-th phase of a job's plan."""
    return derived_uuid7(job, f"phase {number}")


def phases_of(plan: Plan, maker: Maker) -> list[NewPhase]:
    """Return the phases to keep."""
    return [
        NewPhase(
            id=phase_id(maker.job_id, number),
            org_id=maker.org,
            user_id=maker.user,
            project_id=maker.project_id,
            name=phase.name,
            goal=phase.goal,
            starts_on=phase.starts_on,
            due_on=phase.due_on,
            position=maker.phases_before + number,
            job_id=maker.job_id,
        )
        for number, phase in enumerate(plan.phases)
    ]


def tasks_of(plan: Plan, maker: Maker) -> list[NewTask]:
    """Return the tasks to keep, each in its phase and behind what it depends on."""
    ids = maker.task_ids(plan)
    return [
        task_of(task, ids, position, maker, phase_id(maker.job_id, number))
        for position, (number, task) in enumerate(numbered(plan), start=maker.tasks_before)
    ]


def numbered(plan: Plan) -> Iterator[tuple[int, PlannedTask]]:
    """Yield each task with the number of its phase."""
    for number, phase in enumerate(plan.phases):
        for task in phase.tasks:
            yield number, task


def task_of(
    task: PlannedTask, ids: Mapping[str, UUID], position: int, maker: Maker, phase: UUID
) -> NewTask:
    """Return one task to keep."""
    return NewTask(
        id=ids[task.key],
        org_id=maker.org,
        user_id=maker.user,
        project_id=maker.project_id,
        phase_id=phase,
        title=task.title,
        notes=task.notes,
        priority=task.priority,
        starts_on=task.starts_on,
        due_on=task.due_on,
        estimate_minutes=task.estimate_minutes,
        depends_on=[ids[key] for key in dict.fromkeys(task.depends_on)],
        position=position,
        job_id=maker.job_id,
    )
