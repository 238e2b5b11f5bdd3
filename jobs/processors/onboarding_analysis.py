"""Kind ``onboarding_analysis``: answers become a profile, suggested projects and first tasks."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from jobs.asking.shown import READ, WRITTEN, Shown
from jobs.asking.words import Language
from jobs.context import Context
from jobs.errors import Discard, TooManyProjects, TooManyTasks
from jobs.kept.profiles import NewProfile, ProfileRow, find_profile, keep_profile
from jobs.kept.projects import MOST_PROJECTS as MOST_KEPT
from jobs.kept.projects import count_projects, list_projects
from jobs.onboarding.accepting import accept
from jobs.onboarding.answers import Answers
from jobs.onboarding.live import USUAL, parts
from jobs.onboarding.portrait import MOST_PROJECTS, About, Portrait, read_portrait
from jobs.onboarding.prompt import question_for
from jobs.onboarding.suggestions import Suggestion, suggestions_of
from jobs.processor import processor
from jobs.providers.llm_structured import Structured
from jobs.providers.llm_usage import Usage
from jobs.retry import steps
from jobs.today import now_of

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_STANDING = 50


class Args(BaseModel):
    """What somebody answered, and what to make of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "answers": [
                        {
                            "question": "What would you like to get done?",
                            "answer": "Grow our own vegetables, and learn to mend things",
                        },
                        {"question": "How much time do you have?", "answer": "4 hours a week"},
                    ]
                }
            ]
        },
    )

    answers: Answers = Field(description="At most 40, some 24,000 characters in all")
    max_projects: int = Field(
        3, ge=1, le=MOST_PROJECTS, description="At most so many projects are suggested"
    )
    accept: bool = Field(
        False, description="Makes projects and tasks of all suggestions at once, unasked"
    )
    language: Language = Field("en", description="BCP 47, such as en or pt-BR")


class Result(BaseModel):
    """The profile; it is kept at ``/api/profile``, where suggestions are accepted."""

    about: About
    suggestions: list[Suggestion]
    model: str
    usage: Usage = Field(description="Of all attempts together, failed ones included")


@processor(
    "onboarding_analysis",
    timeout=timedelta(minutes=3),
    max_attempts=3,
    backoff=steps(timedelta(seconds=15), timedelta(minutes=1)),
    notify=True,
    failed_as="onboarding_failed",
)
async def onboarding_analysis(context: Context, args: Args) -> Result:
    """Make a profile of somebody's answers with a language model, and suggest projects.

    The profile, and projects if they are wanted at once, are kept in one transaction, named by the job: an
    attempt that finds its own there asks the model nothing more, and one that finds a newer job's ends. An
    attempt after an answer that did not fit only has it corrected.
    """
    context.providers.llm.require()
    row = await kept_before(context) or await analyse(context, args)
    await context.progress(1.0, "The profile is kept")
    result = result_of(row)
    await tell(context, result)
    return result


async def kept_before(context: Context) -> ProfileRow | None:
    """Return this job's profile, if it is kept. Raises Discard when a newer job's is there."""
    async with context.db() as session:
        return await own_profile(session, context)


async def own_profile(session: "AsyncSession", context: Context) -> ProfileRow | None:
    """Return this job's profile, if it is kept. Raises Discard when a newer job's is there."""
    row = await find_profile(session, context.org, context.user)
    if row is not None and row.job_id > context.job.id:
        raise Discard("A newer analysis has been made meanwhile.", code="superseded")
    return row if row is not None and row.job_id == context.job.id else None


async def analyse(context: Context, args: Args) -> ProfileRow:
    """Ask for the portrait and keep it. What a failed attempt has spent is told, and saved for the next."""
    standing = await standing_projects(context, args)
    shown = Shown.resumed(context, parts, USUAL)
    asking = Structured(context.providers.llm, shown.spending, shown)
    question = question_for(args.answers, args.language, args.max_projects, standing)
    await context.progress(READ, "Asking the model")
    async with shown.kept():
        portrait = await asking.ask(
            question, lambda value: read_portrait(value, args.max_projects), shown.rejected_answer
        )
        await context.progress(WRITTEN, "Keeping the profile")
        return await keep(context, args, portrait, shown.spending.usage)


async def standing_projects(context: Context, args: Args) -> list[str]:
    """Return the names of the user's projects. Raises Discard when there is no room for more."""
    async with context.db() as session:
        many = await count_projects(session, context.org, context.user)
        if args.accept and many + args.max_projects > MOST_KEPT:
            raise Discard(str(TooManyProjects(MOST_KEPT)), code=TooManyProjects.code)
        found = await list_projects(session, context.org, context.user, MOST_STANDING)
    return [project.name for project in found]


async def keep(context: Context, args: Args, portrait: Portrait, usage: Usage) -> ProfileRow:
    """Keep the profile, and make projects of what it suggests if that is wanted, in one transaction."""
    job = context.job.id
    suggestions = suggestions_of(portrait, job)
    new = NewProfile(
        org_id=context.org,
        user_id=context.user,
        job_id=job,
        language=args.language,
        about=portrait.model_dump(mode="json", exclude={"projects"}),
        suggestions=[one.model_dump(mode="json") for one in suggestions],
        model=context.providers.llm.model,
        usage=usage.model_dump(mode="json"),
    )
    async with context.db() as session:
        kept = await keep_profile(session, new)
        if kept is not None:
            return await accepted(session, kept) if args.accept else kept
        if there := await own_profile(session, context):  # another attempt was faster
            return there
    raise Discard("The profile was deleted while it was kept.", code="deleted")


async def accepted(session: "AsyncSession", row: ProfileRow) -> ProfileRow:
    """Make projects of all that is suggested. Raises Discard when the user would have too many."""
    moment, day = await now_of(session, row.org_id, row.user_id)
    try:
        return await accept(session, row, None, moment, day)
    except (TooManyProjects, TooManyTasks) as error:
        raise Discard(str(error), code=error.code) from error


def result_of(row: ProfileRow) -> Result:
    """Return a kept profile as this kind's result."""
    return Result.model_validate(row, from_attributes=True)


async def tell(context: Context, result: Result) -> None:
    """Tell the owner that the profile is there."""
    counts = {"projects": len(result.suggestions), "tasks": tasks_in(result.suggestions)}
    await context.notify("onboarding_completed", counts)


def tasks_in(suggestions: list[Suggestion]) -> int:
    """Return how many first tasks are suggested."""
    return sum(len(one.tasks) for one in suggestions)
