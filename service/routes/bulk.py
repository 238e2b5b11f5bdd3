"""Bulk actions over HTTP: retry, cancel or delete any number of jobs."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from starlette.responses import Response

from jobs.bulk import Action, BulkResource
from jobs.models.state import State
from jobs.store import JobFilter
from service.bodies import Body
from service.call import Call
from service.job_options import Word
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.jobs import FAILURE, LOOKED_FOR, Failure, Text
from service.written import Instant

MOST_IDS = 10_000


class BulkFilter(Body):
    """Which jobs: all that match, of those the caller may change."""

    state: list[State] = Field(default_factory=list, max_length=9)
    kind: Word | None = None
    tag: Word | None = None
    batch: UUID | None = None
    parent: UUID | None = None
    user: Word | None = None
    since: Instant | None = Field(None, description="Created at or after")
    until: Instant | None = Field(None, description="Created before")
    failure: Failure | None = Field(None, description=FAILURE)
    q: Text | None = Field(None, description=LOOKED_FOR)


class BulkRequest(Body):
    """What to do, and with which jobs: by a filter or by their ids."""

    action: Action
    filter: BulkFilter | None = None
    ids: list[UUID] | None = Field(None, min_length=1, max_length=MOST_IDS)

    @model_validator(mode="after")
    def check_target(self) -> Self:
        """Refuse an action on nothing in particular."""
        if (self.filter is None) == (self.ids is None):
            raise ValueError("give filter or ids, one of the two")
        return self

    def wanted(self) -> JobFilter:
        """Return the filter that the engine takes."""
        if self.filter is None:
            return JobFilter(ids=tuple(self.ids or ()))
        given = self.filter.model_dump(exclude_none=True)
        return JobFilter(states=given.pop("state"), text=given.pop("q", None) or None, **given)


@operation(
    scope="jobs:write",
    body=BulkRequest,
    answers={202: Answer("Written down; the workers go through it", BulkResource)},
    problems=(400, 413, 415, 422),
    records=("bulk.cancel", "bulk.retry", "bulk.delete"),
)
async def submit_bulk(call: Call) -> Response:
    """Retry, cancel or delete every job that matches, however many. Only finished ones are deleted."""
    request = await call.body_as(BulkRequest)
    done = await call.resources.bulk.submit(call.caller, request.action, request.wanted())
    return json_response(done, 202)
