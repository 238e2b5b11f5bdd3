"""Accepted operations carried out in one transaction: all, or none when a task was changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.dumping.operations import (
    NO_PROJECT,
    CompleteTask,
    CreateProject,
    CreateTask,
    DropTask,
    Operation,
    Outcome,
    Proposal,
    Proposed,
    TaskFields,
    UpdateTask,
)
from jobs.errors import Discard
from jobs.ids import derived_uuid7
from jobs.kept.brain_dumps import OwnDump
from jobs.kept.projects import (
    MOST_PROJECTS,
    NewProject,
    count_projects,
    find_project,
    keep_project,
)
from jobs.kept.tasks import (
    MOST_TASKS,
    NewTask,
    TaskRow,
    change_task,
    count_tasks,
    find_tasks,
    keep_tasks,
)

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


class ChangedMeanwhile(Exception):
    """Something that operations are on is no longer as it was proposed; nothing is to be kept."""


@dataclass(slots=True)
class CarryingOut:
    """One proposal within a session. ``run`` raises what makes the session roll back.

    What is made gets its id from the job's and the operation's, so that it cannot be made twice.
    """

    session: "AsyncSession"
    own: OwnDump
    proposal: Proposal
    tasks: dict[UUID, TaskRow] = field(default_factory=dict)
    made: dict[str, UUID] = field(default_factory=dict)

    async def run(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Carry out ``operations``; return what became of each that was proposed.

        Raises ChangedMeanwhile, and Discard when the user would have too many projects or tasks.
        """
        await self._refuse_too_many(operations)
        await self._find_tasks(operations)
        await self._find_projects(operations)
        await self._make_projects(of(CreateProject, operations))
        await self._make_tasks(of(CreateTask, operations))
        for operation in operations:
            await self._change(operation)
        accepted = {operation.id: operation for operation in operations}
        return [self._outcome(one, accepted.get(one.operation.id)) for one in self._proposed]

    @property
    def _proposed(self) -> Sequence[Proposed]:
        return self.proposal.operations

    async def _refuse_too_many(self, operations: Sequence[Operation]) -> None:
        org, user = self.own.org, self.own.user
        projects, tasks = len(of(CreateProject, operations)), len(of(CreateTask, operations))
        if projects and await count_projects(self.session, org, user) + projects > MOST_PROJECTS:
            raise Discard(f"There would be more than {MOST_PROJECTS} projects.", "too_many")
        if tasks and await count_tasks(self.session, org, user) + tasks > MOST_TASKS:
            raise Discard(f"There would be more than {MOST_TASKS} tasks.", "too_many")

    async def _find_tasks(self, operations: Sequence[Operation]) -> None:
        """Look whether the tasks that change are as they were seen, and keep them so."""
        proposed = [self.proposal.by_id[one.id] for one in operations]
        seen = {one.task_id: one.version for one in proposed if one.task_id is not None}
        named = (self.session, self.own.org, self.own.user, sorted(seen))
        self.tasks = {row.id: row for row in await find_tasks(*named, lock=True)}
        if {row.id: row.version for row in self.tasks.values()} != seen:
            raise ChangedMeanwhile

    async def _find_projects(self, operations: Sequence[Operation]) -> None:
        """Look whether the projects that tasks go to are there, and keep them there."""
        wanted = {one.project for one in of(TaskFields, operations)} & self.proposal.projects.keys()
        for project in sorted(wanted):
            ident = UUID(project)
            named = (self.session, self.own.org, self.own.user, ident)
            if await find_project(*named, lock=True) is None:
                raise ChangedMeanwhile
            self.made[project] = ident

    async def _make_projects(self, operations: Sequence[CreateProject]) -> None:
        for one in operations:
            ident = self.made[one.id] = self._id_of(one)
            new = NewProject(
                id=ident,
                org_id=self.own.org,
                user_id=self.own.user,
                name=one.name,
                goal=one.goal,
                due_on=one.due_on,
                job_id=self.own.id,
            )
            await keep_project(self.session, new)

    async def _make_tasks(self, operations: Sequence[CreateTask]) -> None:
        new = [
            NewTask(
                id=self._id_of(one),
                org_id=self.own.org,
                user_id=self.own.user,
                title=one.title,
                project_id=self._project_id(one.project),
                notes=one.notes,
                priority=one.priority,
                due_on=one.due_on,
                position=number,
                job_id=self.own.id,
            )
            for number, one in enumerate(operations)
        ]
        if new:
            await keep_tasks(self.session, new)

    async def _change(self, operation: Operation) -> None:
        """Change the task an operation is on, if it is on any."""
        task_id = self.proposal.by_id[operation.id].task_id
        if task_id is None:
            return
        task = self.tasks[task_id]
        named = (self.session, self.own.org, self.own.user, task.id)
        changes = self._changes(operation, task)
        if await change_task(*named, changes, version=task.version) is None:
            raise ChangedMeanwhile

    def _changes(self, operation: Operation, task: TaskRow) -> dict[str, Any]:
        match operation:
            case CompleteTask():
                return {"status": "done"}
            case DropTask():
                return {"status": "dropped"}
            case UpdateTask():
                return dict(self._updates(operation, task))
        return {}

    def _updates(self, operation: UpdateTask, task: TaskRow) -> Iterator[tuple[str, Any]]:
        """Yield a task as it will be. One that is due before it would begin begins that day.

        It leaves its project only for none, or for one that is there by now.
        """
        for name in ("title", "due_on", "priority", "notes"):
            yield name, getattr(operation, name)
        if task.starts_on and operation.due_on and operation.due_on < task.starts_on:
            yield "starts_on", operation.due_on
        if operation.project == NO_PROJECT or operation.project in self.made:
            yield "project_id", self._project_id(operation.project)

    def _project_id(self, project: str) -> UUID | None:
        """Return a task's project; one that was to be made and was rejected is none."""
        return self.made.get(project)

    def _id_of(self, operation: Operation) -> UUID:
        return derived_uuid7(self.own.id, f"brain_dump.{operation.id}")

    def _outcome(self, proposed: Proposed, accepted: Operation | None) -> Outcome:
        """Return what became of an operation."""
        shown = proposed.operation
        told = {"id": shown.id, "op": shown.op, "about": shown.about}
        if accepted is None:
            return Outcome(**told, outcome="rejected")
        same = {"about": shown.about, "accept": shown.accept}
        return Outcome(
            **told,
            outcome="done",
            changed=accepted.model_copy(update=same) != shown,
            project_id=self._id_of(shown) if isinstance(shown, CreateProject) else None,
            task_id=self._id_of(shown) if isinstance(shown, CreateTask) else proposed.task_id,
        )


def of(shape: Any, operations: Sequence[Operation]) -> list[Any]:
    """Return those operations that have a shape."""
    return [one for one in operations if isinstance(one, shape)]
