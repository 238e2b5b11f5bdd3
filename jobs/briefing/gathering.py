"""What one user's day holds, read from what they keep: tasks, projects and calendars."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.briefing.hours import DAY, day_begins, place_of
from jobs.briefing.planned import Event, Plan, Project, Task, grouped, on_day
from jobs.kept.calendars import CalendarEntry, events_between
from jobs.kept.projects import ProjectRow, list_projects
from jobs.kept.tasks import TaskRow, open_tasks

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_TASKS = 1_000
MOST_PROJECTS = 1_000
MOST_EVENTS = 200
MONTH = timedelta(days=30)
ACTIVE = "active"


async def gathered(
    session: "AsyncSession", owner: tuple[str, str], day: date, timezone: str
) -> Plan:
    """Return what ``owner`` (org, user) has on a day of their clock."""
    place = place_of(timezone)
    begin, end = day_begins(day, place), day_begins(day + DAY, place)
    tasks = await open_tasks(session, *owner, MOST_TASKS)
    projects = await list_projects(session, *owner, MOST_PROJECTS)
    entries = await events_between(session, *owner, begin, end, MOST_EVENTS)
    return Plan(
        day,
        place,
        grouped(in_hand(tasks, projects), day),
        shown_projects(projects, open_counts(tasks), day),
        on_day(map(event_of, entries), day, place),
    )


def in_hand(tasks: Iterable[TaskRow], projects: Iterable[ProjectRow]) -> list[Task]:
    """Return the tasks that are of no project, or of an active one."""
    names = {project.id: project.name for project in projects if project.status == ACTIVE}
    return [
        Task(
            id=row.id,
            title=row.title,
            status=row.status,
            priority=row.priority,
            starts_on=row.starts_on,
            due_on=row.due_on,
            project=names[row.project_id] if row.project_id else "",
            depends_on=frozenset(row.depends_on),
        )
        for row in tasks
        if row.project_id is None or row.project_id in names
    ]


def open_counts(tasks: Iterable[TaskRow]) -> Counter[UUID]:
    """Return how many open tasks each project has."""
    return Counter(row.project_id for row in tasks if row.project_id is not None)


def shown_projects(
    projects: Iterable[ProjectRow], counts: Counter[UUID], day: date
) -> list[Project]:
    """Return the active projects in which there is something to do, or that are due within a month."""
    return [
        Project(row.name, row.due_on, counts[row.id])
        for row in projects
        if row.status == ACTIVE
        and (counts[row.id] or (row.due_on is not None and row.due_on <= day + MONTH))
    ]


def event_of(entry: CalendarEntry) -> Event:
    """Return a calendar's entry as a brief sees it."""
    return Event(
        title=entry.title,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        all_day=entry.all_day,
        location=entry.location,
        calendar=entry.calendar_name,
    )
