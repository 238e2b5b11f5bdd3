"""Kind ``analytics_collection``: how the posts of a connection fare by the hour, and what is learnt."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, Refused, Retry
from jobs.kept.connections import ConnectionRow, find_connection, refuse_connection
from jobs.kept.samples import (
    METERED,
    PublishedPostRow,
    begin_collection,
    keep_samples,
    learn,
    young_posts,
)
from jobs.processor import processor
from jobs.providers.platforms import MetricsPage, Platform, PostRef
from jobs.retry import steps
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_POSTS = 5_000
MOST_PAGES = 500
UNAUTHORIZED = 401


class Args(BaseModel):
    """Whose posts to look at."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"connection_id": "019ad0b8-0000-7000-8000-000000000000"}]},
    )

    connection_id: UUID = Field(description="A connection of yours to `mastodon`")


class Result(BaseModel):
    """What was seen."""

    connection_id: UUID
    posts: int = Field(description="Younger than 30 days")
    measured: int = Field(description="Those of them that the provider still knows")
    samples: int = Field(description="Counters that were kept, of this hour")
    pages: int


async def due_now(session: "AsyncSession", now: datetime, limit: int) -> Sequence[Due]:
    """Return the connections with young posts that were not looked at in this hour."""
    return [
        Due(org, user, Args(connection_id=connection), f"connection:{connection}")
        for org, user, connection in await begin_collection(session, now, limit)
    ]


@processor(
    "analytics_collection",
    timeout=timedelta(minutes=2),
    max_attempts=3,
    backoff=steps(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    notify="failures",
    tick=Tick("0 * * * *", due_now),
)
async def analytics_collection(context: Context, args: Args) -> Result:
    """Read the counters of a connection's posts, page by page, and count again what is learnt of them.

    Running it twice in an hour keeps one sample per post, metric and hour, the newer value. An attempt
    after one that the provider's rate stopped goes on with the next page.
    """
    await context.progress(0.0, "Looking for posts")
    connection = await find_metered(context, args.connection_id)
    async with context.db() as session:
        posts = await young_posts(session, context.org, context.user, connection.id, MOST_POSTS)
    tally = Tally.resumed(context.restored)
    if posts:
        await collect(context, connection, posts, tally)
    async with context.db() as session:
        await learn(session, context.org, context.user)
    await context.progress(1.0, f"{len(tally.seen)} of {len(posts)} posts measured")
    return Result(
        connection_id=connection.id,
        posts=len(posts),
        measured=len(tally.seen),
        samples=tally.samples,
        pages=tally.pages,
    )


class Tally:
    """What the attempts of this job have seen so far, and where the next one goes on."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.samples = 0
        self.pages = 0
        self.next: str | None = None

    @classmethod
    def resumed(cls, saved: object) -> "Tally":
        """Go on with what an attempt of this hour has saved, if there is something."""
        tally = cls()
        if isinstance(saved, Mapping) and saved.get("hour") == this_hour():
            tally.seen = set(saved["seen"])
            tally.samples, tally.pages, tally.next = saved["samples"], saved["pages"], saved["next"]
        return tally

    def saved(self) -> dict[str, object]:
        """Return it as JSON."""
        told = {"seen": sorted(self.seen), "samples": self.samples, "pages": self.pages}
        return {**told, "next": self.next, "hour": this_hour()}

    def add(self, page: MetricsPage) -> None:
        """Count a page."""
        self.seen |= {sample.id for sample in page.samples}
        self.samples += len(page.samples)
        self.pages += 1
        self.next = page.next


async def find_metered(context: Context, ident: UUID) -> ConnectionRow:
    """Return the connection. Raises Discard when it is not there, or tells no metrics."""
    async with context.db() as session:
        connection = await find_connection(session, context.org, context.user, ident)
    if connection is None:
        raise Discard("There is no such connection.", code="not_found")
    if connection.provider not in METERED:
        raise Discard(f"A connection to {connection.provider} tells no metrics.", code="no_metrics")
    return connection


async def collect(
    context: Context, connection: ConnectionRow, posts: Sequence[PublishedPostRow], tally: Tally
) -> None:
    """Read and keep page after page. Raises Retry when the rate is used up: then until it is new."""
    credentials = context.providers.vault.open(connection)
    platform = context.providers.platforms.at(connection, credentials)
    by_provider = {post.provider_post_id: post for post in posts}
    refs = [PostRef(post.provider_post_id, post.published_at) for post in posts]
    for _ in range(MOST_PAGES):
        page = await ask(context, platform, connection, refs, tally.next)
        values = [(by_provider[s.id].id, s.metric, s.value) for s in page.samples]
        async with context.db() as session:
            await keep_samples(session, values)
        tally.add(page)
        if page.next is None:
            return
        await context.checkpoint(tally.saved())
        await context.progress(len(tally.seen) / len(posts), f"{len(tally.seen)} posts measured")
        if page.pause is not None:
            raise Retry(page.pause, "The provider's rate is used up for now.")


async def ask(
    context: Context,
    platform: Platform,
    connection: ConnectionRow,
    refs: Sequence[PostRef],
    page: str | None,
) -> MetricsPage:
    """Ask for a page; a token that the provider refuses is noted at its connection."""
    try:
        return await platform.metrics(refs, page)
    except Refused as error:
        if error.status == UNAUTHORIZED:
            async with context.db() as session:
                await refuse_connection(session, connection, str(error))
        raise


def this_hour() -> str:
    """Return the hour that samples belong to, for comparing."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H}"
