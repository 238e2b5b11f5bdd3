"""Submitting a job: what may be asked for, and the three ways to hear of the end."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self
from urllib.parse import urlencode

import orjson
from pydantic import (
    AwareDatetime,
    Field,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from starlette.responses import Response

from jobs.queue import Submission
from jobs.resource import JobResource, Resource
from realtime.cursor import Cursor
from service.auth import required_caller
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, stream_of
from service.routes.waiting import finished

LONGEST_DELAY = timedelta(days=366)
LONGEST_TIMEOUT = timedelta(hours=24)
MOST_METADATA = 50
LARGEST_METADATA = 16 * 1024
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
DURATION = {"anyOf": [{"type": "number"}, {"type": "string", "format": "duration"}]}
Duration = Annotated[timedelta, WithJsonSchema(DURATION)]


class JobRequest(Body):
    """A job to be done. ``args`` are the kind's own, see GET /api/kinds."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)
    priority: StrictInt = Field(0, ge=-100, le=100, description="A head start in seconds")
    run_at: AwareDatetime | None = Field(None, description="Not before this time, within a year")
    delay: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    max_attempts: StrictInt | None = Field(None, ge=1, le=20)
    timeout: Duration | None = Field(None, description="For one attempt; at most a day")
    tags: list[Word] = Field(default_factory=list, max_length=20)
    metadata: dict[Word, Any] = Field(default_factory=dict, max_length=MOST_METADATA)

    @model_validator(mode="after")
    def check_times(self) -> Self:
        """Refuse times that contradict each other or lie out of reach."""
        if self.run_at is not None and self.delay is not None:
            raise ValueError("give run_at or delay, not both")
        if self.run_at is not None and self.run_at > datetime.now(UTC) + LONGEST_DELAY:
            raise ValueError("run_at must be within a year")
        if self.delay is not None and not timedelta(0) <= self.delay <= LONGEST_DELAY:
            raise ValueError("delay must be between 0 and a year")
        if self.timeout is not None and not timedelta(0) < self.timeout <= LONGEST_TIMEOUT:
            raise ValueError("timeout must be more than 0 and at most a day")
        return self

    @field_validator("metadata")
    @classmethod
    def check_size(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        """Refuse more metadata than a list of jobs should carry along."""
        if len(orjson.dumps(metadata)) > LARGEST_METADATA:
            raise ValueError(f"metadata may be at most {LARGEST_METADATA} bytes of JSON")
        return metadata

    def submission(self) -> Submission:
        """Return what the queue takes."""
        return Submission(
            kind=self.kind,
            args=self.args,
            priority=self.priority,
            run_at=self.run_at,
            delay_seconds=self.delay.total_seconds() if self.delay is not None else None,
            max_attempts=self.max_attempts,
            timeout_seconds=self.timeout.total_seconds() if self.timeout is not None else None,
            tags=self.tags,
            metadata=self.metadata,
        )


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
    },
    answers={
        202: Answer("Accepted and kept", AcceptedJob, headers={"Location": "The job"}),
        200: Answer("It finished within `Prefer: wait`", JobResource),
    },
    problems=(400, 413, 415, 422),
)
async def submit_job(call: Call) -> Response:
    """Submit a job. Once this answers 202 the job is kept and will run, whatever fails meanwhile."""
    if call.wants_stream:
        required_caller(call.scope, "jobs:read")
    wanted = (await call.body_as(JobRequest)).submission()
    job = await call.resources.queue.submit(call.caller, wanted)
    headers = {"Location": job.links.self}
    if call.wants_stream:
        return stream_of(call, job, headers, after=str(Cursor(call.epoch, 0)))
    if (seconds := call.wait_seconds) is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        if (ended := await finished(call, job.id, seconds)) is not None:
            return json_response(ended, headers=headers)
    return json_response(accepted(call, job), 202, headers)


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
