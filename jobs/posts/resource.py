"""How posts look from outside, and what may be asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from jobs.kept.posts import PostRow
from jobs.page import Page
from jobs.resource import Resource


class PostState(StrEnum):
    """Where a post is on its way."""

    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"


class Facet(StrEnum):
    """What posts may have in common."""

    WEEKDAY = "weekday"
    HOUR = "hour"
    CHANNEL = "channel"
    HASHTAG = "hashtag"


class PostResource(Resource):
    """A content that went out by a connection, or is about to."""

    id: UUID
    content_id: UUID
    connection_id: UUID
    channel: str
    title: str
    brand: str = Field(description="The beginning of the content's brand voice")
    hashtags: list[str]
    state: PostState
    provider_post_id: str | None
    url: str | None = Field(description="Where people see it")
    error: dict[str, Any] | None = Field(description="`code` and `message` of what last went wrong")
    job_id: UUID | None = Field(description="The job that published it, or last tried to")
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: PostRow) -> "PostResource":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)


class SampleResource(Resource):
    """A counter as it was last seen in an hour (UTC)."""

    metric: str
    hour: datetime
    value: int


class MeasuredPost(PostResource):
    """A post, and how it fares: its samples, oldest first."""

    samples: list[SampleResource]


class PostPage(Page[PostResource]):
    """Some posts, newest first."""


class LearningResource(Resource):
    """What posts of a brand that share something have brought."""

    brand: str
    facet: Facet
    value: str = Field(description="A weekday (1 is Monday), an hour (UTC), a channel, a hashtag")
    metric: str
    posts: int
    total: int
    mean: float
    updated_at: datetime


class LearningList(Resource):
    """What is learnt, what brings most first."""

    data: list[LearningResource]


@dataclass(frozen=True, slots=True)
class PostFilter:
    """Which posts a page is taken from. ``after`` is the cursor of the page before."""

    states: Sequence[PostState] = ()
    content_id: UUID | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LearningFilter:
    """Which learnings are wanted."""

    facet: Facet | None = None
    brand: str | None = None
    metric: str = "engagement"
    limit: int = 100
