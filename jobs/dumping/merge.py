"""Both extractions together, checked against what there is to do: operations, and what is left out."""

from typing import Any
from uuid import UUID

from jobs.dumping.found import MOST_OPERATIONS, ContextFound, ProjectFound, TaskFound, TasksFound
from jobs.dumping.known import OPEN, Known, KnownTask
from jobs.dumping.lines import NORMAL
from jobs.dumping.names import SHORT, Names
from jobs.dumping.operations import (
    NO_PROJECT,
    CompleteTask,
    CreateProject,
    CreateTask,
    DropTask,
    LeftOut,
    Operation,
    Proposal,
    Proposed,
    UpdateTask,
)
from jobs.dumping.wording import about_change, about_new

MOST_NOTES = 10_000


class Unusable(Exception):
    """Something that was found and cannot be proposed; the message says why."""


def merged(context: ContextFound, tasks: TasksFound, known: Known) -> Proposal:
    """Return what is proposed: projects first, then what there is to do, in the order of the text."""
    merging = Merge(known)
    for project in context.projects:
        merging.take_project(project)
    for task in tasks.tasks:
        merging.take_task(task)
    return merging.proposal


class Merge:
    """Numbers operations as they come."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._names = Names(known)
        self._operations: list[Proposed] = []
        self._left_out: list[LeftOut] = []
        self._touched: set[UUID] = set()

    @property
    def proposal(self) -> Proposal:
        """Return everything that was taken."""
        projects = {str(one.id): one.name for one in self._known.projects}
        return Proposal(operations=self._operations, left_out=self._left_out, projects=projects)

    def take_project(self, found: ProjectFound) -> None:
        """Take a project the text speaks of: a known one is only known by one more name."""
        there = self._names.project(found.project) or self._names.project(found.name)
        if there is None:
            self._new_project(found)
        else:
            self._names.call_project(found.name, there)

    def take_task(self, found: TaskFound) -> None:
        """Take something to do, or note why not."""
        try:
            if len(self._operations) >= MOST_OPERATIONS:
                raise Unusable(f"there are {MOST_OPERATIONS} operations already")
            self._add(*self._operation(found))
        except Unusable as error:
            self._left_out.append(LeftOut(title=found.title, reason=str(error)))

    def _operation(self, found: TaskFound) -> tuple[Operation, KnownTask | None]:
        if found.action == "create":
            return self._new_task(found), None
        task = self._free_task(found)
        title = task.title
        match found.action:
            case "update":
                return self._changed(found, task), task
            case "complete":
                done = CompleteTask(op="complete_task", id=self._next, about=f"Done: {title}")
                return done, task
            case "drop":
                return DropTask(op="drop_task", id=self._next, about=f"Drop: {title}"), task

    def _new_project(self, found: ProjectFound) -> str:
        """Propose a project, if there is room for it and for a task of it."""
        if len(self._operations) + 1 >= MOST_OPERATIONS:
            return NO_PROJECT
        given = found.model_dump(exclude={"project"})
        about = about_new("project", found.name, found.due_on, NORMAL, "")
        new = CreateProject(op="create_project", id=self._next, about=about, **given)
        self._names.call_project(found.name, new.id)
        self._add(new)
        return new.id

    def _new_task(self, found: TaskFound) -> CreateTask:
        if not self._names.take_title(found.title):
            raise Unusable("it is on the list already")
        priority: Any = NORMAL if found.priority is None else found.priority
        project = self._project(found.project)
        name = self._name_of(project)
        return CreateTask(
            op="create_task",
            id=self._next,
            about=about_new("task", found.title, found.due_on, priority, name),
            title=found.title,
            project=project,
            due_on=found.due_on,
            priority=priority,
            notes=found.notes,
        )

    def _changed(self, found: TaskFound, task: KnownTask) -> UpdateTask:
        """Return a task as it will be: what the text leaves out stays, its notes come below the old."""
        before: dict[str, Any] = {
            name: getattr(task, name) for name in ("title", "due_on", "priority", "notes")
        }
        before["project"] = str(task.project_id) if task.project_id else NO_PROJECT
        after: dict[str, Any] = {
            "title": found.title,
            "project": self._project(found.project) or before["project"],
            "due_on": found.due_on or task.due_on,
            "priority": task.priority if found.priority is None else found.priority,
            "notes": added(task.notes, found.notes),
        }
        if after == before:
            raise Unusable("nothing changes")
        about = about_change(before, after, self._name_of(after["project"]))
        return UpdateTask(op="update_task", id=self._next, about=about, **after)

    def _free_task(self, found: TaskFound) -> KnownTask:
        """Return the task an operation is on. Raises Unusable."""
        task = self._names.task(found.task, found.title)
        if task is None:
            raise Unusable("there is no such task")
        if task.status not in OPEN:
            raise Unusable(f"it is {task.status} already")
        if task.id in self._touched:
            raise Unusable("something else is proposed for the same task")
        return task

    def _project(self, name: str) -> str:
        """Return what a task's project is: one that is there or proposed, or else a new one."""
        there = self._names.project(name)
        if there is not None:
            return there
        if not name or SHORT.fullmatch(name):
            return NO_PROJECT
        return self._new_project(ProjectFound(project="", name=name, goal="", due_on=None))

    def _name_of(self, project: str) -> str:
        """Return a project's name, empty for none."""
        return self.proposal.project_labels.get(project, "") if project else ""

    @property
    def _next(self) -> str:
        return f"op{len(self._operations) + 1}"

    def _add(self, operation: Operation, task: KnownTask | None = None) -> None:
        if task is None:
            self._operations.append(Proposed(operation=operation))
            return
        self._touched.add(task.id)
        self._operations.append(
            Proposed(operation=operation, task_id=task.id, version=task.version)
        )


def added(notes: str, more: str) -> str:
    """Return notes with more of them below, if there is room and they do not say so already."""
    if not more or more in notes:
        return notes
    both = f"{notes}\n\n{more}" if notes else more
    return both if len(both) <= MOST_NOTES else notes
