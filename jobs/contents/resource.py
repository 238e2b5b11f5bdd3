"""How a text looks from outside, and what may be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from jobs.kept.contents import ContentRow
from jobs.page import Page
from jobs.resource import Resource


class ContentStatus(StrEnum):
    """Where a text is on its way. Only a draft is changed or approved, only what is approved goes out."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    FAILED = "failed"


class ContentResource(Resource):
    """A text with its variants. ``version`` grows with every change."""

    id: UUID
    status: ContentStatus
    title: str
    body: str = Field(description="Markdown")
    hashtags: list[str] = Field(description="Without the sign")
    variants: dict[str, str] = Field(description="By channel")
    brief: dict[str, Any] | None = Field(description="What it was asked for with")
    brand_voice: str
    language: str
    sources: list[str] = Field(description="Pages it draws on")
    connection_id: UUID | None = Field(description="Where it is, or was, published by")
    publish_at: datetime | None
    media: list[dict[str, Any]] = Field(
        description="Uploads that go out with it: `upload_id`, `alt`"
    )
    model: str = Field(description="Which model wrote it; empty when a person did")
    tokens_in: int
    tokens_out: int
    cost_usd: float | None = Field(description="Empty while no prices are set")
    rounds: int = Field(description="How often the model was asked for it")
    estimated: bool = Field(description="Whether tokens and cost are estimates")
    job_id: UUID | None = Field(description="The job that wrote it")
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: ContentRow) -> "ContentResource":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)


class ContentPage(Page[ContentResource]):
    """Some texts, newest first."""


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """Which texts a page is taken from. ``after`` is the cursor of the page before."""

    statuses: Sequence[ContentStatus] = ()
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Publication:
    """By which connection a text goes out, and when; at once for no time.

    ``media`` are uploads (``upload_id``, ``alt``) that go out with it; None leaves what was said before.
    """

    connection_id: UUID
    publish_at: datetime | None = None
    media: Sequence[Mapping[str, Any]] | None = None
