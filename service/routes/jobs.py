"""Jobs over HTTP, once submitted: list, read, cancel, retry."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, RootModel, StringConstraints
from starlette.responses import Response

from jobs.models.state import State
from jobs.records import JobPage
from jobs.resource import JobResource
from jobs.store import JobFilter
from service.call import Call
from service.job_options import Word
from service.operations import Answer, operation
from service.routes.answers import conditional, json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.routes.waiting import finished
from service.written import Instant

LOOKED_FOR = "Looked for in id, kind, tags, unique key and the error's message"
FAILURE = "Failed for this reason: the `failure` of one of GET /api/failures"
Text = Annotated[str, StringConstraints(max_length=200)]
Failure = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class JobQuery(PageQuery):
    """Which jobs to list."""

    id: tuple[UUID, ...] = Field((), max_length=200, description="These, as far as they are there")
    state: tuple[State, ...] = Field((), description="Repeat it or separate by commas")
    kind: Word | None = None
    tag: Word | None = None
    batch: UUID | None = None
    parent: UUID | None = Field(None, description="Its children")
    ancestor: UUID | None = Field(None, description="Its children, and theirs: at most 200")
    user: Word | None = Field(None, description="Of one user; needs the scope org:read")
    failure: Failure | None = Field(None, description=FAILURE)
    q: Text | None = Field(None, description=LOOKED_FOR)
    since: Instant | None = Field(None, description="Created at or after")
    until: Instant | None = Field(None, description="Created before")


@operation(
    scope="jobs:read",
    query=JobQuery,
    answers={200: page_of(JobPage)},
    problems=(400, 422),
)
async def list_jobs(call: Call) -> Response:
    """List my jobs, newest first (with the scope org:read: the org's)."""
    query = call.query_as(JobQuery)
    wanted = JobFilter(
        states=query.state,
        kind=query.kind,
        tag=query.tag,
        batch=query.batch,
        parent=query.parent,
        failure=query.failure,
        ids=query.id,
        user=query.user,
        text=query.q or None,
        since=query.since,
        until=query.until,
        limit=query.limit,
    )
    page = await call.resources.records.list(call.caller, wanted, query.after, query.ancestor)
    return page_response(call, page)


@operation(
    scope="jobs:read",
    headers={
        "Prefer": "`wait=N`: answer when the job has finished, or after N (at most 25) seconds",
        "If-None-Match": "An ETag: answer 304 while nothing has changed",
    },
    answers={
        200: Answer("The job", JobResource, headers={"ETag": "Names this answer"}),
        304: Answer("Nothing has changed"),
    },
    problems=(404,),
)
async def read_job(call: Call) -> Response:
    """Read a job; while it is queued with its place in the queue."""
    job = await call.resources.records.get(call.caller, call.id)
    headers = {}
    if (seconds := call.wait_seconds) is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        if not job.state.final:
            await finished(call, job.id, seconds)
            job = await call.resources.records.get(call.caller, call.id)
    return conditional(call, json_response(job, headers=headers))


@operation(
    scope="jobs:write",
    answers={
        200: Answer("Cancelled", JobResource),
        202: Answer("It is running; it was asked to stop", JobResource),
    },
    problems=(404, 409),
    records=("job.cancel",),
)
async def cancel_job(call: Call) -> Response:
    """Stop a job: at once when it has not started, else as soon as its processor lets go."""
    job = await call.resources.queue.cancel(call.caller, call.id)
    return json_response(job, 200 if job.state.final else 202)


@operation(
    scope="jobs:write",
    answers={202: Answer("Queued again", JobResource, headers={"Location": "The job"})},
    problems=(404, 409),
    records=("job.retry",),
)
async def retry_job(call: Call) -> Response:
    """Run a failed, cancelled or expired job again."""
    job = await call.resources.queue.retry(call.caller, call.id)
    return json_response(job, 202, {"Location": job.links.self})


class Input(RootModel[Any]):
    """Whatever the job asks for: JSON that fits ``awaiting.schema``."""


@operation(
    scope="jobs:write",
    body=Input,
    answers={202: Answer("Handed in", JobResource)},
    problems=(400, 404, 409, 413, 415, 422),
    records=("job.answer",),
)
async def answer_job(call: Call) -> Response:
    """Hand input to a running job that waits for it (see `awaiting`)."""
    data = (await call.body_as(Input)).root
    job = await call.resources.queue.answer(call.caller, call.id, data)
    return json_response(job, 202)
