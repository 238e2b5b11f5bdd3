"""Both extractions together, checked against what there is to do: operations, and what is left out."""

import re
from collections.abc import Iterator
from uuid import UUID

from jobs.dumping.found import MOST_OPERATIONS, ContextFound, ProjectFound, TaskFound, TasksFound
from jobs.dumping.known import OPEN, Known, KnownTask
from jobs.dumping.lines import NORMAL
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
    about_task,
)
from jobs.dumping.wording import about_change

MOST_NOTES = 10_000
KEY = re.compile(r"[PpTt]\d+")
"""What a model calls a thing that is known; it may remember wrongly."""


class Unusable(Exception):
    """Something that was found and cannot be proposed; the message says why."""


def merged(context: ContextFound, tasks: TasksFound, known: Known) -> Proposal:
    """Return what is proposed: projects first, then what belongs to them, in the order of the text."""
    merging = Merge(known)
    for project in context.projects:
        merging.take_project(project)
    for task in tasks.tasks:
        merging.take_task(task)
    return merging.proposal


class Merge:
    """Numbers operations as they come; names are compared without case and spaces."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._operations: list[Proposed] = []
        self._left_out: list[LeftOut] = []
        self._tasks = {task.key: task for task in known.tasks}
        self._projects = dict(self._named_projects())
        self._titles = {folded(task.title) for task in known.tasks if task.status in OPEN}
        self._touched: set[UUID] = set()

    @property
    def proposal(self) -> Proposal:
        """Return everything that was taken."""
        projects = {str(one.id): one.name for one in self._known.projects}
        return Proposal(operations=self._operations, left_out=self._left_out, projects=projects)

    def take_project(self, found: ProjectFound) -> None:
        """Take a project the text speaks of: a known one is only known by one more name."""
        there = self._projects.get(folded(found.project)) or self._projects.get(folded(found.name))
        if there is None:
            self._new_project(found)
        else:
            self._projects.setdefault(folded(found.name), there)

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
        if found.action == "update":
            return self._changed(found, task), task
        if found.action == "complete":
            return CompleteTask(
                op="complete_task", id=self._next, about=f"Done: {task.title}"
            ), task
        return DropTask(op="drop_task", id=self._next, about=f"Drop: {task.title}"), task

    def _new_project(self, found: ProjectFound) -> str:
        if len(self._operations) >= MOST_OPERATIONS:
            return NO_PROJECT
        about = about_task("New project", found.name, found.due_on, NORMAL, "")
        new = CreateProject(
            op="create_project",
            id=self._next,
            about=about,
            name=found.name,
            goal=found.goal,
            due_on=found.due_on,
        )
        self._projects[folded(found.name)] = new.id
        self._add(new)
        return new.id

    def _new_task(self, found: TaskFound) -> CreateTask:
        if folded(found.title) in self._titles:
            raise Unusable("it is on the list already")
        project = self._project(found.project)
        self._titles.add(folded(found.title))
        priority = NORMAL if found.priority is None else found.priority
        name = self._name_of(project)
        return CreateTask.model_validate(
            {
                "op": "create_task",
                "id": self._next,
                "about": about_task("New task", found.title, found.due_on, priority, name),
                "title": found.title,
                "project": project,
                "due_on": found.due_on,
                "priority": priority,
                "notes": found.notes,
            }
        )

    def _changed(self, found: TaskFound, task: KnownTask) -> UpdateTask:
        """Return a task as it will be: what the text leaves out stays, its notes come below the old."""
        before = {
            "title": task.title,
            "project": self._place_of(task),
            "due_on": task.due_on,
            "priority": task.priority,
            "notes": task.notes,
        }
        after = {
            "title": found.title,
            "project": self._project(found.project) or before["project"],
            "due_on": found.due_on or task.due_on,
            "priority": task.priority if found.priority is None else found.priority,
            "notes": added(task.notes, found.notes),
        }
        if after == before:
            raise Unusable("nothing changes")
        about = about_change(before, after, self._name_of(str(after["project"])))
        return UpdateTask.model_validate(
            {"op": "update_task", "id": self._next, "about": about, **after}
        )

    def _free_task(self, found: TaskFound) -> KnownTask:
        """Return the task an operation is on. Raises Unusable."""
        task = self._tasks.get(found.task.upper()) or self._titled(found.title)
        if task is None:
            raise Unusable("there is no such task")
        if task.status not in OPEN:
            raise Unusable(f"it is {task.status} already")
        if task.id in self._touched:
            raise Unusable("something else is proposed for the same task")
        return task

    def _titled(self, title: str) -> KnownTask | None:
        alike = [task for task in self._known.tasks if folded(task.title) == folded(title)]
        return alike[0] if len(alike) == 1 else None

    def _project(self, name: str) -> str:
        """Return what a task's project is: one that is there or proposed, or else a new one."""
        there = self._projects.get(folded(name))
        if there is not None:
            return there
        if not name or KEY.fullmatch(name):
            return NO_PROJECT
        return self._new_project(ProjectFound(project="", name=name, goal="", due_on=None))

    def _place_of(self, task: KnownTask) -> str:
        """Return a task's project; one that no longer goes on may stay, too."""
        return str(task.project_id) if task.project_id else NO_PROJECT

    def _name_of(self, project: str) -> str:
        """Return a project's name, empty for none."""
        return self.proposal.project_labels.get(project, "") if project else ""

    def _named_projects(self) -> Iterator[tuple[str, str]]:
        for project in reversed(self._known.projects):  # of two of one name the first counts
            yield folded(project.name), str(project.id)
        for project in self._known.projects:
            yield folded(project.key), str(project.id)

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


def folded(name: str) -> str:
    """Return a name as it is compared with others."""
    return " ".join(name.split()).casefold().rstrip(".!")


def added(notes: str, more: str) -> str:
    """Return notes with more of them below, if there is room and they do not say so already."""
    if not more or more in notes:
        return notes
    both = f"{notes}\n\n{more}" if notes else more
    return both if len(both) <= MOST_NOTES else notes
