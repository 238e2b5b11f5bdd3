"""What of earlier plans stays, and what makes room for a new one: only what nobody has touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jobs.kept.phases import PhaseRow
from jobs.kept.tasks import TaskRow

MOST_TITLES = 100
WORDS = {"open": "planned", "doing": "begun"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A project's phases and tasks, parted into what stays and what goes."""

    phases: Sequence[PhaseRow]
    tasks: Sequence[TaskRow]
    gone_phases: Sequence[UUID]
    gone_tasks: Sequence[UUID]

    @property
    def titles(self) -> list[str]:
        """Return what stays, with what has become of it."""
        told = [f"{phase.name} (a phase, {shown(phase.status)})" for phase in self.phases]
        told += [f"{task.title} ({shown(task.status)})" for task in self.tasks]
        return told[:MOST_TITLES]

    @property
    def places(self) -> tuple[int, int]:
        """Return the positions behind the phases and the tasks that stay."""
        phases = max((phase.position + 1 for phase in self.phases), default=0)
        return phases, max((task.position + 1 for task in self.tasks), default=0)


def shown(status: str) -> str:
    """Return a status as the model is told it."""
    return WORDS.get(status, status)


def parted(phases: Sequence[PhaseRow], tasks: Sequence[TaskRow], project: UUID) -> Standing:
    """Part a project's phases and tasks; among the tasks may be others' that depend on them.

    A task goes if the job that made its phase made it, too, nobody has changed it, and nothing that stays
    depends on it. A phase goes if a job made it, nobody has changed it, and no task of it stays.
    """
    maker = {phase.id: phase.job_id for phase in phases}
    going = {task.id for task in tasks if untouched(task) and made_with(task, maker)}
    while needed := {one for t in tasks if t.id not in going for one in t.depends_on} & going:
        going -= needed
    held = {task.phase_id for task in tasks if task.id not in going}
    gone = {p.id for p in phases if p.job_id and untouched(p) and p.id not in held}
    return Standing(
        phases=[phase for phase in phases if phase.id not in gone],
        tasks=[t for t in tasks if t.id not in going and t.project_id == project],
        gone_phases=sorted(gone),
        gone_tasks=sorted(going),
    )


def untouched(row: PhaseRow | TaskRow) -> bool:
    """Return whether a row is as it was made: every change counts its version up."""
    return row.version == 1 and row.status == "open"


def made_with(task: TaskRow, maker: Mapping[UUID, UUID | None]) -> bool:
    """Return whether a task was made by the job that made its phase."""
    made = maker.get(task.phase_id) if task.phase_id else None
    return made is not None and made == task.job_id
