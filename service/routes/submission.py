"""Submitting a job: what may be asked for, and the three ways to hear of the end."""

from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from jobs.queue import Submitted
from jobs.resource import JobResource, Resource
from jobs.store import How
from realtime.cursor import Cursor
from service import idempotency
from service.auth import required_caller
from service.call import Call
from service.job_request import JobRequest
from service.operations import Answer, operation
from service.routes.answers import json_response, stream_of
from service.routes.waiting import finished


class StreamLink(Resource):
    """Where the job's life can be listened to: nothing after ``cursor`` is missed."""

    url: str
    ticket: str
    cursor: str


class AcceptedJob(JobResource):
    """A job that was taken in."""

    stream: StreamLink


@operation(
    scope="jobs:write",
    body=JobRequest,
    headers={
        "Prefer": "`wait=N`: wait up to N (at most 25) seconds for the job to finish",
        "Accept": "`text/event-stream`: stream the job's life in the answer, to its final event",
        idempotency.HEADER: idempotency.DESCRIPTION,
    },
    answers={
        202: Answer("Accepted and kept", AcceptedJob, headers={"Location": "The job"}),
        200: Answer("It finished within `Prefer: wait`, or there was one before", JobResource),
    },
    problems=(400, 409, 413, 415, 422, 429),
)
async def submit_job(call: Call) -> Response:
    """Submit a job. Once this answers 202 the job is kept and will run, whatever fails meanwhile."""
    if call.wants_stream:
        required_caller(call.scope, "jobs:read")
    key = idempotency.key_of(call)
    request = await call.body_as(JobRequest)
    with call.in_flight.answering(call.caller, key):
        fingerprint = idempotency.fingerprint(call, await call.json()) if key else b""
        webhook_id = await webhook_of(call, request)
        wanted = request.submission(key, fingerprint, webhook_id)
        submitted = await call.resources.queue.submit_once(call.caller, wanted)
        return await answer(call, submitted)


async def webhook_of(call: Call, request: JobRequest) -> UUID | None:
    """Return the webhook that hears of the job's end."""
    if request.webhook is None:
        return None
    return await call.resources.webhooks.for_job(call.caller, request.webhook)


async def answer(call: Call, submitted: Submitted) -> Response:
    """Answer with the job: its life as a stream, its end if it comes in time, or the job as it is."""
    job = submitted.job
    headers = {"Location": job.links.self}
    if submitted.how is How.REPLAYED:
        headers["Idempotent-Replayed"] = "true"
    if call.wants_stream:
        return stream_of(call, job, headers, after=str(Cursor(call.epoch, 0)))
    before = {"deduplicated": True} if submitted.how is How.DEDUPLICATED else {}
    if (seconds := call.wait_seconds) is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        if (ended := await finished(call, job.id, seconds)) is not None:
            return json_response(ended.model_copy(update=before), headers=headers)
    shown = accepted(call, job.model_copy(update=before))
    return json_response(shown, 200 if before else 202, headers)


def accepted(call: Call, job: JobResource) -> AcceptedJob:
    """Return the job with the way to listen to it."""
    channel = f"job:{job.id}"
    ticket = call.realtime.tickets.issue(call.caller, origin=call.origin, channels=[channel])
    link = StreamLink(
        url=f"/api/events?{urlencode({'channel': channel})}",
        ticket=ticket,
        cursor=cursor_at(call, job),
    )
    return AcceptedJob.model_construct(**dict(job), stream=link)


def cursor_at(call: Call, job: JobResource) -> str:
    """Return the place in the job's channel that ``job`` shows."""
    return str(Cursor(call.epoch, job.version))
