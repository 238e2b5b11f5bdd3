"""Batches over HTTP: submit many jobs at once, read the counters, stop or retry them all."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from starlette.responses import Response

from jobs.batches import BatchPage, BatchResource, BatchSubmission
from jobs.models.state import State
from jobs.resource import Resource
from jobs.store import BatchState, How, JobRow
from service import idempotency
from service.bodies import Body
from service.call import Call
from service.errors import Problem
from service.job_options import Word
from service.job_request import JobRequest
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.routes.submission import webhook_of

PATH = "/api/jobs/batch"


class Completion(Body):
    """The job to submit when all others are over; the batch's counters are in its metadata."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)


class BatchRequest(Body):
    """Jobs to be taken in together, all or none."""

    jobs: list[JobRequest] = Field(min_length=1)
    batch_id: UUID | None = Field(None, description="Add to this batch instead of a new one")
    open: StrictBool = Field(False, description="More will follow: do not complete the batch yet")
    tags: list[Word] = Field(default_factory=list, max_length=20)
    on_complete: Completion | None = None

    @model_validator(mode="after")
    def check_addition(self) -> Self:
        """Refuse to say anew what was said when the batch was made."""
        if self.batch_id is not None and (self.tags or self.on_complete):
            raise ValueError("tags and on_complete are given with the batch's first jobs only")
        return self


class BatchJob(Resource):
    """One job of a batch, in short."""

    id: UUID
    kind: str
    state: State


class AcceptedBatch(BatchResource):
    """A batch and its jobs of this call, in the order they were given."""

    batch_id: UUID
    jobs: list[BatchJob]


@operation(
    scope="jobs:write",
    body=BatchRequest,
    headers={idempotency.HEADER: idempotency.DESCRIPTION},
    answers={202: Answer("Accepted and kept", AcceptedBatch, headers={"Location": "The batch"})},
    problems=(400, 404, 409, 413, 415, 422, 429),
)
async def submit_batch(call: Call) -> Response:
    """Submit up to 1,000 jobs in one call, all or none; call again with `batch_id` for more."""
    key = idempotency.key_of(call)
    request = await call.body_as(BatchRequest)
    most = call.settings.max_batch_call
    if len(request.jobs) > most:
        fault = {"pointer": "/jobs", "detail": f"At most {most} jobs in one call."}
        raise Problem(422, fault["detail"], errors=[fault])
    with call.in_flight.answering(call.caller, key):
        fingerprint = idempotency.fingerprint(call, await call.body()) if key else b""
        by_url = {job.webhook: job for job in request.jobs}
        webhooks = {url: await webhook_of(call, job) for url, job in by_url.items()}
        wanted = BatchSubmission(
            jobs=[job.submission(webhook_id=webhooks[job.webhook]) for job in request.jobs],
            batch_id=request.batch_id,
            open=request.open,
            tags=request.tags,
            on_complete=request.on_complete.model_dump() if request.on_complete else None,
            idempotency_key=key,
            fingerprint=fingerprint,
        )
        submitted = await call.resources.batches.submit(call.caller, wanted)
    headers = {"Location": f"/api/batches/{submitted.batch.id}"}
    if submitted.how is How.REPLAYED:
        headers["Idempotent-Replayed"] = "true"
    return json_response(accepted(submitted.batch, submitted.jobs), 202, headers)


def accepted(batch: BatchResource, jobs: list[JobRow]) -> AcceptedBatch:
    """Return the batch with its jobs."""
    short = [BatchJob(id=row.id, kind=row.kind, state=State(row.state)) for row in jobs]
    return AcceptedBatch(**dict(batch), batch_id=batch.id, jobs=short)


class BatchQuery(PageQuery):
    """Which batches to list."""

    state: BatchState | None = Field(
        None, description="`failed`: with failed or expired jobs, whether it is complete or not"
    )


@operation(
    scope="jobs:read",
    query=BatchQuery,
    answers={200: page_of(BatchPage)},
    problems=(400, 422),
)
async def list_batches(call: Call) -> Response:
    """List my batches, newest first (with the scope org:read: the org's)."""
    query = call.query_as(BatchQuery)
    batches = call.resources.batches
    return page_response(
        call, await batches.page(call.caller, query.state, query.after, query.limit)
    )


@operation(scope="jobs:read", answers={200: Answer("The batch", BatchResource)}, problems=(404,))
async def read_batch(call: Call) -> Response:
    """Read a batch: how many jobs are in each state, and how far it is."""
    return json_response(await call.resources.batches.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    answers={202: Answer("Being stopped", BatchResource)},
    problems=(404,),
    records=("batch.cancel",),
)
async def cancel_batch(call: Call) -> Response:
    """Stop every job of the batch that is not over."""
    return json_response(await call.resources.batches.cancel(call.caller, call.id), 202)


@operation(
    scope="jobs:write",
    answers={202: Answer("Queued again", BatchResource)},
    problems=(404,),
    records=("batch.retry",),
)
async def retry_batch(call: Call) -> Response:
    """Run the failed and expired jobs of the batch again."""
    return json_response(await call.resources.batches.retry(call.caller, call.id), 202)
