"""Kind ``content_publishing``: an approved content goes out by a connection, once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, JobError, Refused, Retry
from jobs.kept.connections import refuse_connection
from jobs.kept.posts import (
    KIND,
    PostRow,
    ask_for_post,
    begin_due,
    fail_post,
    idempotency_key,
    keep_post,
    pause_post,
    settle_content,
)
from jobs.processor import processor
from jobs.providers.platforms import Platform, Post, PublishedPost
from jobs.publishing.plan import Media, Plan, find_plan, take
from jobs.publishing.wording import post_of
from jobs.retry import steps
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_MEDIA = 4
UNAUTHORIZED = 401
AGAIN = timedelta(seconds=5)
EXAMPLE = "019ad0b8-0000-7000-8000-000000000000"


class Args(BaseModel):
    """Which content, and by which connection."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"content_id": EXAMPLE, "connection_id": EXAMPLE}]},
    )

    content_id: UUID = Field(description="A content of yours that is approved or scheduled")
    connection_id: UUID | None = Field(
        None, description="A connection to `mastodon` or a `webhook`; default: the content's own"
    )
    media: list[Media] | None = Field(
        None, max_length=MOST_MEDIA, description="Default: what the content was scheduled with"
    )


class Result(BaseModel):
    """What is out."""

    post_id: UUID = Field(description="At /api/posts")
    content_id: UUID
    connection_id: UUID
    channel: str
    provider_post_id: str
    url: str | None
    published_at: datetime
    repeated: bool = Field(description="It was out before; nothing was posted by this job")


async def due_now(session: "AsyncSession", now: datetime, limit: int) -> Sequence[Due]:
    """Return the scheduled contents whose hour has come, the most overdue first."""
    return [
        Due(
            org,
            user,
            Args(content_id=content, connection_id=connection),
            idempotency_key(content, connection),
        )
        for org, user, content, connection in await begin_due(session, now, limit)
    ]


@processor(
    KIND,
    timeout=timedelta(minutes=2),
    max_attempts=3,
    backoff=steps(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    notify=True,
    tick=Tick("* * * * *", due_now),
)
async def content_publishing(context: Context, args: Args) -> Result:
    """Publish an approved content by a connection.

    Running it twice posts once. A content has one post per connection, held by one job at a time, and
    every try bears the same idempotency key. When the answer to a try was lost, the next one repeats it
    while the platform remembers the key; later it looks first whether the post is there.
    """
    await context.progress(0.0, "Looking at the content")
    plan = await find_plan(context, args.content_id, args.connection_id, args.media)
    post = await take(context, plan)
    repeated = post.state == "published"
    if not repeated:
        post = await publish(context, plan, post)
    await clear_up(context, plan, post)
    mine = post.job_id == context.job.id
    if mine:
        await context.notify("content_published", news(plan, post))
    await context.progress(1.0, f"Published at {post.url or plan.connection.name}")
    return result_of(post, repeated=not mine)


async def publish(context: Context, plan: Plan, post: PostRow) -> PostRow:
    """Publish, and keep what came of it. Whatever goes wrong, the post is given back."""
    try:
        credentials = context.providers.vault.open(plan.connection)
        platform = context.providers.platforms.at(plan.connection, credentials)
        sent = await post_of(context, plan, post)
        published = await find_or_publish(context, platform, sent, post)
        async with context.db() as session:
            kept = await keep_post(session, post, published.id, published.url, published.at)
    except BaseException as error:
        with suppress(Exception):  # an attempt that cannot even do that leaves it to its lease
            await give_back(context, plan, post, error)
        if isinstance(error, Discard):
            raise await told(context, plan, post, error) from error
        raise
    if kept is None:
        raise Retry(AGAIN, "Another attempt has taken the post over.")
    return kept


async def find_or_publish(
    context: Context, platform: Platform, sent: Post, post: PostRow
) -> PublishedPost:
    """Publish, unless an earlier try did and the platform may have forgotten its key since."""
    forgotten = (
        post.asked_at is not None
        and platform.remembers is not None
        and datetime.now(UTC) - post.asked_at > platform.remembers
    )
    if forgotten and post.asked_at is not None:
        await context.progress(0.2, "Looking whether it is out already")
        tried = replace(sent, text=post.asked_text or sent.text)
        found = await platform.find(tried, post.asked_at)
        if found is not None:
            await context.log("An earlier try had published it.", provider_post_id=found.id)
            return found
    async with context.db() as session:
        if not await ask_for_post(session, post, sent.text, afresh=forgotten):
            raise Retry(AGAIN, "The content was changed, or another attempt has taken it over.")
    await context.progress(0.4, f"Publishing by {post.channel}")
    published = await platform.publish(sent)
    await context.log("Published.", provider_post_id=published.id, url=published.url)
    return published


async def give_back(context: Context, plan: Plan, post: PostRow, error: BaseException) -> None:
    """Note what went wrong: for good, or until the next attempt."""
    code, reason = getattr(error, "code", "interrupted"), str(error) or type(error).__name__
    async with context.db() as session:
        if not isinstance(error, Discard):
            told = reason if isinstance(error, JobError) else type(error).__name__
            await pause_post(session, post, code, told)
            return
        nothing_made = isinstance(error, Refused) and post.asked_at is None
        await fail_post(session, post, code, reason, refused=nothing_made)
        if isinstance(error, Refused) and error.status == UNAUTHORIZED:
            await refuse_connection(session, plan.connection, reason)


async def told(context: Context, plan: Plan, post: PostRow, error: Discard) -> Discard:
    """Tell the owner why a content is not out, and return the outcome that says so."""
    data = {**news(plan, post), "code": error.code, "reason": str(error)}
    await context.notify("content_publishing_failed", data)
    return Discard(str(error), error.code, told=True)


async def clear_up(context: Context, plan: Plan, post: PostRow) -> None:
    """Remove the media, and let the content be published if a crash has kept it from it."""
    for media in plan.media:
        await context.storage.remove(media.upload_id)
    async with context.db() as session:
        await settle_content(session, post, "published")


def news(plan: Plan, post: PostRow) -> dict[str, Any]:
    """Return what the owner is told."""
    return {
        "content_id": str(post.content_id),
        "post_id": str(post.id),
        "channel": post.channel,
        "title": plan.content.title,
        "url": post.url,
    }


def result_of(post: PostRow, *, repeated: bool) -> Result:
    """Return a published post as this kind's result."""
    return Result(
        post_id=post.id,
        content_id=post.content_id,
        connection_id=post.connection_id,
        channel=post.channel,
        provider_post_id=post.provider_post_id or "",
        url=post.url,
        published_at=post.published_at or post.updated_at,
        repeated=repeated,
    )
