"""The brief as it reads without a model: a title, a sentence, and what there is, in Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jobs.briefing.hours import DAY, day_begins
from jobs.briefing.markdown import inline, several
from jobs.briefing.planned import Event, Plan, Project, Task

MOST_LINES = 10
MOST_TITLE = 120
MOST_NAME = 60
FREE = "Nothing is planned for today."


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around the facts of a brief; plain text, one line each."""

    title: str
    opening: str
    focus: Sequence[str] = ()
    closing: str = ""


def plain_words(plan: Plan) -> Words:
    """Return the words of a brief that no model has worded."""
    told = counted(plan)
    opening = f"{told[:1].upper()}{told[1:]}." if told else FREE
    return Words(f"{day_name(plan.day)}: {told or 'a free day'}", opening)


def markdown(plan: Plan, words: Words) -> str:
    """Return a brief: the words, and the facts as they are."""
    parts = [
        f"**{long_day(plan.day)}**",
        inline(words.opening, 1_000),
        section("Focus", [inline(line, 300) for line in words.focus]),
        section("Calendar", [event_line(event, plan) for event in plan.events]),
        *tasks(plan),
        section("Projects", [project_line(one, plan.day) for one in plan.projects]),
        inline(words.closing, 300),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def tasks(plan: Plan) -> list[str]:
    """Return the groups of tasks, each under its heading."""
    groups = plan.tasks
    lists: tuple[tuple[str, Sequence[Task], Callable[[Task], str]], ...] = (
        ("Overdue", groups.overdue, lambda task: late(task, plan.day)),
        ("Due today", groups.due, lambda _: ""),
        ("In hand", groups.doing, lambda task: due(task.due_on, plan.day)),
        ("In the next days", groups.soon, lambda task: due(task.due_on, plan.day)),
        ("Urgent, without a date", groups.urgent, lambda _: ""),
    )
    return [
        section(heading, [task_line(one, told(one)) for one in found])
        for heading, found, told in lists
    ]


def section(heading: str, lines: list[str]) -> str:
    """Return a list under its heading; nothing for an empty one."""
    return "\n".join([f"## {heading}", "", *several(lines, MOST_LINES)]) if lines else ""


def event_line(event: Event, plan: Plan) -> str:
    """Return an event with its hours on the reader's clock."""
    where = f" · {inline(event.location, MOST_NAME)}" if event.location else ""
    return f"**{hours(event, plan)}** {inline(event.title, MOST_TITLE) or 'Busy'}{where}"


def hours(event: Event, plan: Plan) -> str:
    """Return when an event is; what goes over midnight has one end on the day only."""
    begin, end = day_begins(plan.day, plan.place), day_begins(plan.day + DAY, plan.place)
    before, beyond = event.starts_at < begin, event.ends_at > end
    if event.all_day or (before and beyond):
        return "All day"
    if before:
        return f"until {clock(event.ends_at, plan)}"
    starts = clock(event.starts_at, plan)
    if beyond:
        return f"from {starts}"
    return starts if event.ends_at == event.starts_at else f"{starts}–{clock(event.ends_at, plan)}"


def clock(moment: datetime, plan: Plan) -> str:
    """Return what the reader's clock shows."""
    return f"{moment.astimezone(plan.place):%H:%M}"


def task_line(task: Task, told: str) -> str:
    """Return a task, what is told of its date, and its project."""
    project = inline(task.project, MOST_NAME)
    parts = [inline(task.title, MOST_TITLE), told, f"*{project}*" if project else ""]
    return " · ".join(part for part in parts if part)


def project_line(project: Project, day: date) -> str:
    """Return a project, how much is open in it, and when it is due."""
    count = f"{number(project.open_tasks, 'open task')}" if project.open_tasks else "no open task"
    parts = [f"**{inline(project.name, MOST_NAME)}**", count, due(project.due_on, day)]
    return " · ".join(part for part in parts if part)


def late(task: Task, day: date) -> str:
    """Return since when a task is overdue."""
    days = (day - (task.due_on or day)).days
    return f"since {short_day(task.due_on or day)}, {number(days, 'day')}"


def due(when: date | None, day: date) -> str:
    """Return when something is due, seen from ``day``."""
    if when is None:
        return ""
    if when < day:
        return f"was due {short_day(when)}"
    if when == day:
        return "due today"
    return "due tomorrow" if when - day == timedelta(days=1) else f"due {short_day(when)}"


def counted(plan: Plan) -> str:
    """Return in a few words how much there is; empty when there is nothing."""
    groups, events = plan.tasks, len(plan.events)
    rest = groups.count - len(groups.overdue) - len(groups.due)
    parts = [
        number(events, "event") if events else "",
        f"{number(len(groups.due), 'task')} due" if groups.due else "",
        f"{len(groups.overdue)} overdue" if groups.overdue else "",
        f"{rest} more to look at" if rest and (events or groups.due or groups.overdue) else "",
    ]
    told = ", ".join(part for part in parts if part)
    return told or (f"{number(rest, 'task')} to look at" if rest else "")


def number(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def day_name(day: date) -> str:
    """Return a day as titles have it."""
    return f"{day:%A}, {short_day(day)}"


def long_day(day: date) -> str:
    """Return a day in full."""
    return f"{day_name(day)} {day.year}"


def short_day(day: date) -> str:
    """Return a day without its year."""
    return f"{day.day} {day:%B}"
