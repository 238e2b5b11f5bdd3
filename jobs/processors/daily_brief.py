"""Kind ``daily_brief``: what a user's day holds, told at their hour, once a day."""

import datetime as dates
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.briefing.gathering import gathered
from jobs.briefing.hours import today, turns
from jobs.briefing.pace import wanted
from jobs.briefing.planned import Plan
from jobs.briefing.template import markdown
from jobs.briefing.wording import Worded, Wording
from jobs.context import Child, Context
from jobs.errors import Discard
from jobs.kept.briefs import (
    TOLD_AS,
    BriefRow,
    NewBrief,
    Reader,
    decide,
    find_brief,
    find_reader,
    keep_brief,
    timezones_of_readers,
)
from jobs.processor import processor
from jobs.providers.llm_usage import Usage
from jobs.retry import steps
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

FURTHEST = timedelta(days=7)
EMAIL_KIND = "email_delivery"


class Args(BaseModel):
    """Which day to tell of."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"day": "2026-11-29"}]}
    )

    day: dates.date | None = Field(
        None, description="At most a week away; default: today, by the clock of your preferences"
    )


class Result(BaseModel):
    """The brief; it is at `/api/briefs/{brief_id}`."""

    brief_id: UUID
    day: dates.date
    title: str
    body: str = Field(description="Markdown")
    tasks: int = Field(description="How many tasks it tells of")
    events: int = Field(description="How many events it tells of")
    already: bool = Field(False, description="Whether that day had its brief before this job")
    email_job_id: UUID | None = Field(None, description="The child that mails it")
    model: str = Field("", description="Which model worded it; empty when none did")
    usage: Usage = Field(description="What that took, failed attempts included")


async def due(session: "AsyncSession", now: datetime, limit: int) -> list[Due]:
    """Return a job for each user whose hour has come and who looks at briefs often enough.

    For each of them the day is decided then and there, whether or not they are briefed.
    """
    came = turns(await timezones_of_readers(session), now)
    found: list[Due] = []
    asked = limit if came else 0
    while asked:
        decided = await decide(session, came, asked)
        found += [
            Due(one.org, one.user, Args(day=one.day), f"brief:{one.day}")
            for one in decided
            if wanted(one.day, one.past)
        ]
        asked = limit - len(found) if len(decided) == asked else 0
    return found


@processor(
    "daily_brief",
    timeout=timedelta(minutes=5),
    max_attempts=3,
    backoff=steps(timedelta(seconds=30), timedelta(minutes=2)),
    notify=True,
    failed_as="brief_failed",
    tick=Tick("*/15 * * * *", due),
)
async def daily_brief(context: Context, args: Args) -> Result:
    """Tell a user what their day holds, from their tasks, projects and calendars.

    A brief is kept once per user and day, under the id of its job: an attempt that finds it there writes
    nothing and asks no model; it finds the child that mails it, too, and what it tells it tells once.
    """
    reader = await reader_of(context)
    day = args.day or today(reader.timezone, reader.now)
    check_day(day, reader)
    row = await kept_before(context, day) or await written(context, reader, day)
    if row.id != context.job.id:
        return result_of(row, None).model_copy(update={"already": True})
    await context.output(f"# {row.title}\n\n{row.body}")
    child = await mail(context, row)
    await context.notify(TOLD_AS, told_of(row))
    await context.progress(1.0, "The brief is there")
    return result_of(row, child)


async def reader_of(context: Context) -> Reader:
    """Return whom the brief is for."""
    async with context.db() as session:
        return await find_reader(session, context.org, context.user)


def check_day(day: dates.date, reader: Reader) -> None:
    """Raise Discard for a day that is too far away to be told of."""
    if abs(day - today(reader.timezone, reader.now)) > FURTHEST:
        raise Discard("A brief tells of a day at most a week away.", code="day_out_of_range")


async def kept_before(context: Context, day: dates.date) -> BriefRow | None:
    """Return the day's brief, if there is one."""
    async with context.db() as session:
        return await find_brief(session, context.org, context.user, day)


async def written(context: Context, reader: Reader, day: dates.date) -> BriefRow:
    """Write the brief and keep it; another job's, when that was first. Raises Discard for a deleted one."""
    await context.progress(0.1, "Looking at tasks, projects and calendars")
    async with context.db() as session:
        plan = await gathered(session, (context.org, context.user), day, reader.timezone)
    await context.progress(0.4, "Finding the words")
    worded = await Wording.resumed(context).word(plan)
    async with context.db() as session:
        await keep_brief(session, new_brief(context, reader, plan, worded))
    row = await kept_before(context, day)
    if row is None:
        raise Discard("The brief was deleted before it was told.", code="deleted")
    return row


def new_brief(context: Context, reader: Reader, plan: Plan, worded: Worded) -> NewBrief:
    """Return the brief as it is kept."""
    return NewBrief(
        id=context.job.id,
        org_id=context.org,
        user_id=context.user,
        day=plan.day,
        timezone=reader.timezone,
        title=worded.words.title,
        body=markdown(plan, worded.words),
        tasks=plan.tasks.count,
        events=len(plan.events),
        by_email=reader.by_email,
        model=worded.model,
        usage=worded.usage.model_dump(),
    )


async def mail(context: Context, row: BriefRow) -> Child | None:
    """Have the brief mailed to its reader's own address, if that was decided; a failure is told."""
    if not row.by_email:
        return None
    letter = {"subject": row.title, "text": row.body, "brief_id": str(row.id), "list": "brief"}
    return await context.enqueue(EMAIL_KIND, letter, notify=True)


def told_of(row: BriefRow) -> dict[str, object]:
    """Return what the inbox tells of a brief: enough for a line, and that it goes by e-mail anyway."""
    told = {"brief_id": str(row.id), "day": str(row.day), "title": row.title}
    ways = {"told_by": ["email"]} if row.by_email else {}
    return {**told, "tasks": row.tasks, "events": row.events, **ways}


def result_of(row: BriefRow, child: Child | None) -> Result:
    """Return a kept brief as this kind's result, with the child that mails it."""
    return Result(
        brief_id=row.id,
        day=row.day,
        title=row.title,
        body=row.body,
        tasks=row.tasks,
        events=row.events,
        email_job_id=child.id if child else None,
        model=row.model,
        usage=Usage.model_validate(row.usage),
    )
