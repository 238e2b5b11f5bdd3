"""Kind ``content_generation``: a brief becomes a draft, written by a language model."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from jobs.asking.shown import READ, WRITTEN
from jobs.asking.words import Language
from jobs.context import Context
from jobs.drafting.brief import Brief
from jobs.drafting.channels import ChannelName
from jobs.drafting.draft import Draft, read_draft
from jobs.drafting.prompt import Assignment, Material, question_for
from jobs.drafting.writing import Writing
from jobs.errors import Discard
from jobs.kept.contents import (
    MOST_CONTENTS,
    ContentRow,
    NewDraft,
    count_contents,
    find_content,
    keep_draft,
)
from jobs.kept.pages import find_page
from jobs.processor import processor
from jobs.providers.llm_structured import Structured
from jobs.providers.llm_usage import Usage
from jobs.retry import steps

Url = Annotated[str, StringConstraints(min_length=8, max_length=2_000)]


def distinct(names: list[str]) -> list[str]:
    """Return the names, each once, in order."""
    return list(dict.fromkeys(names))


class Args(BaseModel):
    """What to write, in whose voice, and for which channels."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "brief": {
                        "topic": "The Tidewater Garden opens for the season",
                        "audience": "families nearby",
                        "goal": "come by on the opening weekend",
                        "key_points": ["four acres by the sea", "seaweed made the soil"],
                    },
                    "brand_voice": "warm, plain, a little dry humour",
                    "channels": ["mastodon", "newsletter"],
                }
            ]
        },
    )

    brief: Brief
    brand_voice: str = Field("", max_length=2_000, description="How the brand speaks")
    channels: Annotated[list[ChannelName], AfterValidator(distinct)] = Field(
        default=["mastodon"],
        min_length=1,
        max_length=10,
        description="One variant is written for each",
    )
    language: Language = Field("en", description="BCP 47, such as en or pt-BR")
    context_urls: Annotated[list[Url], AfterValidator(distinct)] = Field(
        default_factory=list,
        max_length=10,
        description="Pages to draw on, read before by context_scraping under these very URLs",
    )


class Result(BaseModel):
    """The draft; it is kept as the content ``content_id``."""

    content_id: UUID
    title: str
    body: str = Field(description="Markdown")
    hashtags: list[str]
    variants: dict[str, str] = Field(description="By channel, each within its length")
    sources: list[str] = Field(description="Pages that were drawn on")
    missing_urls: list[str] = Field(description="Pages that were not read before")
    model: str
    usage: Usage = Field(description="Of all attempts together, failed ones included")


@processor(
    "content_generation",
    timeout=timedelta(minutes=5),
    max_attempts=3,
    backoff=steps(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    notify=True,
)
async def content_generation(context: Context, args: Args) -> Result:
    """Write a draft from a brief with a language model and keep it.

    The draft is kept under the job's own id: an attempt that finds it there asks the model nothing more.
    An attempt after one that paid for an answer that did not fit only has it corrected.
    """
    context.providers.llm.require()
    row = await kept_before(context)
    if row is None:
        await refuse_too_many(context)
        await write(context, args)
        row = await kept_before(context)
    if row is None:
        raise Discard("The draft was deleted before it was finished.", code="deleted")
    await context.progress(1.0, "The draft is kept")
    told = {"content_id": str(row.id), "title": row.title, "channels": list(args.channels)}
    await context.notify("content_generated", told)
    return result_of(row, args)


async def kept_before(context: Context) -> ContentRow | None:
    """Return the draft of this job, if it is kept."""
    async with context.db() as session:
        return await find_content(session, context.org, context.user, context.job.id)


async def refuse_too_many(context: Context) -> None:
    """Raise Discard when the draft could not be kept: before it costs anything."""
    async with context.db() as session:
        if await count_contents(session, context.org, context.user) >= MOST_CONTENTS:
            raise Discard(
                f"There are {MOST_CONTENTS} contents already; delete some.", "too_many_contents"
            )


async def write(context: Context, args: Args) -> None:
    """Ask for the draft and keep it. What a failed attempt has spent is told, and saved for the next."""
    writing = Writing.of_channels(context, args.channels)
    pages = await materials(context, args)
    asked = question_for(
        Assignment(args.brief, args.brand_voice, args.channels, args.language, pages)
    )
    asking = Structured(context.providers.llm, writing.spending, writing)
    async with writing.kept():
        draft = await asking.ask(
            asked, lambda value: read_draft(value, args.channels), writing.rejected_answer
        )
        await context.progress(WRITTEN, "Keeping the draft")
        await keep(context, args, draft, [page.url for page in pages], writing.spending.usage)


async def materials(context: Context, args: Args) -> list[Material]:
    """Return the pages that were read before; what is missing is logged."""
    found = []
    for url in args.context_urls:
        async with context.db() as session:
            page = await find_page(session, context.org, context.user, url)
        if page is None:
            await context.log(f"Not read before, so left out: {url}", url=url)
        else:
            found.append(Material(page.url, page.title, page.text))
    await context.progress(READ, f"{len(found)} pages at hand" if found else "Asking the model")
    return found


async def keep(
    context: Context, args: Args, draft: Draft, sources: list[str], usage: Usage
) -> None:
    """Keep the draft under this job's id, with what it was made of and what it took."""
    cost = None if usage.cost_usd is None else Decimal(str(usage.cost_usd))
    new = NewDraft(
        job_id=context.job.id,
        org_id=context.org,
        user_id=context.user,
        title=draft.title,
        body=draft.body,
        hashtags=draft.hashtags,
        variants={str(name): text for name, text in draft.variants.items()},
        brief=args.brief.model_dump(),
        brand_voice=args.brand_voice,
        language=args.language,
        sources=sources,
        model=context.providers.llm.model,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cost_usd=cost,
        rounds=usage.rounds,
        estimated=usage.estimated,
    )
    async with context.db() as session:
        await keep_draft(session, new)


def result_of(row: ContentRow, args: Args) -> Result:
    """Return a kept draft as this kind's result."""
    return Result(
        content_id=row.id,
        title=row.title,
        body=row.body,
        hashtags=row.hashtags,
        variants=row.variants,
        sources=row.sources,
        missing_urls=[url for url in args.context_urls if url not in row.sources],
        model=row.model,
        usage=Usage(
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            cost_usd=None if row.cost_usd is None else float(row.cost_usd),
            rounds=row.rounds,
            estimated=row.estimated,
        ),
    )
