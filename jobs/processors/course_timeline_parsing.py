"""Kind ``course_timeline_parsing``: a course outline becomes a dated timeline."""

from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from jobs.context import Context
from jobs.errors import Discard, NotFound
from jobs.kept.timelines import TimelineRow, find_timeline, keep_timeline
from jobs.outline import outline_json
from jobs.processor import processor
from jobs.providers.documents import Document, format_of, read_document
from jobs.providers.pdf import inspect_pdf, read_pdf, without_margins
from jobs.providers.text import Page
from jobs.retry import exponential
from jobs.storage import UploadRow
from jobs.timelines.found import CourseFound, EventFound, TermFound
from jobs.zones import Zone, zone

KEPT = timedelta(hours=24)
MAX_TEXT = 200_000
BATCHES = 10
READ, PARSED = 0.8, 0.95
EXAMPLE = """CS 101: Introduction to Programming (4 credits)
Fall 2026

Sep 8: First lecture
Week 3: Sep 21 - Recursion, read chapter 4
Problem set 1 (10%) due Friday, October 2 at 11:59 pm
Midterm exam (25%): October 21, 2026
Nov 26-27: Thanksgiving, no class
Final exam (35%): December 16, 2026
"""


class Args(BaseModel):
    """Exactly one of ``upload_id``, ``text`` and ``timeline_id`` says what to read."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": EXAMPLE, "timezone": "UTC"}]}
    )

    upload_id: UUID | None = Field(
        None,
        description="An uploaded outline: PDF, HTML, CSV or plain text",
        json_schema_extra={"x-upload": True},
    )
    text: str | None = Field(
        None, description="The outline itself", min_length=1, max_length=MAX_TEXT
    )
    timeline_id: UUID | None = Field(None, description="A timeline of the last day, to read again")
    year: int | None = Field(
        None, ge=1990, le=2100, description="For dates without a year; default: from the terms"
    )
    timezone: Zone = Field("UTC", description="IANA zone that the times of day are in")

    @model_validator(mode="after")
    def one_source(self) -> Self:
        """Refuse none or several sources."""
        if sum(x is not None for x in (self.upload_id, self.text, self.timeline_id)) != 1:
            raise ValueError("give exactly one of upload_id, text and timeline_id")
        return self


class Result(BaseModel):
    """The timeline; kept for a day under ``timeline_id``."""

    timeline_id: UUID
    title: str
    timezone: str
    terms: list[TermFound]
    courses: list[CourseFound]
    events: list[EventFound] = Field(description="Ordered by date")
    warnings: list[str]


@processor(
    "course_timeline_parsing",
    timeout=timedelta(minutes=5),
    max_attempts=3,
    backoff=exponential(timedelta(seconds=2)),
    concurrency=2,
    notify=True,
    uses_up="upload_id",
)
async def course_timeline_parsing(context: Context, args: Args) -> Result:
    """Read a course outline and return its dates in order.

    Running it twice writes the same row, named by the job; an attempt that finds that row has only
    the upload left to remove.
    """
    result = await finished_before(context)
    if result is None:
        document = await read(context, args)
        result = await parse(context, args, document)
        await keep(context, document, result)
    if args.upload_id is not None:
        await context.storage.remove(args.upload_id)
    await context.progress(1.0, f"{len(result.events)} dates found")
    await context.notify("course_timeline_parsing_completed", summary(result))
    return result


def summary(result: Result) -> dict[str, str | int]:
    """Return what the owner is told in a line; the rest is at ``/api/timelines/{id}``."""
    return {
        "timeline_id": str(result.timeline_id),
        "title": result.title,
        "courses": len(result.courses),
        "events": len(result.events),
    }


async def finished_before(context: Context) -> Result | None:
    """Return what an attempt before this one wrote, if it came that far."""
    async with context.db() as session:
        known = await find_timeline(session, context.org, context.user, context.job.id)
    return Result.model_validate(known.result) if known else None


async def read(context: Context, args: Args) -> Document:
    """Return the outline's text, wherever it is. Raises Discard when it is not there."""
    await context.progress(0.0, "Reading")
    if args.text is not None:
        return await context.run_in_process(read_document, args.text.encode(), "text")
    if args.timeline_id is not None:
        async with context.db() as session:
            known = await find_timeline(session, context.org, context.user, args.timeline_id)
        if known is None:
            raise Discard("There is no such timeline, or it has expired.", code="not_found")
        return Document(known.title, known.pages)
    assert args.upload_id is not None  # noqa: S101 - the model has checked it; for mypy
    return await read_upload(context, args.upload_id)


async def read_upload(context: Context, ident: UUID) -> Document:
    """Return the text of an uploaded file. Raises Discard for a file that cannot be read."""
    try:
        upload = await context.storage.find(ident)
        data = await context.storage.read(upload)
    except NotFound as error:
        raise Discard(str(error), code="not_found") from error
    kind = format_of(data, upload.name, upload.media_type)
    await context.log(f"{upload.name}: {upload.size} bytes of {kind}", sha256=upload.sha256)
    if kind == "pdf":
        return await read_pages(context, upload, data)
    return await context.run_in_process(read_document, data, kind)


async def read_pages(context: Context, upload: UploadRow, data: bytes) -> Document:
    """Return a PDF's text, a few pages at a time so that its reader sees it grow."""
    info = await context.run_in_process(inspect_pdf, data)
    step = -(-info.pages // BATCHES)
    pages: list[Page] = []
    for first in range(1, info.pages + 1, step):
        last = min(first + step - 1, info.pages)
        pages += await context.run_in_process(read_pdf, data, first, last)
        await context.progress(READ * last / info.pages, f"Page {last} of {info.pages}")
    if not any(pages):
        raise Discard(
            f"{upload.name} holds pictures of pages but no text; send one with text.",
            code="no_text",
        )
    return Document(info.title, without_margins(pages))


async def parse(context: Context, args: Args, document: Document) -> Result:
    """Return the timeline of a document; shows its events as they are found."""
    today = datetime.now(UTC).astimezone(zone(args.timezone)).date()
    outline = orjson.loads(
        await context.run_in_process(outline_json, document.pages, year=args.year, today=today)
    )
    told = {
        "timeline_id": args.timeline_id or context.job.id,
        "title": document.title or first_line(document),
        "timezone": args.timezone,
    }
    result = Result.model_validate({**outline, **told})
    await context.progress(PARSED, f"{len(result.events)} dates found")
    for warning in result.warnings:
        await context.log(f"Warning: {warning}")
    await context.output("".join(f"{e.date}  {e.type:<10}  {e.title}\n" for e in result.events))
    return result


def first_line(document: Document) -> str:
    """Return the first text of a document that has no title of its own."""
    rows = (" ".join(row) for page in document.pages for row in page if any(row))
    return next(rows, "Course outline")[:200]


async def keep(context: Context, document: Document, result: Result) -> None:
    """Keep the timeline for a day, with the text it can be read from again."""
    now = datetime.now(UTC)
    timeline = TimelineRow(
        id=result.timeline_id,
        org_id=context.org,
        user_id=context.user,
        title=result.title,
        pages=document.pages,
        result=result.model_dump(mode="json"),
        created_at=now,
        expires_at=now + KEPT,
    )
    async with context.db() as session:
        await keep_timeline(session, timeline)
