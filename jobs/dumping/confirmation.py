"""The form a person answers: the list of operations as they shall be carried out."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jobs.dumping.found import MOST_OPERATIONS
from jobs.dumping.operations import Operation, Proposal, TaskFields


class Confirmation(BaseModel):
    """What shall be done: an operation that is not in the list, or not accepted, is rejected.

    Each stands for itself: what it leaves out is empty.
    """

    model_config = ConfigDict(extra="forbid")

    operations: list[Operation] = Field(
        max_length=MOST_OPERATIONS, json_schema_extra={"x-review": True}
    )

    @property
    def accepted(self) -> list[Operation]:
        """Return what shall be done."""
        return [operation for operation in self.operations if operation.accept]


def confirmation_of(proposal: Proposal) -> type[Confirmation]:
    """Return the model of an answer to a proposal; the list left out means all of it as proposed."""
    proposed = [one.operation for one in proposal.operations]

    class Asked(Confirmation):
        operations: list[Operation] = Field(
            default_factory=lambda: list(proposed),
            max_length=MOST_OPERATIONS,
            json_schema_extra={"x-review": True},
        )

        @model_validator(mode="after")
        def fits(self) -> Self:
            check(self.operations, proposal)
            return self

        @classmethod
        def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
            schema = super().model_json_schema(*args, **options)
            return with_choices(schema, proposal)

    return Asked


def check(operations: Sequence[Operation], proposal: Proposal) -> None:
    """Raise ValueError for operations that were not proposed, come twice, or have no such project."""
    seen: set[str] = set()
    for operation in operations:
        proposed = proposal.by_id.get(operation.id)
        if proposed is None or proposed.operation.op != operation.op:
            raise ValueError(f"{operation.id}: there is no such operation {operation.op}")
        if operation.id in seen:
            raise ValueError(f"{operation.id}: it comes twice")
        seen.add(operation.id)
        if isinstance(operation, TaskFields) and operation.project not in choices(proposal):
            raise ValueError(f"{operation.id}: there is no such project")


def choices(proposal: Proposal) -> dict[str, str]:
    """Return what may be chosen as a task's project, with what people read; what is proposed may stay."""
    labels = proposal.project_labels
    for one in proposal.operations:
        if isinstance(one.operation, TaskFields):
            labels.setdefault(one.operation.project, "As it is")
    return labels


def with_choices(schema: dict[str, Any], proposal: Proposal) -> dict[str, Any]:
    """Return the schema with what is proposed, and with the projects there are to choose from."""
    labels = choices(proposal)
    for shape in schema.get("$defs", {}).values():
        project = shape.get("properties", {}).get("project")
        if project is not None:
            project.update({"enum": list(labels), "x-labels": labels})
            project.pop("maxLength", None)
    proposed = [one.operation.model_dump(mode="json") for one in proposal.operations]
    schema["title"] = "Confirmation"
    schema["properties"]["operations"]["default"] = proposed
    return schema
