"""Tasks, projects and events as they matter on one day: sorted into groups, by nothing but dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jobs.briefing.hours import day_begins

DAY = timedelta(days=1)
SOON = timedelta(days=7)
URGENT = 2
DOING = "doing"


@dataclass(frozen=True, slots=True)
class Task:
    """A task that is not done. ``priority`` is 0 to 3, 3 the most urgent."""

    id: UUID
    title: str
    status: str = "open"
    priority: int = 0
    starts_on: date | None = None
    due_on: date | None = None
    project: str = ""
    depends_on: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Project:
    """An active project, with how many of its tasks are open."""

    name: str
    due_on: date | None = None
    open_tasks: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something in a calendar."""

    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    location: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    """Open tasks by what they mean for a day; each is in one group only."""

    overdue: Sequence[Task] = ()
    due: Sequence[Task] = ()
    doing: Sequence[Task] = ()
    soon: Sequence[Task] = ()
    urgent: Sequence[Task] = ()

    @property
    def count(self) -> int:
        """Return how many tasks there are in all groups."""
        groups = (self.overdue, self.due, self.doing, self.soon, self.urgent)
        return sum(map(len, groups))


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a brief tells of one day."""

    day: date
    place: ZoneInfo
    tasks: Groups = field(default_factory=Groups)
    projects: Sequence[Project] = ()
    events: Sequence[Event] = ()


def grouped(tasks: Iterable[Task], day: date) -> Groups:
    """Sort tasks into groups; what has no say on that day is in none."""
    found: dict[str, list[Task]] = {}
    every = list(tasks)
    open_ids = {task.id for task in every}
    for task in every:
        if name := group_of(task, day, blocked=bool(task.depends_on & open_ids)):
            found.setdefault(name, []).append(task)
    for name in ("overdue", "soon"):
        found.get(name, []).sort(key=lambda task: (task.due_on or day, -task.priority))
    return Groups(**found)


def group_of(task: Task, day: date, *, blocked: bool) -> str | None:
    """Return the group of a task. One that waits for another is only told of when it is due."""
    if task.due_on is not None and task.due_on <= day:
        return "overdue" if task.due_on < day else "due"
    if task.status == DOING:
        return "doing"
    if blocked or (task.starts_on is not None and task.starts_on > day):
        return None
    if task.due_on is not None and task.due_on <= day + SOON:
        return "soon"
    return "urgent" if task.priority >= URGENT else None


def on_day(events: Iterable[Event], day: date, place: ZoneInfo) -> list[Event]:
    """Return the events of a day on one clock, those of the whole day first, then by their time."""
    begin, end = day_begins(day, place), day_begins(day + DAY, place)
    found = [event for event in events if concerns(event, begin, end)]
    return sorted(found, key=lambda event: (not event.all_day, event.starts_at, event.title))


def concerns(event: Event, begin: datetime, end: datetime) -> bool:
    """Return whether an event is on a day; one of a whole day, elsewhere, when it covers half of it."""
    if not event.all_day:
        return event.starts_at < end and (event.ends_at > begin or event.starts_at >= begin)
    covered = min(event.ends_at, end) - max(event.starts_at, begin)
    return covered * 2 >= end - begin
