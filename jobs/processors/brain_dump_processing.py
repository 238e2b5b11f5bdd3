"""Kind ``brain_dump_processing``: what somebody wrote down as it came to mind becomes tasks."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jobs.context import Context
from jobs.dumping.deciding import Deciding, deleted
from jobs.dumping.extraction import Costs
from jobs.dumping.known import MOST_KNOWN_PROJECTS, MOST_KNOWN_TASKS, Known
from jobs.dumping.operations import LeftOut, Outcome
from jobs.dumping.reading import Reading
from jobs.dumping.wording import ended_line
from jobs.errors import Discard, InvalidSchedule
from jobs.kept.brain_dumps import (
    MOST_BRAIN_DUMPS,
    BrainDumpRow,
    OwnDump,
    begin_dump,
    count_dumps,
    find_dump,
    reopen_dump,
)
from jobs.kept.preferences import find_wishes, moment
from jobs.kept.projects import list_projects
from jobs.kept.tasks import open_tasks
from jobs.processor import processor
from jobs.providers.llm_usage import Usage
from jobs.retry import steps
from jobs.zones import zone

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

TIME = timedelta(minutes=10)
"""How long it may take, waiting included."""


class Args(BaseModel):
    """What came to mind."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Call the plumber before Friday, it is urgent!\n"
                    "Project: Garden, to be ready by May\n"
                    "order seeds\n"
                    "dig the beds",
                }
            ]
        },
    )

    text: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=20_000, description="As it comes, in any language"
    )
    auto_accept: bool = Field(
        default=False, description="Do everything that is proposed, without asking"
    )


class Result(BaseModel):
    """What was done; it is kept as the brain dump ``dump_id``."""

    dump_id: UUID
    status: Literal["done", "rejected", "nothing_found"]
    operations: list[Outcome]
    left_out: list[LeftOut] = Field(description="What was found and not proposed, with why")
    usage: Usage = Field(description="Of all attempts together, failed ones included")


@processor(
    "brain_dump_processing",
    timeout=TIME,
    max_attempts=2,
    backoff=steps(timedelta(seconds=30)),
    notify=True,
    failed_as="brain_dump_failed",
)
async def brain_dump_processing(context: Context, args: Args) -> Result:
    """Find projects and tasks in a free text, propose them, and do what is accepted, all or nothing.

    Each step is kept under the job's own id: what was found is not asked for again, a confirmation that
    was given counts, and what was carried out is not carried out twice.
    """
    own = OwnDump(context.job.id, context.org, context.user)
    row, costs = await begun(context, own, args), Costs.resumed(context)
    if not row.over:
        await Reading(context, own, costs).read(row)
        usage = costs.spending.usage.model_dump()
        await Deciding(context, own, usage, args.auto_accept).decide()
    result = await ended(context, own)
    done = sum(one.outcome == "done" for one in result.operations)
    await context.output(ended_line(result.status, done, len(result.operations) - done))
    await context.progress(1.0, "Done")
    told = {"dump_id": str(own.id), "status": result.status, "done": done}
    await context.notify("brain_dump_completed", told)
    return result


async def begun(context: Context, own: OwnDump, args: Args) -> BrainDumpRow:
    """Return the row of this job: as an earlier attempt left it, or new with what there is to do now."""
    async with context.db() as session:
        await reopen_dump(session, own, TIME)
        row = await find_dump(session, own)
    if row is not None:
        return row
    if context.restored is not None:  # an answer that was given was to something else
        raise deleted()
    context.providers.llm.require()
    async with context.db() as session:
        await refuse_too_many(session, own)
        known = (await known_now(session, own)).model_dump(mode="json")
        await begin_dump(session, own, args.text, known, TIME)
        row = await find_dump(session, own)
    if row is None:
        raise deleted()
    return row


async def refuse_too_many(session: "AsyncSession", own: OwnDump) -> None:
    """Raise Discard when the text could not be kept: before it costs anything."""
    if await count_dumps(session, own.org, own.user) >= MOST_BRAIN_DUMPS:
        raise Discard(
            f"There are {MOST_BRAIN_DUMPS} brain dumps already; delete some.",
            "too_many_brain_dumps",
        )


async def known_now(session: "AsyncSession", own: OwnDump) -> Known:
    """Return what the owner has to do, and which day it is where they live."""
    owner = (session, own.org, own.user)
    wishes, now = await find_wishes(*owner), await moment(session)
    try:
        place = zone(wishes.timezone)
    except InvalidSchedule:  # a zone may have left the tables since
        place = zone("UTC")
    projects = await list_projects(*owner, MOST_KNOWN_PROJECTS)
    tasks = await open_tasks(*owner, MOST_KNOWN_TASKS)
    return Known.of(now.astimezone(place).date(), place.key, projects, tasks)


async def ended(context: Context, own: OwnDump) -> Result:
    """Return what is kept as this kind's result."""
    async with context.db() as session:
        row = await find_dump(session, own)
    if row is None:
        raise deleted()
    return Result.model_validate(
        {
            "dump_id": row.id,
            "status": row.status,
            "operations": row.outcomes,
            "left_out": row.proposals[-1]["left_out"] if row.proposals else [],
            "usage": row.usage,
        }
    )
