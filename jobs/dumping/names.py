"""By what names a text may call what there is to do: short names, and names without regard to case."""

import re

from jobs.dumping.known import OPEN, Known, KnownTask

SHORT = re.compile(r"[PpTt]\d+")
"""What a model calls a thing that is known; it may remember wrongly."""


class Names:
    """Finds what is known, and what was proposed meanwhile."""

    def __init__(self, known: Known) -> None:
        self._tasks = {task.key: task for task in known.tasks}
        self._titles = {folded(task.title) for task in known.tasks if task.status in OPEN}
        self._projects: dict[str, str] = {}
        for project in known.projects:
            self.call_project(project.key, str(project.id))
        for project in known.projects:  # of two of one name the first counts
            self.call_project(project.name, str(project.id))

    def project(self, name: str) -> str | None:
        """Return a project's id, or the operation that makes it."""
        return self._projects.get(folded(name))

    def call_project(self, name: str, project: str) -> None:
        """Call a project by one more name, if that is no other's."""
        self._projects.setdefault(folded(name), project)

    def task(self, key: str, title: str) -> KnownTask | None:
        """Return a task by its short name, or by a title that no other has."""
        if found := self._tasks.get(key.upper()):
            return found
        alike = [task for task in self._tasks.values() if folded(task.title) == folded(title)]
        return alike[0] if len(alike) == 1 else None

    def take_title(self, title: str) -> bool:
        """Give a title to a new task; False when there is such a task already."""
        taken = folded(title) in self._titles
        self._titles.add(folded(title))
        return not taken


def folded(name: str) -> str:
    """Return a name as it is compared with others."""
    return " ".join(name.split()).casefold().rstrip(".!")
