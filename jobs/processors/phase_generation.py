"""Kind ``phase_generation``: a project becomes ordered phases with tasks, planned by a language model."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.asking.shown import READ, WRITTEN, Shown
from jobs.asking.words import Language
from jobs.context import Context
from jobs.errors import Discard, Retry
from jobs.kept.phases import plan_of
from jobs.kept.plans import NewPlan, find_plan, keep_plan
from jobs.kept.projects import ProjectRow, find_project
from jobs.kept.tasks import MOST_TASKS, count_tasks
from jobs.planning.checks import Demand, problems_of
from jobs.planning.keeping import Replaced, put
from jobs.planning.live import USUAL_PHASE, parts
from jobs.planning.plan import MOST_PHASES, Plan
from jobs.planning.prompt import Assignment, question_for
from jobs.planning.rows import phase_id
from jobs.planning.span import span_of
from jobs.planning.standing import parted
from jobs.planning.strategies import STRATEGIES, StrategyName
from jobs.processor import processor
from jobs.providers.llm_structured import Rejected, Structured, Unfit
from jobs.providers.llm_usage import Usage
from jobs.retry import steps
from jobs.today import now_of

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

BEGINNING = date(1970, 1, 1)
CLOSED = frozenset({"done", "archived"})


class Args(BaseModel):
    """Which project to plan, and how."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"project_id": "01a203fe-315d-7704-ba1e-0be741383f9a", "strategy": "milestones"}
            ]
        },
    )

    project_id: UUID = Field(description="A project of yours")
    strategy: StrategyName = Field("milestones", description="How it is cut into phases")
    starts_on: date | None = Field(
        None,
        ge=BEGINNING,
        description="The first day to plan; default: the project's, or today if that is later",
    )
    due_on: date | None = Field(
        None, description="The last day to plan; default: the day the project is due"
    )
    max_phases: int | None = Field(
        None, ge=1, le=MOST_PHASES, description="Default: what the strategy usually takes"
    )
    wishes: str = Field("", max_length=2_000, description="What else to mind, in your words")
    language: Language = Field("en", description="BCP 47, such as en or pt-BR")


class PhaseMade(BaseModel):
    """A phase as it was made."""

    id: UUID
    name: str
    starts_on: date
    due_on: date
    tasks: int


class Result(BaseModel):
    """The plan; its phases and tasks are kept at ``/api/phases`` and ``/api/tasks``."""

    project_id: UUID
    project: str = Field(description="The project's name")
    strategy: StrategyName
    starts_on: date = Field(description="The first day that was to be planned")
    due_on: date = Field(description="The last one")
    phases: list[PhaseMade]
    tasks: int
    replaced_phases: int = Field(description="Of earlier runs, untouched since")
    replaced_tasks: int = Field(description="Of earlier runs, untouched since")
    model: str
    usage: Usage = Field(description="Of all attempts together, failed ones included")


@processor(
    "phase_generation",
    timeout=timedelta(minutes=5),
    max_attempts=3,
    backoff=steps(timedelta(seconds=30), timedelta(minutes=2)),
    notify=True,
    failed_as="phases_failed",
)
async def phase_generation(context: Context, args: Args) -> Result:
    """Plan a project with a language model and keep its phases and tasks, all or none.

    They replace what an earlier run made and nobody has touched since. Phases, tasks and the result are
    kept in one transaction under ids that follow from the job: an attempt that finds its result there asks
    the model nothing more. One after an answer that did not fit only has it corrected.
    """
    context.providers.llm.require()
    result = await kept_before(context)
    if result is None:
        await plan(context, args)
        result = await kept_before(context)
    if result is None:
        raise Discard("The project was deleted with its new plan.", code="not_found")
    await context.progress(1.0, "The plan is kept")
    await tell(context, result)
    return result


async def kept_before(context: Context) -> Result | None:
    """Return what this job came to, if it has kept its plan."""
    async with context.db() as session:
        found = await find_plan(session, context.org, context.user, context.job.id)
    return Result.model_validate(found) if found else None


async def plan(context: Context, args: Args) -> None:
    """Ask for the plan and keep it. What a failed attempt has spent is told, and saved for the next."""
    asked = await prepare(context, args)
    shown = Shown.resumed(context, parts, usual=USUAL_PHASE * asked.demand.most_phases)
    asking = Structured(context.providers.llm, shown.spending, shown)
    await context.progress(READ, "Asking the model")
    async with shown.kept():
        made = await asking.ask(
            question_for(asked), lambda value: read(value, asked.demand), shown.rejected_answer
        )
        await context.progress(WRITTEN, "Keeping the plan")
        await keep(context, args, asked, made, shown)


async def prepare(context: Context, args: Args) -> Assignment:
    """Return what to ask for. Raises Discard for a project that cannot be planned, or not kept."""
    async with context.db() as session:
        project = await open_project(session, context, args)
        if await count_tasks(session, context.org, context.user) >= MOST_TASKS:
            raise Discard(f"There are {MOST_TASKS} tasks already; delete some.", "too_many_tasks")
        standing = parted(
            *await plan_of(session, context.org, context.user, project.id), project.id
        )
        span = span_of(project, await own_day(session, context), args.starts_on, args.due_on)
    strategy = STRATEGIES[args.strategy]
    demand = Demand(span, strategy, args.max_phases or strategy.usual_phases)
    return Assignment(project, demand, args.language, args.wishes, standing.titles)


async def open_project(
    session: "AsyncSession", context: Context, args: Args, *, lock: bool = False
) -> ProjectRow:
    """Return the project. Raises Discard when it is not there, or closed."""
    project = await find_project(session, context.org, context.user, args.project_id, lock=lock)
    if project is None:
        raise Discard("There is no such project.", code="not_found")
    if project.status in CLOSED:
        raise Discard(f"The project is {project.status}; open it to plan it.", code="closed")
    return project


async def own_day(session: "AsyncSession", context: Context) -> date:
    """Return which day it is for the job's owner."""
    return (await now_of(session, context.org, context.user))[1]


def read(value: Any, demand: Demand) -> Plan:
    """Return the plan in an answer. Raises Unfit or pydantic's ValidationError."""
    found = Plan.model_validate(value)
    if problems := problems_of(found, demand):
        raise Unfit(problems)
    return found


async def keep(context: Context, args: Args, asked: Assignment, made: Plan, shown: Shown) -> None:
    """Keep the plan and what the job came to, in one transaction, unless another attempt was faster."""
    owner, job = (context.org, context.user), context.job.id
    async with context.db() as session:
        project = await open_project(session, context, args, lock=True)
        if await find_plan(session, *owner, job):
            return
        if project.version != asked.project.version:
            span = span_of(project, await own_day(session, context), args.starts_on, args.due_on)
            refuse_unfit(made, replace(asked.demand, span=span), shown)
        replaced = await put(session, made, job, owner, project.id)
        asked = replace(asked, project=project)
        result = result_of(context, args.strategy, asked, made, replaced, shown.spending.usage)
        told = result.model_dump(mode="json")
        await keep_plan(session, NewPlan(job, *owner, project.id, told))


def refuse_unfit(made: Plan, demand: Demand, shown: Shown) -> None:
    """Raise Retry for a plan that does not fit the project as it is now; it is to be corrected."""
    if problems := problems_of(made, demand):
        shown.rejected_answer = Rejected(made.model_dump_json(), tuple(problems))
        raise Retry(timedelta(0), "The project was changed while it was planned.")


def result_of(
    context: Context,
    strategy: StrategyName,
    asked: Assignment,
    made: Plan,
    replaced: Replaced,
    usage: Usage,
) -> Result:
    """Return what the job came to."""
    return Result(
        project_id=asked.project.id,
        project=asked.project.name,
        strategy=strategy,
        starts_on=asked.demand.span.first,
        due_on=asked.demand.span.last,
        phases=phases_made(made, context.job.id),
        tasks=len(made.tasks),
        replaced_phases=replaced.phases,
        replaced_tasks=replaced.tasks,
        model=context.providers.llm.model,
        usage=usage,
    )


def phases_made(made: Plan, job: UUID) -> list[PhaseMade]:
    """Return the phases as the result shows them."""
    return [
        PhaseMade(
            id=phase_id(job, number),
            name=phase.name,
            starts_on=phase.starts_on,
            due_on=phase.due_on,
            tasks=len(phase.tasks),
        )
        for number, phase in enumerate(made.phases)
    ]


async def tell(context: Context, result: Result) -> None:
    """Tell the owner that the plan is there."""
    told = {"project_id": str(result.project_id), "project": result.project}
    counts = {"phases": len(result.phases), "tasks": result.tasks}
    await context.notify("phases_completed", {**told, **counts})
