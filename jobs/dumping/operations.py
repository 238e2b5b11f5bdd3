"""What may be proposed: operations as a person reads, changes and accepts them, and what each is about."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from jobs.dumping.lines import NORMAL, PRIORITIES
from jobs.providers.text import clean

NO_PROJECT = ""
READ_ONLY: JsonDict = {"readOnly": True}
LABELS: JsonDict = {str(number): label for number, label in enumerate(PRIORITIES)}


def ordered(schema: dict[str, Any]) -> None:
    """Name the order of the fields: JSON in Postgres keeps none."""
    schema["x-order"] = list(schema.get("properties", {}))


def storable(text: object) -> object:
    """Return text without what Postgres cannot hold."""
    return clean(text, spared="\n\t").strip() if isinstance(text, str) else text


Line = Annotated[str, BeforeValidator(storable)]
Title = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Goal = Annotated[Line, StringConstraints(max_length=2_000)]
Notes = Annotated[Line, StringConstraints(max_length=10_000)]
Priority = Annotated[
    Literal[0, 1, 2, 3], Field(title="Priority", json_schema_extra={"x-labels": LABELS})
]


class Step(BaseModel):
    """One operation. With ``accept`` false it is not carried out."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=ordered)

    id: str = Field(max_length=10, json_schema_extra=READ_ONLY)
    about: str = Field("", max_length=1_000, json_schema_extra=READ_ONLY)
    accept: bool = True


class TaskFields(BaseModel):
    """What a person may change of a task that is made or changed."""

    title: Title
    project: str = Field(NO_PROJECT, max_length=100)
    due_on: date | None = Field(None, title="Due")
    priority: Priority = NORMAL
    notes: Notes = ""


class CreateProject(Step):
    """A new project."""

    op: Literal["create_project"]
    name: Name
    goal: Goal = ""
    due_on: date | None = Field(None, title="Due")


class CreateTask(Step, TaskFields):
    """A new task, in a project of the user's (its id), in one made with it (its operation), or in none."""

    op: Literal["create_task"]


class UpdateTask(Step, TaskFields):
    """A task as it will be."""

    op: Literal["update_task"]


class CompleteTask(Step):
    """A task that is done."""

    op: Literal["complete_task"]


class DropTask(Step):
    """A task that is given up."""

    op: Literal["drop_task"]


Operation = Annotated[
    CreateProject | CreateTask | UpdateTask | CompleteTask | DropTask, Field(discriminator="op")
]


class Proposed(BaseModel):
    """An operation as it was proposed; ``task_id`` is the task it is on, ``version`` how that was seen."""

    model_config = ConfigDict(frozen=True)

    operation: Operation
    task_id: UUID | None = None
    version: int | None = None


class Outcome(BaseModel):
    """What became of an operation that was proposed."""

    model_config = ConfigDict(frozen=True)

    about: str = Field(description="As it was proposed")
    outcome: Literal["done", "rejected"]
    changed: bool = Field(False, description="Whether it was done otherwise than proposed")
    op: str
    id: str
    project_id: UUID | None = Field(None, description="The project that was made")
    task_id: UUID | None = Field(None, description="The task that was made or changed")


class LeftOut(BaseModel):
    """Something that was found and is not proposed, with why."""

    model_config = ConfigDict(frozen=True)

    title: str
    reason: str


class Proposal(BaseModel):
    """What is proposed at once. ``projects`` are those it may choose from, by id, besides its own."""

    model_config = ConfigDict(frozen=True)

    operations: list[Proposed]
    left_out: list[LeftOut]
    projects: dict[str, str]

    @property
    def by_id(self) -> dict[str, Proposed]:
        """Return the operations by their ids."""
        return {one.operation.id: one for one in self.operations}

    @property
    def project_labels(self) -> dict[str, str]:
        """Return what a task's project may be, with what people read."""
        new = {
            one.operation.id: f"{one.operation.name} (new)"
            for one in self.operations
            if isinstance(one.operation, CreateProject)
        }
        return {NO_PROJECT: "No project", **new, **self.projects}
