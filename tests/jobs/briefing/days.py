"""Days for tests: tasks and events in few words."""

from datetime import UTC, date, datetime
from typing import Any

from jobs.briefing.planned import Event, Task
from jobs.ids import uuid7

TODAY = date(2026, 11, 29)


def at(text: str) -> datetime:
    """Return a moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def task(title: str, due: str = "", **said: Any) -> Task:
    return Task(uuid7(), title, due_on=date.fromisoformat(due) if due else None, **said)


def event(title: str, starts: str, ends: str, **said: Any) -> Event:
    return Event(title, at(starts), at(ends), **said)
