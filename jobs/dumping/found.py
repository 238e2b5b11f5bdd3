"""What the two extractions may find: their shapes, and the JSON Schemas they are asked with."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from jobs.asking.schema import strict
from jobs.kept.brain_dumps import Part
from jobs.providers.text import clean, tidy

MOST_OPERATIONS = 40
MOST_PROJECTS = 10
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


def on_one_line(text: str) -> str:
    """Return text on one line, without what neither Postgres nor a reader can use."""
    return tidy(clean(text, spared="\n\t"))


def storable(text: object) -> object:
    """Return anything, text on one line."""
    return on_one_line(text) if isinstance(text, str) else text


Line = Annotated[str, BeforeValidator(storable)]
Key = Annotated[Line, StringConstraints(max_length=20)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Title = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Reference = Annotated[Line, StringConstraints(max_length=200)]
Topic = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
Words = Annotated[Line, StringConstraints(max_length=2_000)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


class Found(BaseModel):
    """Something that a text says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectFound(Found):
    """A project the text speaks of; ``project`` names one of those that are known, or nothing."""

    project: Key
    name: Name
    goal: Words
    due_on: Day | None


class ContextFound(Found):
    """What a text is about."""

    about: Words
    topics: list[Topic] = Field(max_length=10)
    projects: list[ProjectFound] = Field(max_length=MOST_PROJECTS)


class TaskFound(Found):
    """Something to do, to be changed, done already, or not to be done any more.

    ``task`` names one of those that are known, or nothing for a new one.
    """

    action: Literal["create", "update", "complete", "drop"]
    task: Key
    title: Title
    project: Reference
    due_on: Day | None
    priority: int | None = Field(ge=0, le=3)
    notes: Words


class TasksFound(Found):
    """Everything a text says of things to do."""

    tasks: list[TaskFound] = Field(max_length=MOST_OPERATIONS - MOST_PROJECTS)


SHAPES: Mapping[Part, type[ContextFound | TasksFound]] = {
    "context": ContextFound,
    "tasks": TasksFound,
}

TEXT = {"type": "string"}
DAY = {"type": ["string", "null"], "description": "YYYY-MM-DD, null when the text names none"}
PROJECT = strict(
    {
        "project": TEXT | {"description": "P1, P2, … of a known project; empty for a new one"},
        "name": TEXT | {"description": "At most 200 characters"},
        "goal": TEXT | {"description": "What it is for, in the text's words; may be empty"},
        "due_on": DAY,
    }
)
TASK = strict(
    {
        "action": {"type": "string", "enum": ["create", "update", "complete", "drop"]},
        "task": TEXT | {"description": "T1, T2, … of a known task; empty for a new one"},
        "title": TEXT | {"description": "A few words that begin with a verb"},
        "project": TEXT | {"description": "P1, P2, … or a new project's name; may be empty"},
        "due_on": DAY,
        "priority": {
            "type": ["integer", "null"],
            "description": "3 urgent, 2 high, 1 normal, 0 low",
        },
        "notes": TEXT | {"description": "What else the text says of it; may be empty"},
    }
)
SCHEMAS: Mapping[Part, dict[str, Any]] = {
    "context": strict(
        {
            "about": TEXT | {"description": "One short sentence"},
            "topics": {"type": "array", "items": TEXT},
            "projects": {"type": "array", "items": PROJECT},
        }
    ),
    "tasks": strict({"tasks": {"type": "array", "items": TASK}}),
}
