"""What must come back from the model: what it makes of somebody, and projects it would begin."""

from collections import Counter
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from jobs.asking.schema import nullable, strict, texts, words
from jobs.asking.words import Name, Notes, Title, storable
from jobs.providers.llm_structured import Unfit

MOST_PROJECTS = 6
MOST_TASKS_EACH = 8
MOST_WEEKS = 104
MOST_MINUTES = 10_000

Words = Annotated[str, StringConstraints(max_length=1_000), BeforeValidator(storable)]
Points = Annotated[list[Title], Field(max_length=10)]


class About(BaseModel):
    """What the answers say of somebody."""

    summary: Annotated[Words, Field(min_length=1)]
    role: Annotated[str, StringConstraints(max_length=200), BeforeValidator(storable)]
    goals: Points
    interests: Points
    strengths: Points
    challenges: Points
    working_style: Words
    hours_per_week: int | None = Field(ge=1, le=168)


class FirstTask(BaseModel):
    """One thing to begin with. ``due_in_days`` is counted from the day the project is accepted."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    notes: Notes
    priority: int = Field(ge=0, le=3)
    estimate_minutes: int | None = Field(ge=1, le=MOST_MINUTES)
    due_in_days: int | None = Field(ge=0, le=7 * MOST_WEEKS)


class Idea(BaseModel):
    """A project that would fit. ``weeks`` is how long it takes."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Notes
    goal: Notes
    reason: Words
    weeks: int | None = Field(ge=1, le=MOST_WEEKS)
    tasks: list[FirstTask] = Field(min_length=1, max_length=MOST_TASKS_EACH)


class Portrait(About):
    """An answer as it must come back."""

    model_config = ConfigDict(extra="forbid")

    projects: list[Idea] = Field(min_length=1, max_length=MOST_PROJECTS)


def read_portrait(value: Any, most_projects: int) -> Portrait:
    """Return the portrait in an answer. Raises Unfit or pydantic's ValidationError."""
    portrait = Portrait.model_validate(value)
    if problems := problems_of(portrait, most_projects):
        raise Unfit(problems)
    return portrait


def problems_of(portrait: Portrait, most_projects: int) -> list[str]:
    """Return a sentence for everything that is wrong beyond its shape, with where it is."""
    found = []
    if len(portrait.projects) > most_projects:
        found.append(
            f"projects: {len(portrait.projects)} of them, at most {most_projects} are allowed"
        )
    names = Counter(project.name.casefold() for project in portrait.projects)
    found += [f"projects: {name!r} is there twice" for name, times in names.items() if times > 1]
    return found + [
        f"projects.{i}.tasks.{j}.due_in_days: {task.due_in_days} is after the project's {days} days"
        for i, project in enumerate(portrait.projects)
        for j, task in enumerate(project.tasks)
        if (days := 7 * (project.weeks or MOST_WEEKS)) < (task.due_in_days or 0)
    ]


def schema_for(most_projects: int) -> dict[str, Any]:
    """Return the strict JSON Schema of a portrait.

    Strict mode takes no lengths; they are in the descriptions, and checked when the answer is read.
    """
    points = "At most 10, each at most 300 characters"
    about = {
        "summary": words("Two or three sentences about them; at most 1,000 characters"),
        "role": words("What they do, at most 200 characters; may be empty"),
        **{name: texts(points) for name in ("goals", "interests", "strengths", "challenges")},
        "working_style": words("How they like to work; at most 1,000 characters; may be empty"),
        "hours_per_week": nullable("integer", "What they can give, 1 to 168"),
    }
    projects = f"1 to {most_projects}, the best first"
    ideas = {"type": "array", "items": idea_schema(), "description": projects}
    return strict({**about, "projects": ideas})


def idea_schema() -> dict[str, Any]:
    """Return the schema of one project."""
    task = {
        "title": words("At most 300 characters, begins with a verb"),
        "notes": words("At most 2,000 characters, may be empty"),
        "priority": {"type": "integer", "description": "0 to 3, 3 is most urgent"},
        "estimate_minutes": nullable("integer", f"1 to {MOST_MINUTES}"),
        "due_in_days": nullable("integer", "Days after the beginning, within the project's weeks"),
    }
    tasks = f"1 to {MOST_TASKS_EACH}, in order"
    return strict(
        {
            "name": words("At most 200 characters"),
            "description": words("At most 2,000 characters"),
            "goal": words("How they will know that it is done; at most 2,000 characters"),
            "reason": words("Why it fits them, by what they said; at most 1,000 characters"),
            "weeks": nullable("integer", f"How long it takes, 1 to {MOST_WEEKS}"),
            "tasks": {"type": "array", "items": strict(task), "description": tasks},
        }
    )
