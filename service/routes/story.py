"""The story of one job: its timeline, its log lines, its streamed output."""

import re
from typing import Any

from pydantic import Field
from starlette.responses import Response

from jobs.resource import Resource
from service.bodies import Body
from service.call import Call
from service.errors import Problem
from service.operations import Answer, operation
from service.routes.answers import json_response, stream_of

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class TimelineQuery(Body):
    """Whose changes to tell."""

    children: bool = Field(False, description="`1`: also those of its children, and of theirs")


class Timeline(Resource):
    """Every durable change of a job, oldest first, as event envelopes; with its children's if asked."""

    data: list[dict[str, Any]]


class LogLines(Resource):
    """The newest log lines of all attempts, oldest first."""

    data: list[dict[str, Any]]


@operation(
    scope="jobs:read",
    query=TimelineQuery,
    headers={
        "Accept": "`text/event-stream`: go on listening up to the final event",
        "Last-Event-ID": "With a stream: the cursor to go on from",
    },
    answers={200: Answer("The timeline", Timeline)},
    problems=(400, 404, 422),
)
async def read_events(call: Call) -> Response:
    """Read what happened to a job so far, or listen to it.

    With `children=1` what happened to its children, and theirs, is told among it: of at most 200, those
    nearest to it. A stream is always the job's alone.
    """
    query, records = call.query_as(TimelineQuery), call.resources.records
    if call.wants_stream:
        job = await records.get(call.caller, call.id)
        return stream_of(call, job.id, after=call.headers.get("last-event-id", ""))
    read = records.family_timeline if query.children else records.timeline
    events = await read(call.caller, call.id)
    return json_response(Timeline.model_construct(data=list(events)))


@operation(scope="jobs:read", answers={200: Answer("The lines", LogLines)}, problems=(404,))
async def read_logs(call: Call) -> Response:
    """Read a job's log."""
    lines = await call.resources.records.logs(call.caller, call.id)
    return json_response(LogLines.model_construct(data=list(lines)))


@operation(
    scope="jobs:read",
    headers={"Range": "`bytes=…`: a part of it"},
    answers={
        200: Answer("The text so far", media_type="text/plain"),
        206: Answer("The part asked for", media_type="text/plain"),
    },
    problems=(404, 416),
)
async def read_output(call: Call) -> Response:
    """Read the text a job has streamed so far, all of it or a range of bytes.

    `Jobcast-Position` counts the bytes streamed so far; what lies before the kept part is gone.
    """
    memory = await call.resources.records.output(call.caller, call.id)
    text = memory.text.encode()
    headers = {
        "Accept-Ranges": "bytes",
        "Jobcast-Attempt": str(memory.attempt),
        "Jobcast-Position": str(memory.position),
    }
    part = wanted_range(call.headers.get("range", ""), len(text))
    if part is None:
        return Response(text, headers=headers, media_type="text/plain")
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(text)}"
    return Response(text[part.start : part.stop], 206, headers, "text/plain")


def wanted_range(header: str, length: int) -> range | None:
    """Return the bytes a Range header asks for, None for all (RFC 9110 §14). Raises Problem (416).

    Several ranges at once, and what is no range at all, are answered with everything.
    """
    found = ONE_RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        start, stop = max(length - int(last), 0), length
    else:
        start, stop = int(first), min(int(last) + 1 if last else length, length)
        if last and int(last) < int(first):
            return None
    if start >= stop:
        raise Problem(416, headers={"Content-Range": f"bytes */{length}"})
    return range(start, stop)
