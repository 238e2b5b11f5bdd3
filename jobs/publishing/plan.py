"""Which content goes out by which connection, whether it may now, and whose job does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, Retry
from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow, find_connection
from jobs.kept.contents import ContentRow, find_content
from jobs.kept.posts import LEASE, PostRow, claim_post, find_post, forget_post, settle_content

SKEW = timedelta(seconds=5)
LOOK_SECONDS = 0.5
MOST_LOOKS = 60


class Media(BaseModel):
    """A file that goes out with the text."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID
    alt: str = Field("", max_length=1_500, description="What is to be seen")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to go out, and by what."""

    content: ContentRow
    connection: ConnectionRow
    media: Sequence[Media]


async def find_plan(
    context: Context, content_id: UUID, connection_id: UUID | None, media: Sequence[Media] | None
) -> Plan:
    """Return what is to go out. Raises Discard when it is not to, or not there."""
    async with context.db() as session:
        content = await find_content(session, context.org, context.user, content_id)
    if content is None:
        raise Discard("There is no such content.", code="not_found")
    ident = connection_id or content.connection_id
    if ident is None:
        raise Discard("The content has no connection; name one.", code="no_connection")
    async with context.db() as session:
        connection = await find_connection(session, context.org, context.user, ident)
    if connection is None:
        await abandon(context, content, ident)
        raise Discard("There is no such connection.", code="not_found")
    given = [Media.model_validate(one) for one in content.media]
    plan = Plan(content, connection, given if media is None else media)
    await check_status(context, plan)
    return plan


async def check_status(context: Context, plan: Plan) -> None:
    """Raise Discard for a content that is not approved, or whose hour has been moved."""
    content, connection = plan.content, plan.connection
    waits = (
        content.status == "scheduled"
        and content.connection_id == connection.id
        and content.publish_at is not None
        and content.publish_at > datetime.now(UTC) + SKEW
    )
    if content.status != "draft" and not waits:
        return
    async with context.db() as session:
        await forget_post(session, context.org, context.user, content.id, connection.id)
    if waits:
        raise Discard("The content goes out later: it is scheduled.", code="not_due")
    raise Discard("A draft is not published; approve it first.", code="not_approved")


async def abandon(context: Context, content: ContentRow, connection_id: UUID) -> None:
    """Let a content fail whose connection was deleted: else it would be due again each minute."""
    async with context.db() as session:
        post = await find_post(session, context.org, context.user, content.id, connection_id)
        if post is not None and post.state == "publishing":
            await forget_post(session, context.org, context.user, content.id, connection_id)
            await settle_content(session, post, "failed")


async def take(context: Context, plan: Plan) -> PostRow:
    """Return the post, ours to publish, or published already. Waits while another job has it.

    Raises Retry when that takes long: the other job's worker may be lost, and its lease must run out.
    """
    content, connection = plan.content, plan.connection
    for _ in range(MOST_LOOKS):
        async with context.db() as session:
            mine = await claim_post(session, uuid7(), context.job.id, content, connection)
            if mine is not None:
                return mine
            post = await find_post(session, context.org, context.user, content.id, connection.id)
        if post is not None and post.state == "published":
            return post
        await context.progress(0.1, "Another job publishes this content right now")
        await context.sleep(LOOK_SECONDS)
    raise Retry(LEASE, "Another job publishes this content.")
