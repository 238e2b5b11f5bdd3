"""A plan as it must come back from the model: its schema, and its shape."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jobs.asking.schema import nullable, strict, texts, words
from jobs.asking.words import Name, Notes, Title

MOST_PHASES = 26
MOST_TASKS_EACH = 12
MOST_TASKS = 120
MOST_MINUTES = 10_000

Key = Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]


class PlannedTask(BaseModel):
    """One thing to do. ``key`` names it within the plan."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    notes: Notes
    priority: int = Field(ge=0, le=3)
    estimate_minutes: int | None = Field(ge=1, le=MOST_MINUTES)
    starts_on: date | None
    due_on: date
    depends_on: list[Key] = Field(max_length=20)


class PlannedPhase(BaseModel):
    """A part of the project with what is to be done in it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    goal: Notes
    starts_on: date
    due_on: date
    tasks: list[PlannedTask] = Field(min_length=1, max_length=MOST_TASKS_EACH)


class Plan(BaseModel):
    """A project's phases, in order."""

    model_config = ConfigDict(extra="forbid")

    phases: list[PlannedPhase] = Field(min_length=1, max_length=MOST_PHASES)

    @property
    def tasks(self) -> list[PlannedTask]:
        """Return all tasks, in order."""
        return [task for phase in self.phases for task in phase.tasks]


def schema_for(most_phases: int) -> dict[str, Any]:
    """Return the strict JSON Schema of a plan.

    Strict mode takes no lengths; they are in the descriptions, and checked when the answer is read.
    """
    task = {
        "key": words("Names this task for others' depends_on: t1, t2, … in the whole plan"),
        "title": words("At most 300 characters, begins with a verb"),
        "notes": words("At most 2,000 characters, may be empty"),
        "priority": {"type": "integer", "description": "0 to 3, 3 is most urgent"},
        "estimate_minutes": nullable("integer", f"1 to {MOST_MINUTES}"),
        "starts_on": nullable("string", "YYYY-MM-DD, within the phase"),
        "due_on": words("YYYY-MM-DD, within the phase"),
        "depends_on": texts("Keys of tasks to be done before"),
    }
    tasks = f"1 to {MOST_TASKS_EACH}, in order"
    phase = {
        "name": words("At most 200 characters"),
        "goal": words("What is there at its end; at most 2,000 characters"),
        "starts_on": words("YYYY-MM-DD"),
        "due_on": words("YYYY-MM-DD"),
        "tasks": {"type": "array", "items": strict(task), "description": tasks},
    }
    phases = f"1 to {most_phases}, in order"
    return strict({"phases": {"type": "array", "items": strict(phase), "description": phases}})
