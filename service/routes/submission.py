"""Submitting a job: what may be asked for, and the three ways to hear of the end."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from jobs.resource import JobResource, Resource
from jobs.store import Accepted, How, JobRow
from jobs.trail import name_job
from realtime.cursor import Cursor
from service import idempotency
from service.auth import required_caller
from service.call import Call
from service.job_request import JobRequest
from service.operations import Answer, operation
from service.routes.answers import document_response, json_response, stream_of
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
    if key is None:
        return await accept(call, request)
    with call.in_flight.answering(call.caller, key):
        return await accept(call, request, key, idempotency.fingerprint(call, await call.body()))


async def accept(
    call: Call, request: JobRequest, key: str | None = None, fingerprint: bytes = b""
) -> Response:
    """Submit the job and answer."""
    webhook_id = await webhook_of(call, request)
    wanted = request.submission(key, fingerprint, webhook_id)
    return await answer(call, await call.resources.queue.submit_once(call.caller, wanted))


async def webhook_of(call: Call, request: JobRequest) -> UUID | None:
    """Return the webhook that hears of the job's end."""
    if request.webhook is None:
        return None
    return await call.resources.webhooks.for_job(call.caller, request.webhook)


async def answer(call: Call, accepted: Accepted) -> Response:
    """Answer with the job: its life as a stream, its end if it comes in time, or the job as it is."""
    row, how = accepted.row, accepted.how
    name_job(row.id)
    headers = {"Location": f"/api/jobs/{row.id}"}
    if how is How.REPLAYED:
        headers["Idempotent-Replayed"] = "true"
    if call.wants_stream:
        return stream_of(call, row.id, headers, after=str(Cursor(call.epoch, 0)))
    before = {"deduplicated": True} if how is How.DEDUPLICATED else {}
    if (seconds := call.wait_seconds) is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        if (ended := await finished(call, row.id, seconds)) is not None:
            return json_response(ended.model_copy(update=before), headers=headers)
    shown = await told(call, row) | before
    return document_response(shown, 200 if before else 202, headers)


async def told(call: Call, row: JobRow) -> dict[str, Any]:
    """Return what AcceptedJob says: the job with the way to listen to it."""
    records = call.resources.records
    ident = str(row.id)
    tickets = call.realtime.tickets
    stream = {
        "url": f"/api/events?channel=job%3A{ident}",
        "ticket": tickets.issue(call.caller, origin=call.origin, channels=[f"job:{ident}"]),
        "cursor": str(Cursor(call.epoch, row.version)),  # the place in the channel that is shown
    }
    return records.document(row) | await records.paused(row) | {"stream": stream}
