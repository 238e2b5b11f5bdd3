"""How brain dumps look from outside: in a list by their beginning, alone with all that came of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from jobs.dumping.found import ProjectFound, TaskFound
from jobs.dumping.lines import items, strings
from jobs.dumping.operations import LeftOut, Operation, Outcome, Proposal
from jobs.page import Page
from jobs.providers.llm_usage import Usage
from jobs.resource import Resource
from jobs.store.brain_dumps import BrainDumpLine, BrainDumpWhole

Status = Literal[
    "reading", "waiting", "done", "rejected", "nothing_found", "expired", "failed", "cancelled"
]


class BrainDumpSummary(Resource):
    """A brain dump in a list."""

    id: UUID = Field(description="Also the id of the job that reads it")
    status: Status
    beginning: str = Field(description="Of the text")
    operations: int = Field(description="How many were proposed")
    done: int = Field(description="How many were carried out")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: BrainDumpLine) -> "BrainDumpSummary":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)


class BrainDumpPage(Page[BrainDumpSummary]):
    """Some brain dumps, newest first."""


class FoundResource(Resource):
    """What was found so far; it grows while the text is read."""

    about: str
    topics: list[str]
    projects: list[ProjectFound]
    tasks: list[TaskFound]
    whole: bool = Field(description="Whether nothing more will be found")


class BrainDumpResource(Resource):
    """A brain dump: the text, what was found in it, what was proposed, and what was done."""

    id: UUID = Field(description="Also the id of the job that reads it")
    status: Status = Field(
        description="`expired` when nobody confirmed it in time: retry the job to be asked again"
    )
    text: str
    found: FoundResource
    operations: list[Operation] = Field(description="As proposed last")
    left_out: list[LeftOut] = Field(description="What was found and not proposed, with why")
    outcomes: list[Outcome] = Field(description="What became of the operations, at the end")
    usage: Usage | None = Field(description="What the model took, at the end")
    created_at: datetime
    updated_at: datetime
    expires_at: datetime = Field(description="Until when it can be confirmed")

    @classmethod
    def of(cls, row: BrainDumpWhole) -> "BrainDumpResource":
        """Return ``row`` as its owner sees it."""
        proposal = Proposal.model_validate(row.proposal) if row.proposal else None
        same = ("id", "status", "text", "outcomes", "created_at", "updated_at", "expires_at")
        given: dict[str, Any] = {name: getattr(row, name) for name in same}
        return cls.model_validate(
            {
                **given,
                "found": found_in(row),
                "operations": [one.operation for one in proposal.operations] if proposal else [],
                "left_out": proposal.left_out if proposal else [],
                "usage": row.usage or None,
            }
        )


def found_in(row: BrainDumpWhole) -> FoundResource:
    """Return what was found so far."""
    about = row.context.get("about")
    return FoundResource(
        about=about if isinstance(about, str) else "",
        topics=list(strings(row.context, "topics")),
        projects=list(items(row.context, "projects", ProjectFound)),
        tasks=list(items(row.tasks, "tasks", TaskFound)),
        whole={"context", "tasks"} <= set(row.extracted),
    )
